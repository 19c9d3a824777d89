"""The colours of one theme as rich styles, for the blocks that draw their own lines."""

import msgspec
from rich.style import Style
from textual.theme import Theme


class Palette(msgspec.Struct, frozen=True):
    """Named styles; `pygments` names the style for code."""

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


def palette(theme: Theme) -> Palette:
    """Take the colours of a theme; one that is not qchat's own lacks some, which then follow."""
    foreground = theme.foreground or ("#ffffff" if theme.dark else "#000000")
    own = theme.variables
    return Palette(
        text=Style(color=foreground),
        dim=Style(color=own.get("qchat-dim", "#888888")),
        accent=Style(color=theme.primary),
        strong=Style(color=own.get("qchat-strong", foreground), bold=True),
        code=Style(color=own.get("qchat-code", theme.accent or foreground)),
        link=Style(color=theme.secondary or theme.primary, underline=True),
        good=Style(color=theme.success or foreground),
        bad=Style(color=theme.error or foreground),
        warning=Style(color=theme.warning or foreground),
        pygments=own.get("qchat-pygments", "github-dark" if theme.dark else "friendly"),
    )
