"""What is drawn over the letters of an element, or over its ground, besides backgrounds."""

from qchat_tools.web.css.cascade import Declared
from qchat_tools.web.css.colors import Rgba, parsed
from qchat_tools.web.css.declarations import is_image
from qchat_tools.web.css.lengths import Base, measured, tokens

_MAX_STROKE = 0.35
"""Of the font's size: a thicker line through letters covers them."""
_MIN_INNER_SHADOW = 8.0
_MAX_OUTLINE_WITHIN = -8.0
"""Pixels: an outline that is drawn farther within its box lies over the text."""


def is_struck_out(declared: Declared, font_size: float) -> bool:
    """Whether a line through the letters is so thick that they are not seen."""
    names = ("text-decoration", "text-decoration-line", "text-decoration-thickness")
    words = " ".join(declared.get(name, "") for name in names)
    if "line-through" not in words:
        return False
    base = Base(font_size, font_size)
    return any((measured(token, base) or 0.0) > _MAX_STROKE * font_size for token in tokens(words))


def is_outlined_within(declared: Declared, font_size: float) -> bool:
    """Whether an outline is drawn over the box that it belongs to."""
    offset = tokens(declared.get("outline-offset", ""))
    found = measured(offset[0], Base(font_size)) if len(offset) == 1 else None
    return found is not None and found <= _MAX_OUTLINE_WITHIN


def inner_shadow(declared: Declared, colour: Rgba, *, dark: bool) -> Rgba | None:
    """The colour of a shadow that fills a box from within; None if there is none.

    `colour`: of the element's text. A colour that cannot be told counts as the text's.
    """
    shadow: list[object] = []
    for token in (*tokens(declared.get("box-shadow", "")), ","):
        if token != ",":
            shadow.append(token)
            continue
        words = [getattr(part, "lower_value", "") for part in shadow]
        values = [measured(part, Base()) for part in shadow]
        extents = [value for value in values if value is not None]
        if "inset" in words and sum(map(abs, extents)) >= _MIN_INNER_SHADOW * 2:
            colours = [parsed(_text(part), colour, dark=dark) for part in shadow]
            known = [found for found in colours if found is not None]
            return known[0] if known else colour
        shadow = []
    return None


def _text(token: object) -> str:
    return str(token.serialize()).lower() if hasattr(token, "serialize") else ""


def is_replaced(content: str) -> bool:
    """Whether `content` puts a picture in the place of an element's text."""
    first = next(iter(tokens(content)), None)
    if first is None:
        return False
    return first.type == "url" or (first.type == "function" and is_image(first.lower_name))


_UNREADABLE_FONTS = ("blank", "redacted", "flow block", "flow circular", "flow rounded", "blokk")


def is_unreadable(font_family: str) -> bool:
    """Whether a font is known to have no letters, or bars for letters."""
    return any(font in font_family for font in _UNREADABLE_FONTS)
