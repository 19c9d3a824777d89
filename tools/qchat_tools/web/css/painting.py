"""The colours of an element's letters, and what they are painted on."""

import msgspec

from qchat_tools.web.css.cascade import Declared
from qchat_tools.web.css.colors import BLACK, TRANSPARENT, WHITE, Rgba, parsed
from qchat_tools.web.css.computed import Backdrop, ComputedStyle
from qchat_tools.web.css.lengths import Base, length, tokens
from qchat_tools.web.css.strokes import inner_shadow
from qchat_tools.web.css.transforms import gradient_stops


def canvas(state: ComputedStyle, declared: Declared) -> ComputedStyle:
    """What the root's colour scheme makes of the page's own colours."""
    if not _is_dark(declared, dark=state.dark):
        return state
    ground, colour = parsed("canvas", dark=True), parsed("canvastext", dark=True)
    return msgspec.structs.replace(
        state,
        dark=True,
        ground=state.ground if ground is None else Backdrop((ground,)),
        colour=colour or state.colour,
    )


def _is_dark(declared: Declared, *, dark: bool) -> bool:
    scheme = declared.get("color-scheme", "")
    return scheme.replace("only", "").strip() == "dark" if scheme else dark


def coloured(state: ComputedStyle, declared: Declared) -> ComputedStyle:
    dark = _is_dark(declared, dark=state.dark)
    colour, fill, undecided = state.colour, state.fill, state.undecided
    if declared.get("color", "inherit") not in ("inherit", "unset"):
        named = declared["color"].replace("initial", "canvastext")
        found = parsed("canvastext" if named == "revert" else named, state.colour, dark=dark)
        colour, undecided = found or state.colour, undecided or found is None
    if declared.get("-webkit-text-fill-color", "inherit") not in ("inherit", "unset"):
        text = declared["-webkit-text-fill-color"]
        fill = None if text in ("currentcolor", "initial") else parsed(text, colour, dark=dark)
        undecided = undecided or (fill is None and text not in ("currentcolor", "initial"))
    state = msgspec.structs.replace(state, colour=colour, fill=fill, dark=dark, undecided=undecided)
    opacity = length(declared.get("opacity", "1"), Base(percent_of=1.0))
    if opacity is not None and opacity < 1:
        base = state.base if state.opacity < 1 else state.ground
        total = state.opacity * max(opacity, 0.0)
        state = msgspec.structs.replace(state, opacity=total, base=base)
    return _grounded(state, declared)


def _grounded(state: ComputedStyle, declared: Declared) -> ComputedStyle:
    """The ground after an element's own background is painted."""
    shadow = inner_shadow(declared, state.colour, dark=state.dark)
    if shadow is not None and shadow.alpha > 0.5:
        grounds = tuple(shadow.over(ground) for ground in state.ground.colours)
        return msgspec.structs.replace(state, ground=Backdrop(grounds), gradient=())
    text = declared.get("background-color", "transparent")
    images = declared.get("background-image", "none")
    if text in ("transparent", "initial", "unset", "revert") and images in ("none", "initial", ""):
        return state
    colour: Rgba | None = TRANSPARENT
    if text not in ("transparent", "initial", "unset", "revert"):
        colour = parsed(text, state.colour, dark=state.dark)
        if text == "inherit":
            colour = TRANSPARENT
    if colour is None:
        return msgspec.structs.replace(state, undecided=True)
    stops, picture = pictured(images, declared, state)
    if declared.get("background-clip") == "text":
        shown = tuple(stop for stop in stops or (colour,) if stop.alpha > 0.3)
        return msgspec.structs.replace(state, gradient=shown)
    painted = [colour.over(ground) for ground in state.ground.colours]
    if stops:
        painted = [stop.over(ground) for ground in painted for stop in stops]
    kept = state.ground.picture and colour.alpha < 0.9
    image = images if picture else state.ground.image if kept else ""
    ground = Backdrop(tuple(dict.fromkeys(painted))[:12], picture or kept, image)
    return msgspec.structs.replace(state, ground=ground, gradient=())


def pictured(images: str, declared: Declared, state: ComputedStyle) -> tuple[list[Rgba], bool]:
    """The colours of gradients, and whether a picture covers the box that cannot be looked at."""
    stops: list[Rgba] = []
    picture = False
    for token in tokens(images):
        if token.type == "function" and "gradient" in token.lower_name:
            found = [parsed(text, state.colour, dark=state.dark) for text in gradient_stops(token)]
            stops += [stop for stop in found if stop is not None]
        elif token.type in ("url", "function"):
            picture = True
    # A picture that is not repeated and not stretched is a mark beside the text.
    covers = "no-repeat" not in declared.get("background-repeat", "repeat") or any(
        word in declared.get("background-size", "auto") for word in ("cover", "contain", "%")
    )
    opaque = bool(stops) and all(stop.alpha > 0.9 for stop in stops)
    if picture and covers and stops and not opaque:  # a veil over a picture of any colour
        stops = [stop.over(ground) for stop in stops for ground in (WHITE, BLACK)]
        return stops, False
    return stops, picture and covers and not opaque
