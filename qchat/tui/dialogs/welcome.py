"""The first start: four ways to a model, below which one can simply begin to write."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from qchat.commands import CommandContext
from qchat.commands.onboarding import CONNECTION_METHODS, ConnectionMethod
from qchat.protocol.errors import QchatError
from qchat.runtime.sanitize import sanitize_for_terminal


class Welcome(Vertical):
    """Holds the keys until the first letter, which goes to the prompt: it never blocks trying."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "chat")]

    class Chosen(Message):
        """A way was chosen; None is the demo model."""

        def __init__(self, way: ConnectionMethod | None) -> None:
            super().__init__()
            self.way = way

    def __init__(self) -> None:
        super().__init__(id="welcome")

    def compose(self) -> ComposeResult:
        title = "Welcome! Just write, or choose:"
        yield Static(title, classes="dialog-title", markup=False)
        demo = Option("chat now with the small demo model (Enter)")
        yield OptionList(
            demo, *(Option(way.about, id=way.name) for way in CONNECTION_METHODS), markup=False
        )
        yield Static(
            "It computes, remembers and looks up, no more. /connect opens this again.",
            id="reminder",
        )

    def enter(self) -> None:
        """Take the keys."""
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        way = next((way for way in CONNECTION_METHODS if way.name == event.option.id), None)
        self.post_message(self.Chosen(way))

    def action_close(self) -> None:
        self.post_message(self.Chosen(None))


class Connect(ModalScreen[str | None]):
    """Asks for what a way needs, tries it, and says what came; gives back a line, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "close")]

    def __init__(self, way: ConnectionMethod, place: CommandContext) -> None:
        super().__init__()
        self._way = way
        self._place = place

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(self._way.about.capitalize(), classes="dialog-title", markup=False)
            yield Input(placeholder=self._way.asks, password=self._way.secret, compact=True)
            yield Static("Enter tries it and keeps it · Esc closes", id="said", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self.query_one("#said", Static).update("trying …")
            self.run_worker(self._try(event.value.strip()), exclusive=True)

    async def _try(self, typed: str) -> None:
        try:
            said = await self._way.connect(self._place.workspace, self._place.session, typed)
        except QchatError as error:
            self.query_one("#said", Static).update(sanitize_for_terminal(str(error)))
        else:
            self.dismiss(said)
