"""What transforms, clips, masks and filters leave of a box."""

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import tinycss2

from qchat_tools.web.css.colors import parsed
from qchat_tools.web.css.lengths import Base, length, measured, tokens


class Transform(NamedTuple):
    """Where a transform takes a box, and how large it leaves it along each axis."""

    x: float = 0.0
    y: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0
    certain: bool = True

    def then(self, other: "Transform") -> "Transform":
        return Transform(
            self.x + other.x * self.scale_x,
            self.y + other.y * self.scale_y,
            self.scale_x * other.scale_x,
            self.scale_y * other.scale_y,
            self.certain and other.certain,
        )


_STILL = Transform()
MAX_DEPTH = 50.0
"""Pixels: what comes nearer may be behind who looks, if there is a perspective."""


class Size(NamedTuple):
    """Of a box, in pixels, as far as it can be guessed without a layout."""

    width: float
    height: float


def transformed(text: str, size: Size, font_size: float, *, backface_hidden: bool) -> Transform:
    """What `transform` does; functions that cannot be worked out make it uncertain."""
    moved = _STILL
    if text in ("", "none"):
        return moved
    for token in tokens(text):
        if token.type != "function":
            return Transform(certain=False)
        moved = moved.then(_one(token, size, font_size, backface_hidden))
    return moved


def _one(token: Any, size: Size, font_size: float, backface_hidden: bool) -> Transform:
    name = token.lower_name
    arguments = [t for t in token.arguments if t != "," and t.type not in ("whitespace", "comment")]
    across, down = Base(font_size, size.width), Base(font_size, size.height)
    if name in ("translate", "translatex", "translatey", "translate3d"):
        return _translated(name, arguments, across, down)
    numbers = [measured(argument, Base(font_size, 1.0)) for argument in arguments]
    values = [number for number in numbers if number is not None]
    if len(values) != len(numbers) or not values:
        return Transform(certain=False)
    if name in ("rotatex", "rotatey", "rotate3d"):
        return _in_space(name, values, backface_hidden)
    if name in ("matrix", "matrix3d"):
        return _matrix(values)
    match name:
        case "scale" | "scale3d":
            return Transform(scale_x=values[0], scale_y=values[1] if len(values) > 1 else values[0])
        case "scalex":
            return Transform(scale_x=values[0])
        case "scaley":
            return Transform(scale_y=values[0])
        case "translatez":
            return Transform(certain=abs(values[0]) < MAX_DEPTH)
        case "rotate" | "rotatez" | "scalez" | "perspective":
            return _STILL
        case "skew" | "skewx" | "skewy":
            flat = any(abs(math.cos(math.radians(value))) < 0.05 for value in values)
            return Transform(scale_x=0 if flat else 1)
        case _:
            return Transform(certain=False)


def _in_space(name: str, values: list[float], backface_hidden: bool) -> Transform:
    if name != "rotate3d":
        return _turned(name, values[0], backface_hidden)
    if len(values) != 4:
        return Transform(certain=False)
    about_z = not (values[0] or values[1])
    return _STILL if about_z else _turned("rotatex", values[3], backface_hidden)


def _matrix(values: list[float]) -> Transform:
    if len(values) == 6:
        a, b, c, d, x, y = values
        return Transform(x, y, math.hypot(a, b), math.hypot(c, d) if a * d - b * c else 0.0)
    if len(values) == 16:
        across, down = math.hypot(*values[0:2]), math.hypot(*values[4:6])
        return Transform(values[12], values[13], across, down)
    return Transform(certain=False)


def _translated(name: str, arguments: list[Any], across: Base, down: Base) -> Transform:
    first = measured(arguments[0], down if name == "translatey" else across) if arguments else None
    second = measured(arguments[1], down) if len(arguments) > 1 else 0.0
    if first is None or second is None:
        return Transform(certain=False)
    deep = measured(arguments[2], across) if len(arguments) > 2 else 0.0
    certain = deep is not None and abs(deep) < MAX_DEPTH
    if name == "translatey":
        return Transform(y=first)
    return Transform(first, second, certain=certain)


def _turned(name: str, angle: float, backface_hidden: bool) -> Transform:
    share = abs(math.cos(math.radians(angle)))
    if backface_hidden and math.cos(math.radians(angle)) < 0:
        share = 0.0
    return Transform(scale_y=share) if name == "rotatex" else Transform(scale_x=share)


def translated(text: str, size: Size, font_size: float) -> Transform:
    """The property `translate`."""
    if text in ("", "none"):
        return _STILL
    parts = list(tokens(text))
    return _translated(
        "translate", parts[:2], Base(font_size, size.width), Base(font_size, size.height)
    )


