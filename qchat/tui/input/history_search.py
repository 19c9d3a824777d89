"""Ctrl+R: an earlier prompt by its words, as in a shell."""

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, OptionList

from qchat.runtime.language import tr
from qchat.tui.render.strips import shown

MAX_SHOWN = 100


class HistorySearch(Vertical):
    """A field with the prompts that fit above it; what is written in the prompt stays there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close"),
        Binding("up,ctrl+r", "mark(-1)", "older"),
        Binding("down,ctrl+s", "mark(1)", "newer"),
    ]

    class Taken(Message):
        """This prompt shall stand in the prompt; None leaves it as it is."""

        def __init__(self, text: str | None) -> None:
            super().__init__()
            self.text = text

    def __init__(self, find: Callable[[str], list[str]]) -> None:
        """`find` gives the prompts with all words of a phrase, the newest first."""
        super().__init__(id="history")
        self._find = find
        self._found: list[str] = []
        self._list = OptionList(id="history-list")
        self._list.can_focus = False
        self._field = Input(placeholder=tr("find an earlier prompt by its words"), compact=True)
        self.display = False

    def compose(self) -> ComposeResult:
        yield self._list
        yield self._field

    def open(self) -> None:
        """Show the newest prompts; the keys are for the field from here on."""
        self.display = True
        self._field.value = ""
        self._show()
        self.screen.set_focus(self._field)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display:
            self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        marked = self._list.highlighted
        self._close(None if marked is None else self._found[marked])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._close(self._found[event.option_index])

    def action_mark(self, step: int) -> None:
        if step < 0:
            self._list.action_cursor_up()
        else:
            self._list.action_cursor_down()

    def action_close(self) -> None:
        self._close(None)

    def _show(self) -> None:
        """The newest stands below, next to the field."""
        self._found = self._find(self._field.value)[:MAX_SHOWN][::-1]
        self._list.clear_options()
        self._list.add_options([_line(text) for text in self._found])
        self._list.highlighted = len(self._found) - 1 if self._found else None
        self._list.display = bool(self._found)

    def _close(self, text: str | None) -> None:
        self.display = False
        self.post_message(self.Taken(text))


def _line(text: str) -> Text:
    return Text(" ".join(shown(text).split()), overflow="ellipsis", no_wrap=True)
