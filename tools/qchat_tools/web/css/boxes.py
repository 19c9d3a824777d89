"""Where boxes stand and what they clip, as far as it can be told without a layout."""

from qchat_tools.web.css.cascade import Declared
from qchat_tools.web.css.computed import Box, ComputedStyle
from qchat_tools.web.css.lengths import VIEWPORT_HEIGHT, VIEWPORT_WIDTH, Base, length
from qchat_tools.web.css.transforms import (
    MIN_SIDE,
    Size,
    Transform,
    rotated,
    scaled,
    transformed,
    translated,
)

MAX_CLIPS = 6
MIN_COLUMN = 1.5
"""Times the font's size: what is narrower shows a letter or two."""
GUESSED_WIDTH, GUESSED_HEIGHT = 600.0, 24.0
"""Of a box whose size is not given, where a percentage of it is asked for."""
LETTER_WIDTH = 0.5
"""Of a letter, in its font's size: a mean over Latin text."""


def placed(
    declared: Declared, state: ComputedStyle, text_length: int
) -> tuple[float, float, Transform, bool]:
    """How far an element is moved from its place in the flow, and whether that place is fixed.

    `text_length`: characters within it, by which its size is guessed.
    """
    size_px = state.font_size
    guess = min(
        max(text_length, 1) * size_px * LETTER_WIDTH, state.containing.width or GUESSED_WIDTH
    )
    width = given(declared, "width", state.width, size_px)
    height = given(declared, "height", state.containing.height, size_px)
    position = declared.get("position", "")
    out = position in ("absolute", "fixed")
    inline = declared.get("display", "inline").startswith("inline") or out
    own = width if width is not None else guess if inline else state.width or GUESSED_WIDTH
    size = Size(own, height if height is not None else max(size_px * 1.2, GUESSED_HEIGHT))
    x, y, fixed = state.x, state.y, False
    if out:
        x, y, fixed = _positioned(declared, state, size, position == "fixed")
    elif position in ("relative", "sticky"):
        x += _first(declared, ("left", 1), ("right", -1), state.containing.width, size_px)
        y += _first(declared, ("top", 1), ("bottom", -1), state.containing.height, size_px)
    base = Base(size_px, state.containing.width)
    x += length(declared.get("margin-left", "0"), base) or 0.0
    y += length(declared.get("margin-top", "0"), base) or 0.0
    moved = _moved(declared, size, size_px)
    return x + moved.x, y + moved.y, moved, fixed


def given(declared: Declared, name: str, whole: float | None, font_size: float) -> float | None:
    """A width or height in pixels, bounded from above by its maximum; None where it is open."""
    base = Base(font_size, whole)
    value = length(declared.get(name, ""), base)
    most = length(declared.get(f"max-{name}", ""), base)
    least = length(declared.get(f"min-{name}", ""), base)
    found = most if value is None else value if most is None else min(value, most)
    return found if found is None or least is None else max(found, least)


def _positioned(
    declared: Declared, state: ComputedStyle, size: Size, fixed: bool
) -> tuple[float, float, bool]:
    box = Box(VIEWPORT_WIDTH, VIEWPORT_HEIGHT) if fixed else state.containing
    x = _edge(declared, "left", "right", box.width, size.width, state.font_size)
    y = _edge(declared, "top", "bottom", box.height, size.height, state.font_size)
    return (
        state.x if x is None else box.x + x,
        state.y if y is None else box.y + y,
        fixed and y is not None,
    )


def _edge(
    declared: Declared, start: str, end: str, whole: float | None, own: float, font_size: float
) -> float | None:
    base = Base(font_size, whole if whole is not None else GUESSED_WIDTH)
    near = length(declared.get(start, ""), base)
    if near is not None:
        return near
    far = length(declared.get(end, ""), base)
    return None if far is None else (base.percent_of or 0.0) - own - far


def _first(
    declared: Declared,
    one: tuple[str, int],
    other: tuple[str, int],
    whole: float | None,
    size: float,
) -> float:
    for name, sign in (one, other):
        value = length(declared.get(name, ""), Base(size, whole))
        if value is not None:
            return sign * value
    return 0.0


