"""The conversation on the screen: events become blocks, in the order in which they happened."""

import time
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from qchat.events import (
    Event,
    Notice,
    Recalled,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TurnFinished,
    part_key,
)
from qchat.tui.answer import AnswerBlock
from qchat.tui.block import Block
from qchat.tui.blocks import NoticeBlock, PromptBlock, RecalledBlock, ThinkingBlock
from qchat.tui.targets import Known
from qchat.tui.toolblock import ToolBlock

FRAMES_PER_S = 20
DUTY = 0.1
"""The share of time that drawing one growing block may take; slower ones are drawn less often."""


class Conversation(VerticalScroll):
    """Blocks, one below the other; the view stays where the reader scrolled to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "walk(-1)", "previous block", show=False),
        Binding("down,j", "walk(1)", "next block", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(can_focus=False)
        self.known: Known = lambda _number: False
        """Which sources an answer may cite."""
        self._turn = TurnView(self)
        self._seen = 0
        """How far down the reader has been, in lines."""

    def on_mount(self) -> None:
        self.set_interval(1 / FRAMES_PER_S, self._frame)

    @property
    def new_below(self) -> bool:
        """Whether something has come below that the reader has not seen."""
        if self.scroll_offset.y >= self.max_scroll_y - 1:
            self._seen = self.virtual_size.height
        return self.virtual_size.height > self._seen

    def begin(self, prompt: str) -> None:
        """A turn begins: what follows belongs to this prompt."""
        self._turn = TurnView(self)
        self.mount(PromptBlock(prompt))
        self.follow()

    def follow(self) -> None:
        """Go to the end and stay there while text comes, until the reader scrolls away.

        Not before there is more than fits: Textual would push a short conversation to the bottom.
        """
        if self.max_scroll_y > 0:
            self.anchor()

    def page(self, step: int) -> None:
        """Scroll by a page, up or down; away from the end the view stays where it is."""
        if self.max_scroll_y > 0:
            self.release_anchor()
            self.scroll_relative(y=step * (self.size.height - 2), animate=False)

    def clear(self) -> None:
        """Take away all blocks."""
        self.anchor(False)
        self.query(Block).remove()

    def feed(self, event: Event) -> None:
        """Take the next event of the turn."""
        self._turn.feed(event)

    def replay(self, turns: Iterable[tuple[str, Iterable[Event]]]) -> None:
        """Show earlier turns, as they were shown when they happened."""
        for prompt, events in turns:
            self.begin(prompt)
            for event in events:
                self.feed(event)
            self._turn.draw(force=True)

    def fold_all(self, kind: str) -> None:
        """Open all blocks of a kind, or fold them where all are open."""
        blocks = [block for block in self.query(Block) if kind == block.KIND]
        folded = not any(block.folded for block in blocks)
        for block in blocks:
            block.folded = folded

    def action_walk(self, step: int) -> None:
        """Move the focus to the next block, at the ends to the prompt."""
        blocks: list[Widget] = [*self.query(Block)]
        focused = self.screen.focused
        if focused in blocks:
            place = blocks.index(focused) + step
            if 0 <= place < len(blocks):
                self.screen.set_focus(blocks[place])

    def _frame(self) -> None:
        self._turn.draw()
        self._keep_anchor()

    def _keep_anchor(self) -> None:
        """Follow as soon as there is more than fits, and only then: see `follow`."""
        fits = self.max_scroll_y == 0
        if fits and self.is_anchored:
            self.anchor(False)
            self.scroll_to(y=0, animate=False, immediate=True)
            self.refresh(layout=True)
        elif not fits and not self.is_anchored:
            self.anchor()


class TurnView:
    """The blocks of one turn; deltas wait for the next frame."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._open: Block | None = None
        self._key: tuple[str, str] = ("", "")
        self._tools: dict[str, ToolBlock] = {}
        self._thoughts: list[ThinkingBlock] = []
        """Those of the running reply."""
        self._pending = ""
        self._due = 0.0

    def feed(self, event: Event) -> None:
        key = part_key(event)
        if key != self._key:
            self.draw(force=True)
            self._end_part(event)
            self._key = key
        match event:
            case Thinking() | Text():
                self._delta(event)
            case ToolDraft():
                self._tool(event.call_id, event.name, event.at).draft(event.name, event.text)
            case ToolStarted():
                self._tool(event.call_id, event.name, event.at).started(event)
            case ToolProgress():
                self._tool(event.call_id, "", event.at).progress(event)
            case ToolFinished():
                self._tool(event.call_id, "", event.at).finished(event)
            case Recalled():
                self._conversation.mount(RecalledBlock(event))
            case Notice():
                self._conversation.mount(NoticeBlock(event))
            case StepFinished():
                self._count(event)
            case TurnFinished():
                self._finish(event)

    def draw(self, *, force: bool = False) -> None:
        """Draw what has come since the last frame."""
        for tool in self._tools.values():
            tool.tick()
        now = time.monotonic()
        if not self._pending or (now < self._due and not force):
            return
        text, self._pending = self._pending, ""
        if isinstance(self._open, ThinkingBlock | AnswerBlock):
            self._open.append(text)
            if self._open.is_mounted:
                self._open.lines(self._open.content_size.width)
            self._due = now + (time.monotonic() - now) / DUTY

    def _delta(self, event: Thinking | Text) -> None:
        if self._open is None:
            if not event.text.strip():
                return
            self._open = self._begin(event)
            self._conversation.mount(self._open)
        self._pending += event.text

    def _begin(self, event: Thinking | Text) -> Block:
        if isinstance(event, Text):
            return AnswerBlock(self._conversation.known)
        block = ThinkingBlock(event.at)
        self._thoughts.append(block)
        return block

    def _end_part(self, event: Event) -> None:
        if isinstance(self._open, ThinkingBlock):
            self._open.end(event.at)
        elif isinstance(self._open, AnswerBlock):
            self._open.close()
        self._open = None

    def _tool(self, call_id: str, name: str, at: float) -> ToolBlock:
        if call_id not in self._tools:
            self._tools[call_id] = ToolBlock(name, at)
            self._conversation.mount(self._tools[call_id])
        return self._tools[call_id]

    def _count(self, event: StepFinished) -> None:
        if self._thoughts and event.usage.thinking:
            self._thoughts[-1].count(event.usage.thinking)
        self._thoughts = []

    def _finish(self, event: TurnFinished) -> None:
        for tool in self._tools.values():
            tool.end(event.at)
        self._tools = {}
        if event.reason == "cancelled":
            self._conversation.mount(NoticeBlock(Notice("stopped")))
