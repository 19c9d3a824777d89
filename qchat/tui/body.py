"""The middle of the screen: the conversation, and at most one panel beside it."""

from textual.app import ComposeResult
from textual.containers import Horizontal

from qchat.tui.panels.base import Panel
from qchat.tui.transcript.conversation import Conversation


class Body(Horizontal):
    """A panel stands beside the conversation, or over it where there is no room for both."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__(id="body")
        self._conversation = conversation
        self.panel: Panel | None = None

    def compose(self) -> ComposeResult:
        yield self._conversation

    async def open(self, panel: Panel) -> None:
        """Show a panel in the place of the one that stands there; the next key is for it."""
        self.close()
        self.panel = panel
        await self.mount(panel)
        panel.enter()

    def close(self) -> None:
        """Show the conversation alone."""
        if self.panel is not None:
            self.panel.remove()
            self.panel = None
