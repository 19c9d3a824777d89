"""What opens above the conversation: a page to read, the help, a question."""

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from qchat.permission import Permission
from qchat.tui.strips import shown


class Page(ModalScreen[None]):
    """A text to read, however it was made: it is shown as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss(None)", "close")]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog") as scroll:
            scroll.can_focus = True
            yield Static(Text(shown(self._title)), classes="dialog-title")
            yield Static(Text(shown(self._text), overflow="fold"))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()


class Help(ModalScreen[None]):
    """Commands and keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,f1", "dismiss(None)", "close")]

    def __init__(self, commands: str, keys: list[tuple[str, str]]) -> None:
        super().__init__()
        self._commands = commands
        self._keys = keys

    def compose(self) -> ComposeResult:
        keys = Table.grid(padding=(0, 2, 0, 0))  # what is wrapped stays in its column
        for key, what in self._keys:
            keys.add_row(Text(key), Text(what))
        with VerticalScroll(classes="dialog") as scroll:
            scroll.can_focus = True
            yield Static("Keys", classes="dialog-title")
            yield Static(keys)
            yield Static("Commands", classes="dialog-title")
            yield Static(Text(self._commands))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()


class Question(ModalScreen[Permission]):
    """A tool asks; Escape means no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss('once')", "once"),
        Binding("a", "dismiss('session')", "this session"),
        Binding("n,escape", "dismiss('no')", "no"),
        Binding("v", "dismiss('never')", "never"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog question"):
            with VerticalScroll():
                yield Static(Text(shown(self._question), overflow="fold"))
            with Horizontal(classes="buttons"):
                yield Button("Yes (y)", id="once", variant="primary", compact=True)
                yield Button("Always here (a)", id="session", compact=True)
                yield Button("No (n)", id="no", compact=True)
                yield Button("Never (v)", id="never", compact=True)

    def on_mount(self) -> None:
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        answers: dict[str, Permission] = {
            "once": "once",
            "session": "session",
            "no": "no",
            "never": "never",
        }
        self.dismiss(answers[event.button.id or "no"])
