"""The prompt: several lines, history, and completion of slash commands."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key
from textual.message import Message
from textual.widgets import TextArea


class Prompt(TextArea):
    """Enter sends, Shift+Enter or Ctrl+J breaks the line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "send", priority=True),
        Binding("ctrl+j,shift+enter", "break_line", "new line", priority=True),
    ]

    class Sent(Message):
        """The reader sends this text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Complete(Message):
        """Tab on a line that starts with a slash."""

    class Recall(Message):
        """Up in an empty prompt: whatever waits comes back first."""

    def __init__(self) -> None:
        super().__init__(
            id="prompt",
            show_line_numbers=False,
            soft_wrap=True,
            tab_behavior="focus",
            highlight_cursor_line=False,
            placeholder="Ask anything · / for commands",
            compact=True,
        )
        self._history: list[str] = []
        self._place = 0

    def remember(self, prompts: list[str]) -> None:
        """What Up brings back."""
        self._history = prompts
        self._place = len(prompts)

    def put(self, text: str) -> None:
        """Replace the text, the caret at its end."""
        self.text = text
        self.move_cursor(self.document.end)

    def action_send(self) -> None:
        text = self.text.strip()
        if not text:
            return
        self.text = ""
        self._history.append(text)
        self._place = len(self._history)
        self.post_message(self.Sent(text))

    def action_break_line(self) -> None:
        self.insert("\n")

    def on_key(self, event: Key) -> None:
        row, _ = self.cursor_location
        if event.key == "up" and row == 0:
            if self.text:
                self._walk(-1, event)
            else:
                event.prevent_default().stop()
                self.post_message(self.Recall())
        elif event.key == "down" and row == self.document.line_count - 1:
            self._walk(1, event)
        elif event.key == "tab" and self.text.startswith("/"):
            event.prevent_default().stop()
            self.post_message(self.Complete())

    def earlier(self) -> None:
        """Bring back the last prompt."""
        self._walk(-1, None)

    def _walk(self, step: int, event: Key | None) -> None:
        place = self._place + step
        if not 0 <= place <= len(self._history):
            return
        if event is not None:
            event.prevent_default().stop()
        self._place = place
        self.put(self._history[place] if place < len(self._history) else "")
