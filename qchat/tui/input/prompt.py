"""The prompt: several lines, history, and completion of slash commands."""

from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import TextArea

from qchat.conversation.attachments import is_long
from qchat.runtime.sanitize import sanitize_for_terminal

JOINERS = "\u200c\u200d"
"""They join letters or keep them apart, in Persian and in emoji; no printable key to Textual."""


class Prompt(TextArea):
    """Enter sends, Shift+Enter or Ctrl+J breaks the line."""

    class Sent(Message):
        """The reader sends this text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Complete(Message):
        """Tab: take the marked line, where lines are offered."""

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

    class Pasted(Message):
        """A long text was pasted: it goes along, instead of filling the prompt."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Dropped(Message):
        """Backspace in an empty prompt: the last text that goes along is not wanted."""

    class Left(Message):
        """Escape: the prompt that is being changed stays as it was."""

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
        self.loaded = False
        """Whether something goes along with the text, or it takes the place of an earlier one."""
        self._history: list[str] = []
        self._place = 0

    def remember(self, prompts: list[str]) -> None:
        """What Up brings back."""
        self._history = prompts
        self._place = len(prompts)

    def put(self, text: str) -> None:
        """Replace the text, the caret at its end."""
        self.text = sanitize_for_terminal(text)
        self.move_cursor(self.document.end)

    def _send(self) -> None:
        text = self.text.strip()
        if not text and not self.loaded:
            return
        self.text = ""
        if text:
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
            case "tab":  # or nothing: it would lead to a block, where letters are keys
                self.post_message(self.Complete())
            case "up" | "down" | "escape" if self.completing:
                self.post_message(self.Choose({"up": -1, "down": 1}.get(event.key, 0)))
            case "escape" if self.loaded:
                self.post_message(self.Left())
                return  # a running turn is stopped by the same key
            case "backspace" if self.loaded and not self.text:
                self.post_message(self.Dropped())
            case "pageup" | "pagedown":
                self.post_message(self.Page(-1 if event.key == "pageup" else 1))
            case "up" if not self.text:
                self.post_message(self.Recall())
            case "up" if row == 0 and self._place > 0:
                self.walk(-1)
            case "down" if self._at_last_line(row) and self._place < len(self._history):
                self.walk(1)
            case _ if event.character and event.character in JOINERS:
                self.insert(event.character)
            case _:
                return
        event.prevent_default().stop()

    async def on_paste(self, event: Paste) -> None:
        """Text that would fill the prompt is kept beside it."""
        if is_long(event.text):
            event.prevent_default().stop()
            self.post_message(self.Pasted(event.text))

    def enter(self) -> None:
        """Take the keys at once; Textual's `focus` lets those pass that have come by then."""
        self.screen.set_focus(self)

    @property
    def at_end(self) -> bool:
        """Whether the caret stands behind everything."""
        return bool(self.cursor_location == self.document.end)

    def walk(self, step: int) -> None:
        """Bring back an earlier prompt, or a later one; behind the last stands an empty one."""
        self._place = min(max(self._place + step, 0), len(self._history))
        self.put(self._history[self._place] if self._place < len(self._history) else "")

    def _at_last_line(self, row: int) -> bool:
        return row == self.document.line_count - 1