def scaled(text: str) -> Transform:
    """The property `scale`."""
    if text in ("", "none"):
        return _STILL
    values = [measured(token, Base(percent_of=1.0)) for token in tokens(text)]
    first = values[0] if values else None
    second = values[1] if len(values) > 1 else first
    if first is None or second is None:
        return Transform(certain=False)
    return Transform(scale_x=first, scale_y=second)


def rotated(text: str, *, backface_hidden: bool) -> Transform:
    """The property `rotate`: an angle, perhaps about an axis."""
    words = [tinycss2.serialize([token]) for token in tokens(text)]
    if len(words) < 2 or words[0] not in ("x", "y", "1", "0"):
        return _STILL
    angle = measured(tokens(text)[-1], Base())
    if angle is None:
        return Transform(certain=False)
    name = "rotatex" if words[0] == "x" or words[:1] == ["1"] else "rotatey"
    return _turned(name, angle, backface_hidden) if words[:2] != ["0", "0"] else _STILL


def clip_hides(text: str, size: Size) -> bool | None:
    """Whether `clip: rect(…)` leaves nothing to read; None where it cannot be told."""
    if text in ("", "auto"):
        return False
    (token, *_) = tokens(text) or (None,)
    if getattr(token, "type", "") != "function" or token.lower_name != "rect":
        return None
    edges = [measured(t, Base()) for t in token.arguments if t != "," and t.type != "whitespace"]
    if len(edges) != 4:
        return None
    top, right, bottom, left = edges
    width = (size.width if right is None else right) - (left or 0)
    height = (size.height if bottom is None else bottom) - (top or 0)
    return min(width, height) < MIN_SIDE or (left or 0) >= size.width or (top or 0) >= size.height


MIN_SIDE = 4.0
"""Pixels: what is narrower or lower shows no letter."""
_MIN_AREA_SHARE = 0.02


@functools.lru_cache(maxsize=1_000)
def clip_path_hides(text: str, size: Size, font_size: float) -> bool | None:
    """The same for `clip-path`."""
    if text in ("", "none"):
        return False
    token = next((t for t in tokens(text) if t.type == "function"), None)
    if token is None:
        boxes = ("border-box", "padding-box", "content-box", "margin-box", "fill-box", "view-box")
        return False if text in boxes else None
    across, down = Base(font_size, size.width), Base(font_size, size.height)
    arguments = [t for t in token.arguments if t.type not in ("whitespace", "comment")]
    match token.lower_name:
        case "inset" | "rect" | "xywh":
            return _rectangle_hides(token.lower_name, arguments, size, across, down)
        case "circle" | "ellipse":
            return _ellipse_hides(arguments, size, across)
        case "polygon":
            return _polygon_hides(arguments, size, across, down)
        case _:
            return None


def _rectangle_hides(
    kind: str, arguments: list[Any], size: Size, across: Base, down: Base
) -> bool | None:
    words = []
    for token in arguments:
        if token.type == "ident" and token.lower_value == "round":
            break
        words.append(token)
    if not words:
        return None
    if kind == "xywh":
        x, y, width, height = (
            (measured(t, b) for t, b in zip(words, (across, down, across, down), strict=False))
            if len(words) == 4
            else (None,) * 4
        )
        if x is None or y is None or width is None or height is None:
            return None
        return min(width, height) < MIN_SIDE or x >= size.width or y >= size.height
    words = (words + [None] * 4)[:4]
    top = words[0]
    right = words[1] if words[1] is not None else top
    bottom = words[2] if words[2] is not None else top
    left = words[3] if words[3] is not None else right
    edges = [
        measured(t, b) for t, b in zip((top, right, bottom, left), (down, across) * 2, strict=True)
    ]
    if kind == "rect":
        automatic = (0.0, size.width, size.height, 0.0)
        e = [auto if edge is None else edge for edge, auto in zip(edges, automatic, strict=True)]
        return min(e[1] - e[3], e[2] - e[0]) < MIN_SIDE
    if any(edge is None for edge in edges):
        return None
    e = [edge or 0.0 for edge in edges]
    return min(size.width - e[1] - e[3], size.height - e[0] - e[2]) < MIN_SIDE


