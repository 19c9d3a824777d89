"""What animations leave of an element's declared values: once at rest, or for as long as they run.

Scripts and scrolling are not followed (CSS Animations 1).
"""

from collections.abc import Mapping
from itertools import cycle, islice

from qchat_tools.web.css.cascade import Declared
from qchat_tools.web.css.declarations import Declaration
from qchat_tools.web.css.lengths import Base, length

Keyframes = Mapping[str, Mapping[float, tuple[Declaration, ...]]]
"""By an animation's name: what is declared at each percentage of its way."""

MAX_ANIMATION_S = 30.0
"""Nobody waits longer for a text to appear."""
MAX_ANIMATIONS = 20


def animated(declared: Declared, keyframes: Keyframes) -> Declared:
    """Declared values as an element's animations, each after the other, leave them."""
    names = _list(declared, "animation-name", "none")
    rows = zip(
        names,
        _list(declared, "animation-fill-mode", "none", len(names)),
        _list(declared, "animation-delay", "0s", len(names)),
        _list(declared, "animation-duration", "0s", len(names)),
        _list(declared, "animation-play-state", "running", len(names)),
        _list(declared, "animation-iteration-count", "1", len(names)),
        _list(declared, "animation-direction", "normal", len(names)),
        strict=True,
    )
    found = dict(declared)
    for name, fill, delay, lasts, state, count, direction in rows:
        frames = keyframes.get(name.strip("\"'").lower())
        if frames:
            place = _place(frames, fill, (_seconds(delay), _seconds(lasts)), state, count)
            if place is not None:
                place = 100 - place if _is_turned(direction, count, place) else place
                found |= {d.name: d.value for d in frames.get(place, ())}
    return found


def _list(declared: Declared, name: str, otherwise: str, many: int | None = None) -> list[str]:
    """The values of a list; shorter ones start again."""
    values = [value.strip() for value in declared.get(name, otherwise).split(",")]
    return list(islice(cycle(values), min(many or len(values), MAX_ANIMATIONS)))


def _seconds(text: str) -> float:
    return length(text, Base()) or 0.0


def _place(
    frames: Mapping[float, tuple[Declaration, ...]],
    fill: str,
    times: tuple[float, float],
    state: str,
    count: str,
) -> float | None:
    """Where on its way an animation stands for its reader; None where it changes nothing."""
    delay, lasts = times
    rounds = length(count, Base())
    endless = count == "infinite"
    slow = delay + lasts * (1.0 if endless else min(rounds or 0.0, 1.0)) > MAX_ANIMATION_S
    if state == "paused" or slow:
        return 0.0 if fill in ("backwards", "both") or delay <= 0 else None
    if endless:
        # Where either end is not written down, it is what is declared without the animation.
        return (
            max(frames, key=lambda at: _opacity(frames[at]))
            if {0.0, 100.0} <= set(frames)
            else None
        )
    return 100.0 if fill in ("forwards", "both") else None


def _opacity(frame: tuple[Declaration, ...]) -> float:
    values = {declaration.name: declaration.value for declaration in frame}
    if values.get("visibility", "visible") in ("hidden", "collapse"):
        return 0.0
    opacity = length(values.get("opacity", "1"), Base(percent_of=1.0))
    return 1.0 if opacity is None else opacity


def _is_turned(direction: str, count: str, place: float) -> bool:
    """Whether the way is walked backwards where it ends, or begins."""
    rounds = length(count, Base())
    even = rounds is not None and rounds > 0 and rounds % 2 == 0
    match direction:
        case "reverse":
            return count != "infinite"
        case "alternate":
            return even and place == 100.0
        case "alternate-reverse":
            return not (even and place == 100.0) and count != "infinite"
        case _:
            return False
