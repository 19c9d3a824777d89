"""Whether text is seen: one function of what a browser would compute for it.

What cannot be decided counts as not seen, and is told apart. A full layout is not done: places are
known as far as they follow from what is written, and sizes of text are guessed.
"""

import enum
from collections.abc import Mapping

import msgspec
import tinycss2

from qchat_tools.web.css.boxes import LETTER_WIDTH, MAX_CLIPS, clipped_away, clipping, placed
from qchat_tools.web.css.cascade import Declared
from qchat_tools.web.css.colors import BLACK, TRANSPARENT, WHITE, Rgba, is_seen_on, parsed
from qchat_tools.web.css.computed import (
    INHERITED,
    Backdrop,
    Box,
    ComputedStyle,
    font_size,
    keyword,
    resolved,
)
from qchat_tools.web.css.declarations import Declaration
from qchat_tools.web.css.lengths import VIEWPORT_HEIGHT, VIEWPORT_WIDTH, Base, length, tokens
from qchat_tools.web.css.transforms import (
    Size,
    clip_hides,
    clip_path_hides,
    filter_hides,
    gradient_stops,
    mask_hides,
)

MIN_FONT_SIZE = 5.0
"""Pixels: smaller letters are dots."""
MAX_DOWN = 20_000.0
"""Pixels: farther down nobody scrolls, where nothing is on the way."""
_LINE_WIDTH = 800.0
_LINE_HEIGHT = 1.3

Keyframes = Mapping[str, Mapping[float, tuple[Declaration, ...]]]


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
    if _is_squeezed(state) or _is_client_redirect(state, characters, flow):
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
        or "blank" in values.get("font-family", "")
    )


def _is_client_redirect(state: ComputedStyle, characters: int, flow: float) -> bool:
    size = state.font_size * state.scale_x
    width = min(characters * size * LETTER_WIDTH, VIEWPORT_WIDTH)
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
    if declared.get("animation-name", "none") != "none":
        declared = _animated(declared, keyframes)
    values = {**state.values}
    for name in INHERITED & declared.keys():
        values[name] = keyword(declared, name, state)
    size = state.font_size
    if "font-size" in declared:
        size = font_size(declared["font-size"], size, state.root_size)
    if "zoom" in declared:
        size *= length(declared["zoom"], Base(percent_of=1.0)) or 1.0
    state = msgspec.structs.replace(state, values=values, variables=variables, font_size=size)
    if tag == "html":
        state = msgspec.structs.replace(state, root_size=size)
    state = _hidden(state, declared)
    if state.hidden:
        return state
    inner = _coloured(state, declared)
    if inner.ground is not state.ground and tag not in ("html", "body"):
        inner = msgspec.structs.replace(inner, painted=True)
    return _boxed(inner, declared, characters, flow)


def _hidden(state: ComputedStyle, declared: Declared) -> ComputedStyle:
    """What hides an element with all that is in it, whatever that declares."""
    display = declared.get("display", "")
    content = declared.get("content", "normal")
    gone = (
        display == "none"
        or declared.get("content-visibility") == "hidden"
        or content.startswith("url(")
    )
    undecided = state.undecided or not (
        declared.get("mix-blend-mode", "normal") in ("normal", "initial", "unset", "inherit")
        and declared.get("offset-path", "none") in ("none", "initial")
        and not any(_is_untold(name, value) for name, value in declared.items())
    )
    size = Size(600.0, 24.0)
    for verdict in (
        filter_hides(declared.get("filter", ""), state.font_size),
        mask_hides(declared.get("mask-image", ""), declared.get("mask-size", "")),
        clip_path_hides(declared.get("clip-path", ""), size, state.font_size),
        clip_hides(declared.get("clip", ""), size) if _is_out(declared) else False,
    ):
        gone = gone or verdict is True
        undecided = undecided or verdict is None
    return msgspec.structs.replace(state, hidden=state.hidden or gone, undecided=undecided)


_UNTOLD = ("attr(", "if(", "env(", "random(", "random-item(", "sibling-index(", "--")


def _is_untold(name: str, value: str) -> bool:
    """Whether a value depends on what is not followed here."""
    match name:
        case "content":
            return False
        case "unicode-bidi":  # letters in an order in which nobody reads them
            return "override" in value
        case "margin-right":
            return (length(value, Base(percent_of=VIEWPORT_WIDTH)) or 0.0) <= -VIEWPORT_WIDTH
        case _:
            return "(" in value and any(function in value for function in _UNTOLD)


