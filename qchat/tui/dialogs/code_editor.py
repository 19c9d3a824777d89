"""Where code of several lines is written for the kernel."""

from collections.abc import Callable
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

    def __init__(self, code: str = "", written: Callable[[str], None] = lambda _: None) -> None:
        """`written` is told of each change: closing it, too, must lose nothing."""
        super().__init__()
        self._code = code
        self._written = written

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

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        self._written(event.text_area.text)

    def action_run(self) -> None:
        self.dismiss(self.query_one(TextArea).text)
