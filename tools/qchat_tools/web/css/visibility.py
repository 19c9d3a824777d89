"""Whether text is seen: one function of what a browser would compute for it.

What cannot be decided counts as not seen, and is told apart. A full layout is not done: places are
known as far as they follow from what is written, and sizes of text are guessed.
"""

import enum

import msgspec
import tinycss2

from qchat_tools.web.css.animations import Keyframes, animated
from qchat_tools.web.css.boxes import LETTER_WIDTH, MAX_CLIPS, clipped_away, clipping, given, placed
from qchat_tools.web.css.cascade import Declared
from qchat_tools.web.css.colors import Rgba, is_seen_on, parsed
from qchat_tools.web.css.computed import (
    INHERITED,
    Box,
    ComputedStyle,
    font_size,
    keyword,
    resolved,
)
from qchat_tools.web.css.lengths import (
    VIEWPORT_HEIGHT,
    VIEWPORT_WIDTH,
    Base,
    length,
    measured,
    tokens,
)
from qchat_tools.web.css.painting import canvas, coloured
from qchat_tools.web.css.strokes import (
    is_outlined_within,
    is_replaced,
    is_struck_out,
    is_unreadable,
)
from qchat_tools.web.css.transforms import (
    Size,
    clip_hides,
    clip_path_hides,
    filter_hides,
    mask_hides,
)

MIN_FONT_SIZE = 5.0
"""Pixels: smaller letters are dots."""
MAX_DOWN = 20_000.0
"""Pixels: farther down nobody scrolls, where nothing is on the way."""
_LINE_WIDTH = 800.0
_LINE_HEIGHT = 1.3


class Verdict(enum.Enum):
    """What a reader has of a text."""

    SEEN = enum.auto()
    HIDDEN = enum.auto()
    UNDECIDED = enum.auto()


def text_height(characters: int, size: float) -> float:
    """How high a text stands on a page, guessed."""
    lines = max(1.0, characters * size * LETTER_WIDTH / _LINE_WIDTH)
    return lines * size * _LINE_HEIGHT


def seen(state: ComputedStyle, characters: int, flow: float) -> Verdict:
    """Whether so many characters with these computed values are seen.

    `flow`: the guessed height of all that stands before them on the page, in pixels.
    """
    if state.hidden or state.values.get("visibility") in ("hidden", "collapse"):
        return Verdict.HIDDEN
    if state.font_size * min(state.scale_x, state.scale_y) < MIN_FONT_SIZE:
        return Verdict.HIDDEN
    if _is_squeezed(state) or _is_out_of_sight(state, characters, flow):
        return Verdict.HIDDEN
    if state.undecided:
        return Verdict.UNDECIDED
    return _painted(state)


def _is_squeezed(state: ComputedStyle) -> bool:
    """Letters on top of each other, letters shown as dots, or of a font that has none."""
    values = state.values
    base = Base(state.font_size)
    spacing = length(values.get("letter-spacing", ""), base)
    words = length(values.get("word-spacing", ""), base)
    adjust = length(values.get("font-size-adjust", ""), base)
    return (
        (spacing is not None and not -0.4 * state.font_size < spacing < 500)
        or (words is not None and words < -500)
        or (adjust is not None and adjust < 0.1)
        or values.get("-webkit-text-security", "none") not in ("none", "")
        or is_unreadable(values.get("font-family", ""))
    )


def _is_out_of_sight(state: ComputedStyle, characters: int, flow: float) -> bool:
    size = state.font_size * state.scale_x
    widest = VIEWPORT_WIDTH if state.width is None else min(max(state.width, size), VIEWPORT_WIDTH)
    width = min(characters * size * LETTER_WIDTH, widest)
    height = text_height(characters, size)
    indent = (
        length(state.values.get("text-indent", "").split(" ")[0], Base(size, state.width)) or 0.0
    )
    x = state.x
    if indent < 0 and characters * size * LETTER_WIDTH <= -indent + state.x:
        x += indent
    nowrap = state.values.get("white-space", "") in ("nowrap", "pre")
    for box in state.clips:
        moved = msgspec.structs.replace(state, x=x + indent if indent > 0 and nowrap else x)
        if clipped_away(box, moved, flow, width, height):
            return True
        low = box.height is not None and box.height < 2 * size
        if indent > 0 and low and box.width is not None and indent >= box.width:
            return True
    down = state.y if state.fixed else state.y + flow
    if x + width <= 0 or down + height <= 0:
        return True
    too_far = VIEWPORT_HEIGHT if state.fixed else MAX_DOWN
    return x >= VIEWPORT_WIDTH or state.y >= too_far or indent >= VIEWPORT_WIDTH


