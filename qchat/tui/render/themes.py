"""Themes as Textual knows them; what it would make faint or see-through is given colours here."""

from textual.theme import Theme as TextualTheme

from qchat.tui.render.contrast import readable
from qchat_themes import Theme


def textual_theme(theme: Theme) -> TextualTheme:
    """Translate a theme file; colours that it leaves out follow from the others."""
    grounds = (theme.background, theme.surface, theme.panel)
    muted = readable(theme.dim, grounds)
    on_primary = readable(theme.background, [theme.primary])
    return TextualTheme(
        name=theme.name,
        dark=theme.dark,
        primary=theme.primary,
        secondary=theme.secondary,
        accent=theme.accent,
        warning=theme.warning,
        error=theme.error,
        success=theme.success,
        foreground=theme.foreground,
        background=theme.background,
        surface=theme.surface,
        panel=theme.panel,
        variables={
            "qchat-dim": theme.dim,
            "qchat-strong": theme.strong,
            "qchat-code": theme.code,
            "qchat-pygments": theme.pygments,
            "text-muted": muted,
            "text-disabled": muted,
            "block-cursor-background": theme.primary,
            "block-cursor-foreground": on_primary,
            "block-cursor-blurred-background": theme.panel,
            "block-cursor-blurred-foreground": readable(theme.strong, [theme.panel]),
            "screen-selection-background": theme.primary,
            "screen-selection-foreground": on_primary,
            "input-selection-background": theme.primary,
            "input-selection-foreground": on_primary,
        },
    )
