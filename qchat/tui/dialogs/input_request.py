"""What opens when code in the kernel asks for a line, and where code is written for it."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

from qchat.tui.render.strips import shown
from qchat_tools.base import InputRequest

SHOWN_CODE = 2_000


class InputRequestDialog(ModalScreen[str | None]):
    """Running code asks for a line; Escape ends its input."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "no answer")]

    def __init__(self, request: InputRequest) -> None:
        super().__init__()
        self._request = request

    def compose(self) -> ComposeResult:
        request = self._request
        with Vertical(classes="dialog question"):
            yield Static("Code in the kernel asks", classes="dialog-title")
            with VerticalScroll():
                yield Static(Text(shown(request.code[:SHOWN_CODE]), overflow="fold"))
            yield Static(Text(shown(request.prompt) or "(without a prompt)", overflow="fold"))
            yield Input(password=request.password)
            yield Static("Enter answers, Esc ends the input (EOFError)", classes="dim")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class CodeEditor(ModalScreen[str | None]):
    """Several lines of Python for the kernel; None to leave it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r,ctrl+enter", "run", "run", priority=True),
        Binding("escape", "dismiss(None)", "close", priority=True),
    ]

    def __init__(self, code: str = "") -> None:
        super().__init__()
        self._code = code

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog editor"):
            yield Static("Python for the kernel that the model uses too", classes="dialog-title")
            yield TextArea(
                self._code, show_line_numbers=True, tab_behavior="indent", soft_wrap=False
            )
            yield Static("Ctrl+R runs, Esc closes", classes="dim")

    def on_mount(self) -> None:
        self.query_one(TextArea).focus()

    def action_run(self) -> None:
        self.dismiss(self.query_one(TextArea).text)
