"""The prompt: several lines, its history, and nothing that leaves it without a way back."""

from collections.abc import Callable

from rich.text import Text
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets.text_area import Selection

from qchat.conversation.attachments import is_long
from qchat.runtime.language import tr
from qchat.tui.input.placeholders import drawn, held, meant
from qchat.tui.input.prompt_history import PromptHistory
from qchat.tui.input.vim import Vim
from qchat.tui.terminal.first_frame import SHORT_PLACEHOLDER, placeholder
from qchat.tui.textual_private import LastingColours

_STEPS = {"up": -1, "down": 1, "pageup": -2, "pagedown": 2}
"""What keys mark in the list of what a line may become."""


class Prompt(LastingColours):
    """Enter sends; Shift+Enter, Alt+Enter or Ctrl+J breaks the line.

    Its document holds stand-ins for characters that must not be drawn (`stand_ins`); `text` is what
    was meant.
    """

    class Sent(Message):
        """The user sends this text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Complete(Message):
        """Tab, or Enter on a marked line: take it, where lines are offered."""

    class Choose(Message):
        """Up, Down and pages (more than 1) mark another line, Escape (0) wants none."""

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

    class SearchHistory(Message):
        """Ctrl+R: find an earlier prompt by its words."""

    class EditOutside(Message):
        """Ctrl+X Ctrl+E: write in the user's own editor."""

    class EndOfInput(Message):
        """Ctrl+D in an empty prompt, as in a shell."""

    class ModeChanged(Message):
        """Vim's mode, and what was typed of a command, are to be shown."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, vim: bool = False) -> None:
        """With `vim`, Escape leads to a mode in which letters are commands."""
        super().__init__(
            id="prompt",
            show_line_numbers=False,
            soft_wrap=True,
            tab_behavior="focus",
            highlight_cursor_line=False,
            placeholder=tr(SHORT_PLACEHOLDER),
            compact=True,
        )
        self.completing = False
        """Whether lines are offered: Up and Down are for them then."""
        self.takes_mark = False
        """Whether Enter takes the marked line, and does not send what was typed of it."""
        self.loaded = False
        """Whether something goes along with the text, or it takes the place of an earlier one."""
        self.past = PromptHistory()
        self.brings_back: Callable[[], bool] = lambda: False
        """Asked by undo first: whether what went last stood beside the text, and is back."""
        self._vim = Vim() if vim else None
        self._chord = False
        """Whether the last key was Ctrl+X, which begins Ctrl+X Ctrl+E."""

    # Its text

    @property
    def text(self) -> str:
        return meant(self.document.text)

    @text.setter
    def text(self, value: str) -> None:
        self.put(value)

    @property
    def selected_text(self) -> str:
        return meant(super().selected_text)

    def get_line(self, line_index: int) -> Text:
        return Text(drawn(self.document.get_line(line_index)), end="", no_wrap=True)

    def put(self, text: str) -> None:
        """Replace the text, the caret at its end; undo brings back what stood there."""
        if self.document.text != held(text):
            self.history.checkpoint()
            self.replace(held(text), (0, 0), self.document.end)
            self.history.checkpoint()
        self.move_cursor(self.document.end)

    def add(self, text: str) -> None:
        """Put a text where the caret is, in the place of what is selected."""
        result = self.replace(held(text), *self.selection, maintain_selection_offset=False)
        self.move_cursor(result.end_location)

    def undo(self) -> None:
        """Take back the last change, be it of the text or of what goes along."""
        if not self.brings_back():
            super().undo()

    def clear_text(self) -> None:
        """Empty it; history and undo keep what stood there."""
        self.past.add(self.text)
        self.put("")

    @property
    def caret(self) -> int:
        """Where the caret stands, in characters of `text`."""
        return self._index(self.cursor_location)

    def rewrite(self, text: str, at: int, mark: int | None = None) -> None:
        """Change the text where it differs, and go to a place; a selection began at `mark`."""
        new, old = held(text), self.document.text
        if new != old:
            start = _common(old, new)
            end = _common(old[start:][::-1], new[start:][::-1])
            first, last = self._location(old, start), self._location(old, len(old) - end)
            self.replace(new[start : len(new) - end], first, last)
        place = self._location(new, at)
        if mark is None:
            self.move_cursor(place)
        else:
            self.selection = Selection(self._location(new, mark), place)

    def _index(self, location: tuple[int, int]) -> int:
        row, column = location
        return sum(len(line) + 1 for line in self.document.lines[:row]) + column

    @staticmethod
    def _location(text: str, index: int) -> tuple[int, int]:
        before = text[:index]
        return before.count("\n"), len(before) - before.rfind("\n") - 1

    def _send(self) -> None:
        text = self.text.strip()
        if not text and not self.loaded:
            return
        self.clear_text()
        self.post_message(self.Sent(text))

    # Keys

    def on_key(self, event: Key) -> None:
        """Keys of our own. No priority bindings: they would overtake the text typed before them."""
        chord, self._chord = self._chord, False
        offered = self._offered(event.key)
        if offered or self._by_vim(event) or self._written(event, chord) or self._walked(event.key):
            event.prevent_default().stop()
        elif event.key == "escape" and self.loaded:
            self.post_message(self.Left())  # a running turn is stopped by the same key

    def _by_vim(self, event: Key) -> bool:
        """Let Vim have the key first, where that is wanted; Enter sends in each of its modes."""
        if self._vim is None or event.key in ("enter", "pageup", "pagedown"):
            return False
        key = event.character if event.is_printable and event.character else event.key
        if key == " " and self._vim.mode != "insert":
            key = "space"
        done = self._vim.key(key, self.text, self.caret)
        self.post_message(self.ModeChanged(f"{self._vim.mode.upper()} {self._vim.pending}".strip()))
        if done is None:
            return False
        match done.wish:
            case "undo":
                self.undo()
            case "redo":
                self.redo()
            case "up" | "down":
                if not self._walked(done.wish):
                    self.action_cursor_up() if done.wish == "up" else self.action_cursor_down()
            case "":
                self.rewrite(done.text, done.at, done.mark)
        return True

    def _offered(self, key: str) -> bool:
        """Keys for the list above, where one is offered."""
        match key:
            case "tab":  # or nothing: it would lead to a block, where letters are keys
                self.post_message(self.Complete())
            case "enter" if self.completing and self.takes_mark:
                self.post_message(self.Complete())
            case "up" | "down" | "pageup" | "pagedown" | "escape" if self.completing:
                self.post_message(self.Choose(_STEPS.get(key, 0)))
            case _:
                return False
        return True

    def _written(self, event: Key, chord: bool) -> bool:
        """Keys that change the text, or send it."""
        match event.key:
            case "enter":
                self._send()
            case "ctrl+j" | "shift+enter" | "alt+enter":
                self.add("\n")
            case "ctrl+x" if self.selection.is_empty:
                self._chord = True
            case "ctrl+e" if chord:
                self.post_message(self.EditOutside())
            case "alt+d":
                self.action_delete_word_right()
            case "ctrl+r":
                self.post_message(self.SearchHistory())
            case "ctrl+d" if not self.document.text:
                self.post_message(self.EndOfInput())
            case "backspace" if self.loaded and not self.document.text:
                self.post_message(self.Dropped())
            case _:
                return False
        return True

    def _walked(self, key: str) -> bool:
        """Keys that lead elsewhere: Up and Down by the lines that are seen, then to the history."""
        match key:
            case "pageup" | "pagedown":
                self.post_message(self.Page(-1 if key == "pageup" else 1))
            case "up" if not self.document.text and self.past.at_draft:
                self.post_message(self.Recall())
            case "up" if self.navigator.is_first_wrapped_line(self.cursor_location):
                self.walk(-1)
            case "down" if self.navigator.is_last_wrapped_line(self.cursor_location):
                self.walk(1)
            case _:
                return False
        return True

    def walk(self, step: int) -> None:
        """Bring back an earlier prompt, or a later one; behind the last stands what was begun."""
        text = self.past.step(step, self.text)
        if text is not None:
            self.put(text)
        elif step < 0:
            self.move_cursor((0, 0))
        else:
            self.move_cursor(self.document.end)

    async def on_paste(self, event: Paste) -> None:
        """Text that would fill the prompt is kept beside it."""
        event.prevent_default().stop()
        text = event.text.replace("\r\n", "\n").replace("\r", "\n")
        if is_long(text):
            self.post_message(self.Pasted(text))
        else:
            self.add(text)

    def action_cut(self) -> None:
        if self.selected_text:
            self.app.copy_to_clipboard(self.selected_text)
            self.add("")

    def action_paste(self) -> None:
        self.add(self.app.clipboard)

    def on_resize(self) -> None:
        self.placeholder = placeholder(self.size.width)

    def enter(self) -> None:
        """Take the keys at once; Textual's `focus` lets those pass that have come by then."""
        self.screen.set_focus(self)

    @property
    def at_end(self) -> bool:
        """Whether the caret stands behind everything."""
        return bool(self.cursor_location == self.document.end)


def _common(first: str, second: str) -> int:
    """How many characters from the front are the same."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(first), len(second)))
