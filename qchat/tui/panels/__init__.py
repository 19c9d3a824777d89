"""What can stand beside the conversation, by the name that keys and commands use."""

from qchat.tui.panels.base import Panel
from qchat.tui.panels.egress import EgressPanel
from qchat.tui.panels.kernel import KernelPanel
from qchat.tui.panels.memory import MemoryPanel
from qchat.tui.panels.sessions import SessionsPanel
from qchat.tui.panels.theme import ThemePanel

PANELS: dict[str, type[Panel]] = {
    panel.NAME: panel
    for panel in (SessionsPanel, MemoryPanel, KernelPanel, EgressPanel, ThemePanel)
}
