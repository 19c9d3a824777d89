"""A trail of a deep or compared turn, opened: the same blocks as of any turn."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from qchat.runtime.language import tr
from qchat.store import Turn
from qchat.tui.render.strips import shown
from qchat.tui.transcript.render_context import RenderContext
from qchat.tui.transcript.turn import TurnBox


class TrailScreen(ModalScreen[None]):
    """One trail, which the user may go on behind."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "close"),
        Binding("p", "pick", "pick"),
    ]

    class Picked(Message):
        """The user wants to go on behind this trail."""

        def __init__(self, turn: int) -> None:
            super().__init__()
            self.turn = turn

    def __init__(self, turn: Turn, around: RenderContext) -> None:
        super().__init__()
        self._turn = turn
        self._box = TurnBox(turn.typed, around)
        self._scroll = VerticalScroll(self._box)

    def compose(self) -> ComposeResult:
        title = f"{self._turn.id} · {self._turn.backend} · {self._turn.model}"
        with Vertical(classes="dialog source"):
            yield Static(shown(title), classes="dialog-title", markup=False)
            yield self._scroll
            yield Static(tr("p picks it to go on with · Esc closes"), classes="dim", markup=False)

    def on_mount(self) -> None:
        self._box.play(self._turn.events)
        self._scroll.focus()

    def action_pick(self) -> None:
        self.app.post_message(self.Picked(self._turn.id))
        self.dismiss(None)
