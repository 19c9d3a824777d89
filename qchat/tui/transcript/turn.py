"""One turn on the screen: its events become blocks, in the order in which they happened."""

import time
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import groupby
from typing import Any, assert_never

from textual.app import ComposeResult
from textual.await_remove import AwaitRemove
from textual.containers import Vertical
from textual.screen import Screen
from textual.widget import AwaitMount
from textual.worker import Worker

from qchat.conversation.branch import CUT_SHORT
from qchat.depth.progress import DepthEvent
from qchat.protocol.event_values import RecalledMemory
from qchat.protocol.events import (
    Attached,
    Cited,
    ControlEvent,
    DepthStarted,
    Event,
    Imported,
    Notice,
    Recalled,
    Sent,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolEvent,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TrailEvent,
    TurnFinished,
    part_key,
)
from qchat.runtime.language import tr
from qchat.tui.blocks.answer import AnswerBlock
from qchat.tui.blocks.block import Block
from qchat.tui.blocks.depth import DepthBlock
from qchat.tui.blocks.kinds import (
    AttachedBlock,
    NoticeBlock,
    PromptBlock,
    RecalledBlock,
    ThinkingBlock,
)
from qchat.tui.blocks.picture import PictureBlock
from qchat.tui.blocks.saved_memory import SavedBlock, saved_line
from qchat.tui.blocks.sources import SourcesBlock
from qchat.tui.blocks.steps import MIN_STEPS, StepsBlock
from qchat.tui.blocks.tool import ToolBlock
from qchat.tui.textual_private import Empty
from qchat.tui.transcript.render_context import RenderContext
from qchat_tools.parts import ImagePart, Part

DUTY = 0.1
"""The share of time that drawing one growing block may take; slower ones are drawn less often."""


LEFT_STEPS = 2
"""Steps that stay in view while more come."""