def _is_out(declared: Declared) -> bool:
    return declared.get("position", "") in ("absolute", "fixed")


def _coloured(state: ComputedStyle, declared: Declared) -> ComputedStyle:
    dark = state.dark
    if "color-scheme" in declared:
        dark = declared["color-scheme"].replace("only", "").strip() == "dark"
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
    stops, picture = _pictured(images, declared, state)
    if declared.get("background-clip") == "text":
        shown = tuple(stop for stop in stops or (colour,) if stop.alpha > 0.3)
        return msgspec.structs.replace(state, gradient=shown)
    grounds = [colour.over(ground) for ground in state.ground.colours]
    if stops:
        grounds = [stop.over(ground) for ground in grounds for stop in stops]
    kept = state.ground.picture and colour.alpha < 0.9
    ground = Backdrop(tuple(dict.fromkeys(grounds))[:12], picture or kept)
    return msgspec.structs.replace(state, ground=ground, gradient=())


def _pictured(images: str, declared: Declared, state: ComputedStyle) -> tuple[list[Rgba], bool]:
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


def _boxed(state: ComputedStyle, declared: Declared, characters: int, flow: float) -> ComputedStyle:
    x, y, moved, fixed = placed(declared, state, characters)
    position = declared.get("position", "")
    out = _is_out(declared)
    clips = () if position == "fixed" else state.clips
    width = length(declared.get("width", ""), Base(state.font_size, state.width))
    inner = width if width is not None else state.width
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
        clips=clips,
        flat=_is_flat(declared),
    )
    box = clipping(declared, new, flow, flat=state.flat)
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


def covers(declared: Declared, state: ComputedStyle) -> bool:
    """Whether an element without text lies opaque over all of what it is positioned in."""
    if not _is_out(declared) or state.hidden or state.opacity < 0.9 or state.behind:
        return False
    size = state.font_size
    x = [length(declared.get(side, ""), Base(size, 100.0)) for side in ("left", "right")]
    y = [length(declared.get(side, ""), Base(size, 100.0)) for side in ("top", "bottom")]
    wide = length(declared.get("width", ""), Base(size, 100.0))
    high = length(declared.get("height", ""), Base(size, 100.0))
    return _spans(x, wide) and _spans(y, high)


def _spans(edges: list[float | None], extent: float | None) -> bool:
    near, far = edges
    if extent is not None and extent >= 95 and (near is None or near <= 5):
        return True
    return near is not None and far is not None and near <= 5 and far <= 5


def is_opaque(declared: Declared) -> bool:
    """Whether an element's own ground lets nothing through."""
    colour = parsed(declared.get("background-color", "transparent"))
    stops, picture = _pictured(declared.get("background-image", "none"), declared, ComputedStyle())
    solid = bool(stops) and all(stop.alpha > 0.9 for stop in stops)
    return solid or picture or (colour is not None and colour.alpha > 0.9)


def _is_behind(state: ComputedStyle, declared: Declared) -> bool:
    index = length(declared.get("z-index", ""), Base())
    positioned = declared.get("position", "") not in ("", "static")
    return index is not None and index < 0 and positioned and state.painted


def _animated(declared: Declared, keyframes: Keyframes) -> Declared:
    """Declared values once an animation has come to rest, or where it never starts."""
    frames = keyframes.get(declared["animation-name"].strip("\"'"))
    if not frames:
        return declared
    fill = declared.get("animation-fill-mode", "none")
    delay = length(declared.get("animation-delay", "0s"), Base()) or 0.0
    lasts = length(declared.get("animation-duration", "0s"), Base()) or 0.0
    paused = declared.get("animation-play-state") == "paused"
    slow = delay + lasts > MAX_ANIMATION_S
    if not paused and not slow and fill in ("forwards", "both"):
        frame = frames.get(max(frames), ())
    elif (paused or slow) and (fill in ("backwards", "both") or delay <= 0):
        frame = frames.get(min(frames), ())
    else:
        return declared
    return {**declared, **{d.name: d.value for d in frame}}


MAX_ANIMATION_S = 30.0
"""Nobody waits longer for a text to appear."""
