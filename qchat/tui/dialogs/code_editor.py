"""Where code of several lines is written for the kernel."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from qchat.runtime.language import tr


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
            yield Static(
                tr("Python for the kernel that the model uses too"), classes="dialog-title"
            )
            yield TextArea(
                self._code, show_line_numbers=True, tab_behavior="indent", soft_wrap=False
            )
            yield Static(tr("Ctrl+R runs, Esc closes"), classes="dim")

    def on_mount(self) -> None:
        self.query_one(TextArea).focus()

    def action_run(self) -> None:
        self.dismiss(self.query_one(TextArea).text)