def _painted(state: ComputedStyle) -> Verdict:
    """Whether the letters stand out from what they are painted on."""
    if state.behind and any(colour.alpha == 1 for colour in state.ground.colours):
        return Verdict.HIDDEN
    colours = [state.fill if state.fill is not None else state.colour]
    if state.gradient and colours[0].alpha < 0.5:
        return _all_seen(state, list(state.gradient))
    verdict = _all_seen(state, colours)
    if verdict is not Verdict.SEEN and _is_outlined(state):
        return Verdict.SEEN
    return verdict


def is_on_picture(state: ComputedStyle) -> bool:
    """Whether nothing but the picture under a text leaves it open if that is seen."""
    return state.ground.picture and not state.undecided and state.opacity > 0.5


def _all_seen(state: ComputedStyle, colours: list[Rgba]) -> Verdict:
    grounds = state.ground.colours
    under = state.base.colours[0]
    for ground in grounds:
        back = ground.mixed(under, state.opacity)
        if not any(is_seen_on(c.over(ground).mixed(under, state.opacity), back) for c in colours):
            return Verdict.UNDECIDED if state.ground.picture else Verdict.HIDDEN
    return Verdict.UNDECIDED if state.ground.picture else Verdict.SEEN


def _is_outlined(state: ComputedStyle) -> bool:
    """A shadow close by, or a stroke, makes letters seen that have the colour of their ground."""
    ground = state.ground.colours[0]
    if state.opacity < 0.3 or state.ground.picture:
        return False
    stroke = length(state.values.get("text-stroke-width", ""), Base(state.font_size))
    if stroke is not None and stroke >= 0.5:
        colour = parsed(state.values.get("text-stroke-color", "currentcolor"), state.colour)
        if colour is not None and colour.alpha > 0.5 and is_seen_on(colour, ground):
            return True
    shadow = tokens(state.values.get("text-shadow", ""))
    lengths = [t.value for t in shadow if t.type in ("dimension", "number")][:3]
    colours = [parsed(tinycss2.serialize([t]).lower(), state.colour) for t in shadow]
    known = [c for c in colours if c is not None and c.alpha > 0.5]
    near = bool(lengths) and all(abs(value) <= 6 for value in lengths)
    return near and any(is_seen_on(colour, ground) for colour in known)


def entered(
    state: ComputedStyle,
    declared: Declared,
    keyframes: Keyframes,
    *,
    characters: int,
    flow: float,
    tag: str = "",
) -> ComputedStyle:
    """The state within an element: what its declarations make of its parent's.

    `characters`: how many of text it holds. `flow` as for `seen`.
    """
    declared, variables = resolved(declared, state)
    if "inherit" in declared.values():
        declared = _inherited(declared, state)
    if declared.get("animation-name", "none") != "none":
        declared = animated(declared, keyframes)
    values = {**state.values}
    for name in INHERITED & declared.keys():
        values[name] = keyword(declared, name, state)
    size = state.font_size
    if "font-size" in declared:
        size = font_size(declared["font-size"], size, state.root_size)
    if "zoom" in declared:
        size *= length(declared["zoom"], Base(percent_of=1.0)) or 1.0
    state = msgspec.structs.replace(
        state, values=values, variables=variables, font_size=size, own=declared
    )
    if tag == "html":
        state = canvas(msgspec.structs.replace(state, root_size=size), declared)
    state = _hidden(state, declared, tag)
    if state.hidden:
        return state
    inner = coloured(state, declared)
    if inner.ground is not state.ground and tag not in ("html", "body"):
        inner = msgspec.structs.replace(inner, painted=True)
    return _boxed(inner, declared, characters, flow, tag)


_CANVAS = ("html", "body")


def _inherited(declared: Declared, state: ComputedStyle) -> Declared:
    """Values with `inherit` replaced, of properties that are not inherited without it."""
    found = dict(declared)
    for name, value in declared.items():
        if value == "inherit" and name not in INHERITED:
            if name in state.own:
                found[name] = state.own[name]
            else:
                del found[name]
    return found


