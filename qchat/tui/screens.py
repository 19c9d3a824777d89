"""What opens above the conversation: sessions, help, a question."""

import datetime
from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from qchat.session import Permission
from qchat.store import SessionInfo
from qchat.tui.strips import shown


class Sessions(ModalScreen[str | None]):
    """Choose a session; gives back its id, None for none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "close"),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(self, find: Callable[[str], list[SessionInfo]]) -> None:
        super().__init__()
        self._find = find

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static("Sessions", classes="dialog-title")
            yield Input(placeholder="find in titles, prompts, answers, thinking and tools")
            yield OptionList()

    def on_mount(self) -> None:
        self._list("")
        self.query_one(OptionList).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._list(event.value)

    def on_input_submitted(self) -> None:
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def _list(self, query: str) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        found = self._find(query.strip())
        options.add_options([Option(_line(info), id=info.id) for info in found])
        if found:
            options.highlighted = 0
        else:
            options.add_option(Option("nothing found", disabled=True))


def _line(info: SessionInfo) -> Text:
    when = datetime.datetime.fromtimestamp(info.updated_at).strftime("%d %b %H:%M")
    line = Text(f"{when}  ", style="dim")
    line.append(shown(info.title or "untitled"), "not dim")
    return line.append(f"  {info.length}")


class Help(ModalScreen[None]):
    """Commands and keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,f1", "dismiss(None)", "close")]

    def __init__(self, commands: str, keys: list[tuple[str, str]]) -> None:
        super().__init__()
        self._commands = commands
        self._keys = keys

    def compose(self) -> ComposeResult:
        width = max(len(key) for key, _ in self._keys)
        keys = "\n".join(f"{key:{width}}  {what}" for key, what in self._keys)
        with VerticalScroll(classes="dialog") as scroll:
            scroll.can_focus = True
            yield Static("Keys", classes="dialog-title")
            yield Static(Text(keys))
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
