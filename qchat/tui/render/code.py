"""Source code as coloured text without a background of its own."""

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Span, Text

from qchat.tui.render.palette import Palette

if TYPE_CHECKING:
    from rich.syntax import SyntaxTheme

LONGEST_HIGHLIGHTED = 20_000
"""Characters of code that are coloured; more is shown plain, since colouring it would be felt."""


def code_text(code: str, language: str, colours: Palette) -> Text:
    """Colour code by its language; unknown languages and very long code stay in one colour."""
    if not language or len(code) > LONGEST_HIGHLIGHTED:
        return Text(code, style=colours.code, overflow="fold")
    from rich.syntax import Syntax  # noqa: PLC0415  Pygments is slow to load

    text = Syntax(code, language, theme=_theme(colours.pygments)).highlight(code)
    text.rstrip()
    text.style = colours.text
    text.spans = [_without_background(span) for span in text.spans]
    text.overflow = "fold"
    text.no_wrap = False
    return text


@lru_cache(maxsize=8)
def _theme(name: str) -> "SyntaxTheme":
    """Kept, since a theme looks up each kind of token once."""
    from rich.syntax import Syntax  # noqa: PLC0415

    return Syntax.get_theme(name)


def _without_background(span: Span) -> Span:
    style = span.style
    if isinstance(style, Style):
        style = Style(color=style.color, bold=style.bold, italic=style.italic)
    return Span(span.start, span.end, style)