def _hidden(state: ComputedStyle, declared: Declared, tag: str) -> ComputedStyle:
    """What hides an element with all that is in it, whatever that declares."""
    display = declared.get("display", "")
    content = declared.get("content", "normal")
    gone = (
        display in ("none", "table-column", "table-column-group")
        or declared.get("content-visibility") == "hidden"
        or is_replaced(content)
        or is_struck_out(declared, state.font_size)
    )
    undecided = state.undecided or not (
        declared.get("mix-blend-mode", "normal") in ("normal", "initial", "unset", "inherit")
        and declared.get("offset-path", "none") in ("none", "initial")
        and not is_outlined_within(declared, state.font_size)
        and not (_is_inverted(declared) and tag not in _CANVAS)
        and not _turns_far_away(declared)
        and not any(_is_untold(name, value) for name, value in declared.items())
    )
    size = Size(600.0, 24.0)
    for verdict in (
        filter_hides(declared.get("filter", ""), state.font_size),
        mask_hides(declared),
        clip_path_hides(declared.get("clip-path", ""), size, state.font_size),
        clip_hides(declared.get("clip", ""), size) if _is_out(declared) else False,
    ):
        gone = gone or verdict is True
        undecided = undecided or verdict is None
    return msgspec.structs.replace(state, hidden=state.hidden or gone, undecided=undecided)


_UNTOLD = (
    "attr(", "if(", "env(", "random(", "random-item(", "sibling-index(", "--",
    "calc-size(", "anchor(", "progress(",
)  # fmt: skip


def _is_untold(name: str, value: str) -> bool:
    """Whether a value depends on what is not followed here."""
    match name:
        case "content" | "margin-bottom" | "grid-area" | "grid-row" | "grid-column":
            return False
        case "unicode-bidi":  # letters in an order in which nobody reads them
            return "override" in value
        case "margin-right":
            return (length(value, Base(percent_of=VIEWPORT_WIDTH)) or 0.0) <= -VIEWPORT_WIDTH
        case _:
            return "(" in value and any(function in value for function in _UNTOLD)


MAX_TURNING_RADIUS = 300.0
"""Pixels: what is turned about a point farther away leaves its place."""


def _is_inverted(declared: Declared) -> bool:
    """Whether letters get another colour and their ground does not."""
    own = parsed(declared.get("background-color", "transparent"))
    return "invert(" in declared.get("filter", "") and (own is None or own.alpha < 0.9)


def _turns_far_away(declared: Declared) -> bool:
    """Whether an element is turned, or made larger, about a point far from it."""
    if not {"transform", "rotate", "scale"} & declared.keys():
        return False
    origin = tokens(declared.get("transform-origin", ""))
    base = Base(percent_of=MAX_TURNING_RADIUS / 3)
    return any(abs(measured(token, base) or 0.0) > MAX_TURNING_RADIUS for token in origin)


def _is_out(declared: Declared) -> bool:
    return declared.get("position", "") in ("absolute", "fixed")


def _boxed(
    state: ComputedStyle, declared: Declared, characters: int, flow: float, tag: str
) -> ComputedStyle:
    x, y, moved, fixed = placed(declared, state, characters)
    position = declared.get("position", "")
    out = _is_out(declared)
    clips = () if position == "fixed" else state.clips
    width = length(declared.get("width", ""), Base(state.font_size, state.width))
    inner = width if width is not None else state.width
    whole = state.containing.height if out else state.height
    high = given(declared, "height", whole, state.font_size)
    if tag in _CANVAS and high is None:
        high = VIEWPORT_HEIGHT if declared.get("min-height") else None
    new = msgspec.structs.replace(
        state,
        x=x,
        y=y,
        scale_x=state.scale_x * abs(moved.scale_x),
        scale_y=state.scale_y * abs(moved.scale_y),
        undecided=state.undecided or not moved.certain,
        fixed=fixed or (state.fixed and not out),
        behind=state.behind or _is_behind(state, declared),
        width=inner,
        height=high,
        clips=clips,
        flat=_is_flat(declared),
    )
    box = clipping(declared, new, flow, flat=state.flat, whole=whole)
    if box is not None:
        new = msgspec.structs.replace(new, clips=(box, *clips)[:MAX_CLIPS])
    if position not in ("", "static") or "transform" in declared:
        height = length(declared.get("height", ""), Base(state.font_size, None))
        new = msgspec.structs.replace(new, containing=Box(inner, height, x, y, flow))
    return new


_NO_TRACK = ("0fr", "0", "0px")


def _is_flat(declared: Declared) -> bool:
    """A grid whose first row or column has no size, as accordions are folded."""
    tracks = (declared.get("grid-template-rows", ""), declared.get("grid-template-columns", ""))
    return any(track.split(" ")[0] in _NO_TRACK for track in tracks)


def _is_behind(state: ComputedStyle, declared: Declared) -> bool:
    index = length(declared.get("z-index", ""), Base())
    positioned = declared.get("position", "") not in ("", "static")
    return index is not None and index < 0 and positioned and state.painted
