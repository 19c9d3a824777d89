"""The graphics state of a PDF, and whether letters are seen that are painted by it."""

from typing import Any

import msgspec

from qchat_tools.web.css.colors import BLACK, WHITE, Rgba, is_seen_on
from qchat_tools.web.pdf_geometry import UNIT, Matrix, Rect

MIN_SIZE = 2.0
"""Points: smaller letters are dots."""
_MAX_SPACING, _MIN_SPACING = 3.0, -0.35
"""Between letters, in their size: farther apart, or on each other, nobody reads them."""
_MIN_SLANT = 0.1
"""Of letters: leaning farther they are flat."""
_MAX_SOFT_MASK = 4_000_000
"""Points of a mask that is looked at."""
_OPAQUE = 230
DARKENING = ("/Multiply", "/Darken", "/ColorBurn")
_OTHER_BLEND_NAMES = """
    Screen Lighten ColorDodge Overlay HardLight SoftLight Difference Exclusion Hue Saturation
    Color Luminosity
"""
OTHER_BLENDS = frozenset(f"/{name}" for name in _OTHER_BLEND_NAMES.split())
"""How a mark is mixed with what lies under it: seen through it if dark, or in another way."""


class Graphics(msgspec.Struct, frozen=True):
    """The graphics state, as far as it tells whether letters are seen."""

    matrix: Matrix = UNIT
    clip: Rect = Rect(-1e9, -1e9, 1e9, 1e9)
    fill: Rgba | None = BLACK
    """None for one that cannot be worked out: a pattern."""
    stroke: Rgba | None = BLACK
    fill_space: Any = "/DeviceGray"
    stroke_space: Any = "/DeviceGray"
    fill_alpha: float = 1.0
    stroke_alpha: float = 1.0
    mode: int = 0
    font_size: float = 0.0
    stretch: float = 1.0
    leading: float = 0.0
    rise: float = 0.0
    blank_font: bool = False
    code_bytes: int = 1
    """How many of them stand for a letter of the font."""
    spacing: float = 0.0
    word_spacing: float = 0.0
    line_width: float = 1.0
    dashed: bool = False
    blend: str = "/Normal"
    masked: bool = False
    group_alpha: float = 1.0
    """Of the transparency groups that it stands in."""


def is_seen(now: Graphics, ground: Rgba | None, place: Rect, matrix: Matrix, length: int) -> bool:
    """Whether so many letters at a place are read; `ground`: what is painted there, None for a
    picture."""
    size = now.font_size
    across = (matrix[0] ** 2 + matrix[1] ** 2) ** 0.5 * abs(now.stretch)
    up = (matrix[2] ** 2 + matrix[3] ** 2) ** 0.5
    if abs(size) * min(across, up) < MIN_SIZE or now.blank_font:
        return False
    flat = abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]) < _MIN_SLANT * up * across
    if flat or now.masked or now.blend in OTHER_BLENDS or _is_spread(now, length):
        return False
    if not place.meets(now.clip):
        return False
    for paints, colour, alpha in (
        (now.mode in (0, 2, 4, 6), now.fill, now.fill_alpha * now.group_alpha),
        (
            now.mode in (1, 2, 5, 6) and not now.dashed,
            now.stroke,
            now.stroke_alpha * now.group_alpha,
        ),
    ):
        if paints and colour is not None and alpha >= 0.1:
            under = WHITE if ground is None else ground
            if is_seen_on(colour.mixed(under, alpha), under):
                return True
    return False


def _is_spread(now: Graphics, length: int) -> bool:
    """Whether the letters of a text stand on each other, or far from each other."""
    size = abs(now.font_size)
    apart = now.spacing > _MAX_SPACING * size or now.spacing < _MIN_SPACING * size
    return length > 1 and (apart or now.word_spacing > 100 * size)


def is_sheer(mask: Any) -> bool:
    """Whether a soft mask lets through what lies under its picture."""
    if mask is None:
        return False
    found = mask.get_object()
    if int(found.get("/Width", 0)) * int(found.get("/Height", 0)) > _MAX_SOFT_MASK:
        return True
    data = found.get_data()
    return not data or min(data) < _OPAQUE


def is_blank(font: Any) -> bool:
    """Whether a font draws its letters by programs of its own that draw nothing."""
    try:
        found = font.get_object()
        if found.get("/Subtype") != "/Type3":
            return False
        programs = [p.get_object().get_data() for p in found["/CharProcs"].values()]
    except (AttributeError, KeyError, TypeError):
        return False
    painting = (b"f", b"F", b"S", b"s", b"B", b"b", b"Do", b"Tj", b"TJ", b"sh", b"ID", b"f*")
    return not any(set(data.split()) & set(painting) for data in programs)


def code_bytes(font: Any) -> int:
    """How many bytes stand for a letter: two in composite fonts, as they are commonly written."""
    try:
        return 2 if font.get_object().get("/Subtype") == "/Type0" else 1
    except AttributeError:
        return 1
