"""The prompt: several lines, history, and completion of slash commands."""

from textual.events import Key
from textual.message import Message
from textual.widgets import TextArea

from qchat.visible import visible


class Prompt(TextArea):
    """Enter sends, Shift+Enter or Ctrl+J breaks the line."""

    class Sent(Message):
        """The reader sends this text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Complete(Message):
        """Tab on a line that starts with a slash: take the marked line."""

    class Choose(Message):
        """Up and Down mark another line, Escape (0) wants none."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Page(Message):
        """PgUp and PgDn are for the conversation, also while one writes."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Recall(Message):
        """Up in an empty prompt: whatever waits comes back first."""

    def __init__(self) -> None:
        super().__init__(
            id="prompt",
            show_line_numbers=False,
            soft_wrap=True,
            tab_behavior="focus",
            highlight_cursor_line=False,
            placeholder="Ask anything · / commands · F1 keys",
            compact=True,
        )
        self.completing = False
        """Whether lines are offered: Up and Down are for them then."""
        self._history: list[str] = []
        self._place = 0

    def remember(self, prompts: list[str]) -> None:
        """What Up brings back."""
        self._history = prompts
        self._place = len(prompts)

    def put(self, text: str) -> None:
        """Replace the text, the caret at its end."""
        self.text = visible(text)
        self.move_cursor(self.document.end)

    def _send(self) -> None:
        text = self.text.strip()
        if not text:
            return
        self.text = ""
        self._history.append(text)
        self._place = len(self._history)
        self.post_message(self.Sent(text))

    def on_key(self, event: Key) -> None:
        """Keys of our own. No priority bindings: they would overtake the text typed before them."""
        row, _ = self.cursor_location
        match event.key:
            case "enter":
                self._send()
            case "ctrl+j" | "shift+enter":
                self.insert("\n")
            case "tab" if self.text.startswith("/"):
                self.post_message(self.Complete())
            case "up" | "down" | "escape" if self.completing:
                self.post_message(self.Choose({"up": -1, "down": 1}.get(event.key, 0)))
            case "pageup" | "pagedown":
                self.post_message(self.Page(-1 if event.key == "pageup" else 1))
            case "up" if not self.text:
                self.post_message(self.Recall())
            case "up" if row == 0 and self._place > 0:
                self.walk(-1)
            case "down" if self._at_last_line(row) and self._place < len(self._history):
                self.walk(1)
            case _:
                return
        event.prevent_default().stop()

    def walk(self, step: int) -> None:
        """Bring back an earlier prompt, or a later one; behind the last stands an empty one."""
        self._place = min(max(self._place + step, 0), len(self._history))
        self.put(self._history[self._place] if self._place < len(self._history) else "")

    def _at_last_line(self, row: int) -> bool:
        return row == self.document.line_count - 1
