"""What opens above the conversation: a page to read, the help."""

from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from qchat.runtime.language import tr
from qchat.tui.render.strips import shown

MAX_HEAD_CELLS = 24


def _table(pairs: list[tuple[str, str]], narrow: int) -> Group:
    """Two columns; a head that is too long for the first one stands on a line of its own."""
    rows: list[RenderableType] = []
    for head, what in pairs:
        row = Table.grid(padding=(0, 2, 0, 0))  # what is wrapped stays in its column
        row.add_column(width=narrow)
        long = len(head) > narrow
        row.add_row(Text("" if long else head), Text(what))
        rows += [Text(head), row] if long else [row]
    return Group(*rows)


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

    def __init__(
        self,
        commands: list[tuple[str, str]],
        keys: list[tuple[str, list[tuple[str, str]]]],
    ) -> None:
        """`keys` are grouped by where they work."""
        super().__init__()
        self._commands = commands
        self._keys = keys

    def compose(self) -> ComposeResult:
        narrow = min(self.app.size.width // 4, MAX_HEAD_CELLS)
        with VerticalScroll(classes="dialog") as scroll:
            scroll.can_focus = True
            yield Static(tr("Keys"), classes="dialog-title")
            for place, keys in self._keys:
                yield Static(place, classes="help-place")
                yield Static(_table(keys, narrow))
            yield Static(tr("Commands"), id="commands", classes="dialog-title")
            yield Static(_table(self._commands, narrow))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()
