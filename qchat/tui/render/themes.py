"""Themes as Textual knows them."""

from textual.theme import Theme as TextualTheme

from qchat_themes import Theme


def textual_theme(theme: Theme) -> TextualTheme:
    """Translate a theme file; colours that it leaves out follow from the others."""
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
        },
    )
