"""What `NO_COLOR` asks for: no colours at all, greys neither.

What colours alone said is said by attributes: a marked line and the caret are reversed, what stands
back is dim.
"""

from functools import lru_cache

from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

MARKED = 0.25
"""How much brighter or darker than its surroundings (0 to 1) what is marked is."""
FAINT = 0.55
"""How near to its own ground a letter is that stands back."""


class Colourless(LineFilter):
    """Leaves the attributes of a style, and says by them what its colours said."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        ground = _brightness(background.rich_color)
        return [
            Segment(_seen(text, style), _without_colours(style, ground), control)
            if style is not None
            else Segment(text, None, control)
            for text, style, control in segments
        ]


def _seen(text: str, style: Style) -> str:
    """What can be seen of it: the edge of a block without focus has the colour of its ground."""
    hidden = style.color is not None and style.color == style.bgcolor
    return " " * cell_len(text) if hidden else text


@lru_cache(4096)
def _without_colours(style: Style, surroundings: float) -> Style:
    ground = surroundings if style.bgcolor is None else _brightness(style.bgcolor)
    marked = abs(ground - surroundings) > MARKED
    faint = style.color is not None and abs(_brightness(style.color) - ground) < FAINT
    attributes = Style(
        reverse=True if marked != bool(style.reverse) else None,
        dim=True if style.dim or (faint and not marked) else None,
    )
    return style.without_color + Style(reverse=False, dim=False) + attributes


def _brightness(colour: RichColor) -> float:
    red, green, blue = colour.get_truecolor()
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


COLOURLESS = Colourless()
"""One for all: what was drawn is kept by it."""
