"""The colours of one theme as rich styles, for the blocks that draw their own lines."""

from functools import lru_cache

import msgspec
from rich.style import Style
from textual.theme import Theme

from qchat.tui.render.contrast import MIN_TEXT, readable

MIN_STRONG = 7.0
"""WCAG 2's higher bar, which the themes of high contrast keep for code as well."""


class Palette(msgspec.Struct, frozen=True):
    """Named styles; `pygments` names the style that code takes its colours from."""

    text: Style
    dim: Style
    accent: Style
    strong: Style
    code: Style
    link: Style
    good: Style
    bad: Style
    warning: Style
    pygments: str
    bar: Style = Style.null()
    """The ground of what marks a quotation at its left."""
    key: Style = Style.null()
    """A key of the keyboard."""
    grounds: tuple[str, ...] = ()
    """What code may stand on: its own ground first, then that of the block that has the focus."""
    contrast: float = MIN_TEXT
    """What its colours are to have on all of these."""

    @property
    def code_ground(self) -> Style:
        """The ground that code stands on."""
        return Style(bgcolor=self.grounds[0]) if self.grounds else Style.null()


def palette(theme: Theme) -> Palette:
    """Take the colours of a theme; one that is not qchat's own lacks some, which then follow."""
    foreground = theme.foreground or ("#ffffff" if theme.dark else "#000000")
    background = theme.background or ("#000000" if theme.dark else "#ffffff")
    own = theme.variables
    return _palette(
        name=theme.name,
        foreground=foreground,
        background=background,
        surface=theme.surface or background,
        panel=theme.panel or theme.surface or background,
        dim=own.get("qchat-dim", "#888888"),
        strong=own.get("qchat-strong", foreground),
        code=own.get("qchat-code", theme.accent or foreground),
        primary=theme.primary,
        secondary=theme.secondary or theme.primary,
        success=theme.success or foreground,
        error=theme.error or foreground,
        warning=theme.warning or foreground,
        pygments=own.get("qchat-pygments", "github-dark" if theme.dark else "friendly"),
    )


@lru_cache(32)
def _palette(
    *,
    name: str,
    foreground: str,
    background: str,
    surface: str,
    panel: str,
    dim: str,
    strong: str,
    code: str,
    primary: str,
    secondary: str,
    success: str,
    error: str,
    warning: str,
    pygments: str,
) -> Palette:
    least = MIN_STRONG if "contrast" in name else MIN_TEXT
    return Palette(
        text=Style(color=foreground),
        dim=Style(color=dim),
        accent=Style(color=primary),
        strong=Style(color=strong, bold=True),
        code=Style(color=code),
        link=Style(color=secondary, underline=True),
        good=Style(color=success),
        bad=Style(color=error),
        warning=Style(color=warning),
        pygments=pygments,
        bar=Style(bgcolor=panel),
        key=Style(color=readable(strong, [panel], least), bgcolor=panel, bold=True),
        grounds=(surface, background),
        contrast=least,
    )
