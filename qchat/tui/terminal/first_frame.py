"""What the first frame shows before Textual is loaded: the window has it in the same place."""

from pathlib import Path

import msgspec

from qchat.config.settings import Settings
from qchat.runtime.language import tr
from qchat.tui.render.contrast import readable
from qchat_themes import find_theme, shipped

PLACEHOLDER = "Ask anything · / commands · Shift+Enter, Alt+Enter or Ctrl+J: new line · F1 help"
SHORT_PLACEHOLDER = "Ask anything · / commands · Alt+Enter new line · F1 help"
WIDE = 84


class Look(msgspec.Struct, frozen=True):
    """Colours as `#rrggbb`, and texts."""

    background: str
    surface: str
    foreground: str
    muted: str
    accent: str
    status: str


def first_look(settings: Settings, themes: Path) -> Look:
    """The look of the user's theme; of the first that ships where theirs cannot be read."""
    theme = find_theme(settings.theme, themes) or shipped()
    grounds = (theme.background, theme.surface, theme.panel)
    return Look(
        theme.background,
        theme.surface,
        theme.foreground,
        readable(theme.dim, grounds),
        theme.accent,
        tr("starting"),
    )


def placeholder(columns: int) -> str:
    """What stands in an empty prompt of so many columns."""
    return tr(PLACEHOLDER if columns >= WIDE else SHORT_PLACEHOLDER)