def _moved(declared: Declared, size: Size, font_size: float) -> Transform:
    backface = declared.get("backface-visibility") == "hidden"
    moved = translated(declared.get("translate", ""), size, font_size)
    moved = moved.then(rotated(declared.get("rotate", ""), backface_hidden=backface))
    moved = moved.then(scaled(declared.get("scale", "")))
    return moved.then(
        transformed(declared.get("transform", ""), size, font_size, backface_hidden=backface)
    )


def clipping(
    declared: Declared, state: ComputedStyle, flow: float, *, flat: bool, whole: float | None
) -> Box | None:
    """The box that an element clips its content to; None if it clips nothing.

    `whole`: the height of what it stands in, if that is known.
    """
    across, down = declared.get("overflow-x", "visible"), declared.get("overflow-y", "visible")
    clips = "clip" in (across, down) or not {across, down} <= {"visible", ""}
    contained = set(declared.get("contain", "").split())
    paints = bool(contained & {"paint", "strict", "content"})
    sized = bool(contained & {"size", "strict"})
    if not clips and not paints:
        return None
    size_px = state.font_size
    width = given(declared, "width", state.width, size_px)
    height = given(declared, "height", whole, size_px)
    height = _by_ratio(declared, width, height)
    if declared.get("flex-grow") == "0" and declared.get("flex-basis", "auto") != "auto":
        basis = length(declared["flex-basis"], Base(size_px, state.width))
        width = basis if width is None else width
    line = length(declared.get("line-height", ""), Base(size_px, size_px))
    if height is None and line is not None and line < 1 and "white-space" not in declared:
        height = line
    if width is not None and width < MIN_COLUMN * size_px:
        width = 0.0  # not a word has room
    if height is not None and height < size_px / 2:
        height = 0.0
    if height is not None and line is not None and (line - size_px) / 2 >= height:
        height = 0.0  # the line is so high that its letters stand below the box
    if height is None and (sized or flat):
        height = 0.0
    scrolls = bool({across, down} & {"auto", "scroll"}) and not {across, down} & {"hidden", "clip"}
    if scrolls and min(_or_big(width), _or_big(height)) > size_px:
        return None  # a reader gets at it by scrolling
    # Padding is part of what shows, and moves the text within it.
    sides = ("left", "right", "top", "bottom")
    inner = Base(size_px, state.width)
    moved_x, right, moved_y, bottom = (
        length(declared.get(f"padding-{side}", "0"), inner) or 0.0 for side in sides
    )
    if declared.get("box-sizing") != "border-box":
        width = None if width is None else width + moved_x + right
        height = None if height is None else height + moved_y + bottom
    return Box(width, height, state.x - moved_x, state.y - moved_y, flow)


def _by_ratio(declared: Declared, width: float | None, height: float | None) -> float | None:
    """The height that `aspect-ratio` gives a box that clips; None where it may grow."""
    parts = [part.strip() for part in declared.get("aspect-ratio", "").split("/")]
    numbers = [length(part, Base()) for part in parts]
    if height is not None or width is None or None in numbers or not numbers[0]:
        return height
    return width * (numbers[1] if len(numbers) > 1 and numbers[1] is not None else 1.0) / numbers[0]


def _or_big(value: float | None) -> float:
    return 1e9 if value is None else value


def clipped_away(box: Box, state: ComputedStyle, flow: float, width: float, height: float) -> bool:
    """Whether text of a guessed size lies outside of a box that clips it."""
    x, y = state.x - box.x, state.y - box.y
    if x + width <= 0 or y + height + (flow - box.flow) <= 0:
        return True
    if box.width is not None and (box.width < MIN_SIDE or x >= box.width):
        return True
    if box.height is None:
        return False
    below = y + (flow - box.flow if box.height < MAX_CUT_HEIGHT else 0.0)
    return box.height < MIN_SIDE or below >= box.height


MAX_CUT_HEIGHT = 200.0
"""Higher boxes that cut their text off are taken for such as a reader can unfold."""