def _ellipse_hides(arguments: list[Any], size: Size, across: Base) -> bool | None:
    radii: list[float | None] = []
    place = False
    centre: list[float | None] = []
    for token in arguments:
        if token.type == "ident" and token.lower_value == "at":
            place = True
        elif place:
            centre.append(measured(token, across))
        elif token.type == "ident":
            radii.append(size.width)  # closest-side, farthest-side
        else:
            radii.append(measured(token, across))
    if any(radius is None for radius in radii):
        return None
    if any(radius is not None and radius < MIN_SIDE for radius in radii):
        return True
    reach = max((radius or 0 for radius in radii), default=size.width)
    far = [c for c in centre if c is not None]
    return any(c + reach <= 0 or c - reach >= size.width for c in far[:1])


def _polygon_hides(arguments: list[Any], size: Size, across: Base, down: Base) -> bool | None:
    pairs: list[list[Any]] = [[]]
    for token in arguments:
        if token == ",":
            pairs.append([])
        elif token.type != "ident":
            pairs[-1].append(token)
    points = []
    for pair in (pair for pair in pairs if pair):
        if len(pair) != 2:
            return None
        x, y = measured(pair[0], across), measured(pair[1], down)
        if x is None or y is None:
            return None
        points.append((min(max(x, 0), size.width), min(max(y, 0), size.height)))
    if len(points) < 3:
        return True
    area = (
        abs(
            sum(
                a[0] * b[1] - b[0] * a[1]
                for a, b in zip(points, points[1:] + points[:1], strict=True)
            )
        )
        / 2
    )
    return area < size.width * size.height * _MIN_AREA_SHARE


def mask_hides(declared: Mapping[str, str]) -> bool | None:
    """Whether a mask lets nothing through: gradients by their stops, pictures cannot be told."""
    text = declared.get("mask-image", "")
    if declared.get("mask-border-source", "none") not in ("none", "initial", ""):
        return None
    if text in ("", "none", "initial"):
        return False
    extents = [
        length(word, Base(percent_of=100.0)) for word in declared.get("mask-size", "").split()
    ]
    if any(extent is not None and extent < MIN_SIDE for extent in extents):
        return True
    words = " ".join((text, *(declared.get(name, "") for name in _OF_MASKS))).lower()
    if any(word in words for word in _UNTOLD_MASKS) or (
        "no-repeat" in words and any(abs(value) > MAX_MASK_OFFSET for value in _offsets(words))
    ):
        return None
    colours = []
    for token in tokens(text):
        if token.type == "function" and "gradient" in token.lower_name:
            colours += gradient_stops(token)
        elif token.type in ("url", "function"):
            return None
    known = [colour for colour in (parsed(c) for c in colours) if colour is not None]
    if not known:
        return None
    return all(colour.alpha < 0.1 for colour in known)


_OF_MASKS = ("mask-mode", "mask-composite", "mask-position", "mask-repeat")
_UNTOLD_MASKS = ("luminance", "exclude", "subtract", "intersect", "source-out", "xor", "source-in")
MAX_MASK_OFFSET = 50.0
"""Pixels, or percent: a mask that is not repeated and moved farther may let nothing through."""


def _offsets(words: str) -> list[float]:
    found = [measured(token, Base(percent_of=100.0)) for token in tokens(words)]
    return [value for value in found if value is not None and value != 100.0]


def gradient_stops(token: Any) -> list[str]:
    """The colours of a gradient, as text."""
    groups: list[list[Any]] = [[]]
    for argument in token.arguments:
        if argument == ",":
            groups.append([])
        elif argument.type not in ("whitespace", "comment"):
            groups[-1].append(argument)
    found = []
    for group in groups:
        for part in group:
            text = tinycss2.serialize([part]).lower()
            if part.type in ("hash", "function", "ident") and parsed(text) is not None:
                found.append(text)
    return found


_FAINT: dict[str, Callable[[float, float], bool]] = {
    "opacity": lambda value, _: value < 0.1,
    "blur": lambda value, font_size: value > font_size * 0.3,
    "invert": lambda value, _: 0.35 < value < 0.65,
    "brightness": lambda value, _: not 0.3 <= value <= 3,
    "contrast": lambda value, _: value < 0.2,
}
_KEEP_SHAPES = ("drop-shadow", "grayscale", "sepia", "saturate", "hue-rotate")


def filter_hides(text: str, font_size: float) -> bool | None:
    """Whether a filter leaves nothing to read."""
    if text in ("", "none"):
        return False
    for token in tokens(text):
        if token.type != "function":
            return None
        if token.lower_name in _KEEP_SHAPES:
            continue
        arguments = [t for t in token.arguments if t.type != "whitespace"]
        value = measured(arguments[0], Base(font_size, 1.0)) if arguments else None
        faint = _FAINT.get(token.lower_name)
        if faint is None or value is None:
            return None
        if faint(value, font_size):
            return True
    return False