class TurnBox(Vertical, Empty):
    """The blocks of one turn. Whatever it is fed waits for the next frame.

    So however fast events come, the screen is laid out once for each frame, and steps that have
    come and gone behind a line between two frames never become widgets.
    """

    def __init__(self, prompt: str | None, around: RenderContext) -> None:
        """`prompt` is None for what the interface itself has to say."""
        super().__init__(classes="turn")
        self.blocks: list[Block] = [] if prompt is None else [PromptBlock(prompt)]
        self._around = around
        self._open: Block | None = None
        self._key: tuple[str, str] = ("", "")
        self._tools: dict[str, ToolBlock] = {}
        self._pictures: dict[tuple[str, str], PictureBlock] = {}
        """By call and hash."""
        self._thoughts: list[ThinkingBlock] = []
        """Those of the running reply."""
        self._steps: list[ThinkingBlock | ToolBlock] = []
        """Those that have ended without a word since the last text."""
        self._group: StepsBlock | None = None
        self._shown: list[Block] | None = None
        """What `shown` gives, until a block is added or grouped."""
        self._depth: DepthBlock | None = None
        self._placed: list[Block] | None = None
        """Those that are its children; None where what is shown is not yet on the screen."""
        self._waiting: list[Event] = []
        """What it was fed since the last frame."""
        self._pending = ""
        self._due = 0.0

    def compose(self) -> ComposeResult:
        self._placed = [*self.shown]
        yield from self._placed

    @property
    def prompt(self) -> PromptBlock | None:
        """What the user said."""
        first = self.blocks[0] if self.blocks else None
        return first if isinstance(first, PromptBlock) else None

    @property
    def groups(self) -> list[StepsBlock]:
        """The lines that stand for steps, or open them."""
        return [block for block in self.blocks if isinstance(block, StepsBlock)]

    def play(self, events: Iterable[Event]) -> None:
        """Take the events of an earlier turn."""
        self._waiting.extend(events)
        self.draw(force=True)

    def lines(self, width: int) -> int:
        """How many lines it takes at this width, a blank one below each block."""
        return sum(len(block.lines(width)) + 1 for block in self.shown)

    @property
    def shown(self) -> list[Block]:
        """Its blocks without those that stand behind the line of a group."""
        if self._shown is None:
            groups = (group for group in self.groups if group.folded)
            hidden = {block for group in groups for block in group.members}
            self._shown = [block for block in self.blocks if block not in hidden]
        return self._shown

    def feed(self, event: Event) -> None:
        """Take the next event; it is seen from the next `draw` on."""
        self._waiting.append(event)

    @property
    def is_drawn(self) -> bool:
        """Whether all that it was fed is on the screen."""
        return not self._waiting and not self._pending and self._placed == self.shown

    def catch_up(self) -> None:
        """Have a block for all that it was fed, on the screen or not."""
        self._take_waiting()
        self._append_pending(force=True)

    def draw(self, *, force: bool = False) -> None:
        """Draw what has come since the last frame."""
        for tool in self._tools.values():
            tool.tick()
        if self._depth is not None:
            self._depth.tick()
        self._take_waiting()
        self._append_pending(force=force)
        self._place()

    def leave(self) -> None:
        """Another section goes on with the turn, or it is over: what follows is another group."""
        self.catch_up()
        self._end_steps()
        self._place()

    def _take_waiting(self) -> None:
        events, self._waiting = self._waiting, []
        for event in events:
            self._take(event)

    def _take(self, event: Event) -> None:
        key = part_key(event)
        if key != self._key:
            self._append_pending(force=True)
            self._end_part(event)
            self._key = key
        match event:
            case Thinking() | Text():
                self._delta(event)
            case ToolEvent():
                self._call(event)
            case Attached():
                self._add(AttachedBlock(event))
            case Recalled():
                self._add(RecalledBlock(event))
            case Cited():
                self._add(SourcesBlock(event))
            case Notice():
                self._note(event)
            case StepFinished():
                self._count(event)
            case TurnFinished():
                self._finish(event)
            case Sent():
                pass  # the ledger shows it
            case Imported():
                pass  # the name of what answered says it
            case ControlEvent():
                pass  # the notice beside it says it
            case TrailEvent():
                self._depth_of(event)
            case _:
                assert_never(event)

    def _append_pending(self, *, force: bool) -> None:
        now = time.monotonic()
        if not self._pending or (now < self._due and not force):
            return
        text, self._pending = self._pending, ""
        if isinstance(self._open, ThinkingBlock | AnswerBlock):
            self._open.append(text)
            if self._open.is_mounted:
                self._open.lines(self._open.content_size.width)
            self._due = now + (time.monotonic() - now) / DUTY

    def _place(self) -> None:
        """Have those blocks for children that are to be seen, in their order."""
        placed, shown = self._placed, self.shown
        # A turn that is stopped as qchat ends says so late; children are no such before they are.
        if placed is None or placed == shown or not self.is_attached:
            return
        if any(block.parent is not self for block in placed):
            self.call_after_refresh(self._place)
            return
        stay = set(shown)
        gone = [block for block in placed if block not in stay]
        if self.screen.focused in gone:
            self.screen.set_focus(self._group)
        removed = self.remove_children(gone)
        mounted: list[AwaitMount] = []
        there = {*placed}
        for new, group in groupby(shown, lambda block: block not in there):
            blocks = [*group]
            if new:
                behind = shown[shown.index(blocks[-1]) + 1 :]
                mounted.append(self.mount_all(blocks, before=behind[0] if behind else None))
        self._placed = [*shown]
        if mounted:
            together = partial(self._lay_out_once, self.screen, [removed, *mounted])
            _: Worker[None] = self.run_worker(together, group="place")

    async def _lay_out_once(
        self, screen: Screen[Any], changes: Sequence[AwaitRemove | AwaitMount]
    ) -> None:
        """Lay the screen out when all of them are done, where each would have it laid out."""
        with self.app.batch_update():
            for change in changes:
                await change
        screen.check_idle()  # it looks for what was asked for meanwhile

    def regroup(self) -> None:
        """Groups were folded or opened before any of it is a widget."""
        self._shown = None

    def group_of(self, block: Block) -> StepsBlock | None:
        """The folded group that stands for a block, if it is not seen itself."""
        groups = (group for group in self.groups if group.folded)
        return next((group for group in groups if block in group.members), None)

    def _group_steps(self, *, leave: int = 0) -> None:
        """One line for what has ended by now, if it is much; some may be left in view."""
        ended = [step for step in self._steps if step.span[1]]
        ended = ended[: len(ended) - leave]
        if self._group is None and len(ended) >= MIN_STEPS and sum(s.is_call for s in ended) > 1:
            self._group = StepsBlock()
            self._group.folded = self._around.folds.get(StepsBlock.KIND, True)
            self.blocks.insert(self.blocks.index(ended[0]), self._group)
        if self._group is not None:
            for step in ended:
                self._group.add(step, step)
            self._steps = [step for step in self._steps if step not in ended]
            self._shown = None

    def _end_steps(self) -> None:
        """Something else comes: what follows is another group."""
        self._group_steps()
        self._steps, self._group = [], None

    def _add(self, block: Block) -> None:
        if isinstance(block, ThinkingBlock | ToolBlock):
            self._group_steps(leave=LEFT_STEPS)
            self._steps.append(block)
        else:
            self._end_steps()
        block.mark(self._around.pattern)
        self.blocks.append(block)
        self._shown = None

    def _delta(self, event: Thinking | Text) -> None:
        if self._open is None:
            # The answer that goes on stands in its column: below, it would be there twice.
            if not event.text.strip() or (self._depth is not None and self._depth.compares):
                return
            self._open = self._begin(event)
            self._add(self._open)
        self._pending += event.text

    def _begin(self, event: Thinking | Text) -> Block:
        if isinstance(event, Text):
            return AnswerBlock(self._around.known)
        block = ThinkingBlock(event.at)
        self._thoughts.append(block)
        return block

    def _end_part(self, event: Event) -> None:
        if isinstance(self._open, ThinkingBlock):
            self._open.end(event.at)
        elif isinstance(self._open, AnswerBlock):
            self._open.close()
        self._open = None

    def _call(self, event: ToolDraft | ToolStarted | ToolProgress | ToolFinished) -> None:
        id_ = event.call_id
        if id_ not in self._tools:
            name = event.name if isinstance(event, ToolDraft | ToolStarted) else ""
            self._tools[id_] = ToolBlock(name, event.at)
            self._add(self._tools[id_])
        tool = self._tools[id_]
        match event:
            case ToolDraft():
                tool.draft(event)
            case ToolStarted():
                tool.started(event)
            case ToolProgress():
                tool.progress(event)
                self._show_pictures(id_, [event.part])
            case ToolFinished():
                tool.finished(event)
                if self._depth is not None and self._depth.call == id_:
                    self._depth.end(stopped=False)
                if not tool.folded:  # it is to be looked at: no line hides it
                    self._steps = [step for step in self._steps if step is not tool]
                    self._end_steps()
                self._show_pictures(id_, event.parts)
                if tool.kept is not None:
                    self._show_saved(tool.kept)

    def _note(self, event: Notice) -> None:
        if event.memory is None or self._around.memories is None:
            self._add(NoticeBlock(event))
        else:
            self._show_saved(event.memory, event.text)

    def _show_saved(self, memory: RecalledMemory, said: str = "") -> None:
        if self._around.memories is not None:
            line = saved_line(memory, said)
            key = (memory.id, memory.text)
            line = self._around.saved.setdefault(key, line)
            keep = partial(self._around.keep_saved, key)
            self._add(SavedBlock(memory.id, line, self._around.memories, keep, self._around.ask))

    def _show_pictures(self, call_id: str, parts: Sequence[Part]) -> None:
        if self._around.files is None:
            return
        for part in parts:
            key = (call_id, part.sha256) if isinstance(part, ImagePart) else ("", "")
            if isinstance(part, ImagePart) and key not in self._pictures:
                block = PictureBlock(part, self._around.files, self._around.pictures)
                self._pictures[key] = block
                self._add(block)

    def _depth_of(self, event: DepthEvent) -> None:
        if self._depth is None or isinstance(event, DepthStarted):
            if self._depth is not None:
                self._depth.end(stopped=False)
            self._depth = DepthBlock(self._around.trail_text, self._around.known)
            self._depth.feed(event)
            self._add(self._depth)
        else:
            self._depth.feed(event)

    def _count(self, event: StepFinished) -> None:
        if self._thoughts and event.usage.thinking:
            self._thoughts[-1].count(event.usage.thinking)
        self._thoughts = []

    def _finish(self, event: TurnFinished) -> None:
        for tool in self._tools.values():
            tool.end(event.at)
        self._tools = {}
        self._end_steps()
        if self._depth is not None:
            self._depth.end(stopped=event.reason not in ("stop", "length"))
        said = bool(self.blocks) and self.blocks[-1].source == tr(CUT_SHORT)
        if event.reason == "cancelled" and not said:
            self._add(NoticeBlock(Notice(tr("stopped"))))
