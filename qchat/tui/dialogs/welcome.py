"""The first start: four ways to a model, below which one can simply begin to write."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from qchat.commands.connecting import METHODS, Method
from qchat.runtime.language import tr


class Welcome(Vertical):
    """Holds the keys until the first letter, which goes to the prompt: it never blocks trying."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", "chat")]

    class Chosen(Message):
        """A way was chosen; None is the demo model."""

        def __init__(self, way: Method | None) -> None:
            super().__init__()
            self.way = way

    def __init__(self, key_from: str = "") -> None:
        """`key_from` is the environment variable that holds a key of the cloud, if one does."""
        super().__init__(id="welcome")
        self._key_from = key_from

    def compose(self) -> ComposeResult:
        title = tr("Welcome! Just write, or choose:")
        yield Static(title, classes="dialog-title", markup=False)
        demo = Option(tr("chat now with the small demo model (Enter)"))
        yield OptionList(
            demo, *(Option(self._about(way), id=way.name) for way in METHODS), markup=False
        )
        yield Static(
            tr("It computes, remembers and looks up, no more. /connect opens this again."),
            id="reminder",
        )

    def _about(self, way: Method) -> str:
        offered = way.name == "cloud" and self._key_from
        return (
            tr("{about}: {key_from} holds one", about=tr(way.about), key_from=self._key_from)
            if offered
            else tr(way.about)
        )

    def enter(self) -> None:
        """Take the keys."""
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        way = next((way for way in METHODS if way.name == event.option.id), None)
        self.post_message(self.Chosen(way))

    def action_close(self) -> None:
        self.post_message(self.Chosen(None))
