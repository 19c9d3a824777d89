"""A block of the conversation: lines drawn once for a width, a title, and a body that folds."""

from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from qchat.tui.keys import bindings
from qchat.tui.palette import Palette, palette
from qchat.tui.strips import render


class Block(Widget, can_focus=True):
    """Draws its own lines; however long its text, it is one widget and keeps what it has drawn."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("block")
    KIND: ClassVar[str] = ""
    """What `toggle all of a kind` goes by; empty for blocks that do not fold."""

    folded: reactive[bool] = reactive(False, layout=True)

    class Copied(Message):
        """The reader asks for this text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self) -> None:
        super().__init__(classes=self.KIND or None)
        self._lines: list[Strip] | None = None
        """Title and rest as they were drawn; None when the title is not what it was."""
        self._rest: list[Strip] = []
        self._drawn: tuple[int, bool] | None = None
        """The width and state that `_rest` is drawn for."""

    @property
    def source(self) -> str:
        """The text as it can be copied."""
        raise NotImplementedError

    @property
    def colours(self) -> Palette:
        return palette(self.app.current_theme)

    def title(self) -> Text | None:
        """The line that stays when the body is folded."""
        return None

    def body(self, width: int) -> list[Strip]:
        """The lines below the title."""
        raise NotImplementedError

    def preview(self, _width: int) -> list[Strip]:
        """The lines below the title while it is folded."""
        return []

    def changed(self) -> None:
        """Draw again: the text, the title or the colours are not what they were."""
        self._drawn = None
        if self.is_mounted:
            self.refresh(layout=True)

    def retitle(self) -> None:
        """Draw the title again, which keeps its one line, and nothing else."""
        self._lines = None
        self.refresh()

    def lines(self, width: int) -> list[Strip]:
        """Everything that is to be seen at this width."""
        if self._drawn != (width, self.folded):
            self._rest = self.preview(width) if self.folded else self.body(width)
            self._drawn = (width, self.folded)
            self._lines = None
        if self._lines is None:
            title = self.title()
            head = render(self.app.console, title, width) if title is not None else []
            self._lines = head + self._rest
        return self._lines

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return len(self.lines(width))

    def render_line(self, y: int) -> Strip:
        width = self.content_size.width
        lines = self.lines(width)
        style = self.rich_style
        strip = lines[y] if y < len(lines) else Strip.blank(width, style)
        return strip.apply_style(style).extend_cell_length(width, style).crop(0, width)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.restyle()

    def restyle(self) -> None:
        """Forget what was drawn in other colours."""
        self._drawn = None

    def action_fold(self) -> None:
        if self.KIND:
            self.folded = not self.folded

    def action_copy(self) -> None:
        self.post_message(self.Copied(self.source))


def arrow(*, folded: bool) -> str:
    """The mark that says whether a block is open."""
    return "▸ " if folded else "▾ "


def duration(seconds: float) -> str:
    """A time as people say it."""
    seconds = max(seconds, 0.0)
    if seconds < 1:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
