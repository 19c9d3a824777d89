"""The kinds of blocks: what the user said, what was remembered, thought and noted."""

from typing import ClassVar

from rich.console import Group
from rich.text import Text
from textual.message import Message
from textual.strip import Strip

from qchat.conversation.attachments import length
from qchat.memory.memories import source_of, why
from qchat.protocol.events import Attached, Notice, Recalled
from qchat.runtime.language import tr
from qchat.tui.blocks.block import Block, arrow, duration
from qchat.tui.render.click_targets import link
from qchat.tui.render.strips import Plain, indented, plain, render, shown

LIVE_LINES = 4
MAX_SHOWN = 100_000
"""Characters of an attached text that are drawn; all of it is sent and kept."""


class PromptBlock(Block):
    """What the user said. Left and Right go to what was sent in its place at other times."""

    class Edited(Message):
        """The reader wants to change this prompt."""

        def __init__(self, block: "PromptBlock") -> None:
            super().__init__()
            self.block = block

    class Retried(Edited):
        """The reader wants another answer to this prompt."""

    class Deleted(Edited):
        """The reader wants this prompt out of the conversation."""

    class Switched(Edited):
        """The reader goes to the branch before or behind this one."""

        def __init__(self, block: "PromptBlock", step: int) -> None:
            super().__init__(block)
            self.step = step

    def __init__(self, text: str) -> None:
        super().__init__()
        self.add_class("prompt")
        self._text = text
        self._number, self._of = 1, 1

    @property
    def source(self) -> str:
        return self._text

    def body(self, width: int) -> list[Strip]:
        lines = render(self.app.console, Plain(self._text, self.colours.strong), width)
        if self._of > 1:
            dim = self.colours.dim
            beside = Text("‹ ", dim + link("qchat:branch/-1"))
            beside.append(tr("{at} of {all}", at=self._number, all=self._of), dim)
            beside.append(" ›", dim + link("qchat:branch/1"))
            lines += render(self.app.console, beside, width)
        return lines

    def press(self, url: str) -> None:
        self.post_message(self.Switched(self, int(url.rpartition("/")[2])))

    def action_mark(self, step: int) -> None:
        if self._of > 1:
            self.post_message(self.Switched(self, step))

    def action_edit(self) -> None:
        self.post_message(self.Edited(self))

    def action_retry(self) -> None:
        self.post_message(self.Retried(self))

    def action_delete(self) -> None:
        if self._meant(tr("take this prompt and all behind it out (/undelete brings it back)")):
            self.post_message(self.Deleted(self))

    def place(self, number: int, of: int) -> None:
        """Say which of several prompts it is that were sent in the same place."""
        if (number, of) != (self._number, self._of):
            self._number, self._of = number, of
            self.changed()


class AttachedBlock(Block):
    """A text that was sent beside the prompt."""

    KIND: ClassVar[str] = "attached"

    def __init__(self, attached: Attached) -> None:
        super().__init__()
        self._attached = attached
        self.folded = True

    @property
    def source(self) -> str:
        return self._attached.text

    def title(self) -> Text:
        style = self.colours.dim
        line = Text(arrow(folded=self.folded), style, overflow="ellipsis", no_wrap=True)
        name = " ".join(shown(self._attached.name).split())
        return line.append(
            tr("attached {name} · {length}", name=name, length=length(self._attached.text))
        )

    def body(self, width: int) -> list[Strip]:
        text = Plain(self._attached.text[:MAX_SHOWN], self.colours.dim)
        return indented(render(self.app.console, text, width - 2), 2)


class NoticeBlock(Block):
    """Something the reader should know; an error is a notice too."""

    def __init__(self, notice: Notice) -> None:
        super().__init__()
        self.add_class("notice", notice.level)
        self._notice = notice

    @property
    def source(self) -> str:
        return self._notice.text

    def body(self, width: int) -> list[Strip]:
        colours = self.colours
        style = {"info": colours.dim, "warning": colours.warning, "error": colours.bad}
        return render(self.app.console, Plain(self._notice.text, style[self._notice.level]), width)


class RecalledBlock(Block):
    """The memories that this turn was given."""

    KIND: ClassVar[str] = "recalled"

    def __init__(self, recalled: Recalled) -> None:
        super().__init__()
        self._memories = recalled.memories
        self.folded = True

    @property
    def source(self) -> str:
        return "\n".join(memory.text for memory in self._memories)

    def title(self) -> Text:
        number = len(self._memories)
        what = tr("1 memory") if number == 1 else tr("{number} memories", number=number)
        return Text(
            tr("{arrow}Recalled {what}", arrow=arrow(folded=self.folded), what=what),
            style=self.colours.dim,
        )

    def body(self, width: int) -> list[Strip]:
        colours = self.colours
        lines = []
        for memory in self._memories:
            line = plain(f"  {memory.date}  {why(memory)}  ", colours.dim)
            line.append_text(plain(memory.text, colours.text))
            if memory.past is not None:
                before = tr(
                    " (before, {date}: {text})", date=memory.past.date, text=memory.past.text
                )
                line.append_text(plain(before, colours.dim))
            line.append_text(plain(f" · {source_of(memory)}", colours.dim))
            lines.append(line)
        return render(self.app.console, Group(*lines), width)


class ThinkingBlock(Block):
    """Reasoning: the last lines while it goes on, then one line that opens."""

    KIND: ClassVar[str] = "thinking"

    def __init__(self, at: float) -> None:
        super().__init__()
        self._text = ""
        self._began = at
        self._ended: float | None = None
        self._tokens = 0
        self.folded = True

    @property
    def source(self) -> str:
        return self._text.strip()

    @property
    def span(self) -> tuple[float, float]:
        """When it began and ended."""
        return self._began, self._ended or 0.0

    @property
    def failed(self) -> bool:
        return False

    @property
    def is_call(self) -> bool:
        return False

    def append(self, text: str) -> None:
        self._text += text
        self.grown()

    def end(self, at: float) -> None:
        """It is over; nobody knows since when (0) where the program was killed."""
        if self._ended is None:
            self._ended = at
            self.changed()

    def count(self, tokens: int) -> None:
        """How many tokens it took; known when the reply is complete."""
        self._tokens = tokens
        self.changed()

    def title(self) -> Text:
        style = self.colours.dim
        if self._ended is None:
            return Text(tr("{arrow}Thinking …", arrow=arrow(folded=self.folded)), style=style)
        took = (
            tr("Thought for {duration}", duration=duration(self._ended - self._began))
            if self._ended
            else tr("Thought")
        )
        tokens = tr(" · {tokens} tokens", tokens=self._tokens) if self._tokens else ""
        return Text(f"{arrow(folded=self.folded)}{took}{tokens}", style=style)

    def preview(self, width: int) -> list[Strip]:
        if self._ended is not None:
            return []
        # Enough of the end for the last lines, so that a long thought costs no more than a short.
        tail = self._text[-LIVE_LINES * max(width, 20) * 2 :]
        return self._draw(tail, width)[-LIVE_LINES:]

    def body(self, width: int) -> list[Strip]:
        return self._draw(self.source, width)

    def _draw(self, text: str, width: int) -> list[Strip]:
        style = self.colours.dim
        lines = render(self.app.console, Plain(text.strip("\n"), style), width - 2)
        return indented(lines, 2)
