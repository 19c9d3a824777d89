"""The conversation on the screen: fed as it happens, and read, folded and searched in."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.worker import Worker

from qchat.conversation.branch import Branch
from qchat.protocol.event_values import RecalledMemory
from qchat.protocol.events import Event, Notice
from qchat.store import Turn
from qchat.tui.background_work import Work
from qchat.tui.blocks.block import Block
from qchat.tui.blocks.steps import StepsBlock
from qchat.tui.input.ordered_dispatch import is_typing
from qchat.tui.render.pace import Pace
from qchat.tui.transcript.end_follower import EndFollower
from qchat.tui.transcript.list_item import Item, merged, opened, released, run_about
from qchat.tui.transcript.sections import Cut
from qchat.tui.transcript.turn import TurnBox
from qchat.tui.transcript.virtual_list import VirtualTurnList

FRAMES_PER_S = 20
"""At most."""


class Conversation(VirtualTurnList):
    """Turns, one below the other; the view stays where the reader scrolled to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "walk(-1)", "previous block", show=False),
        Binding("down,j", "walk(1)", "next block", show=False),
        Binding("tab", "leave", "to the prompt", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._follower = EndFollower(self)
        self._pace = Pace()
        self._pointed: Block | None = None
        self._live: Item | None = None
        """The turn that runs, or its last section."""
        self._cut = Cut()
        """Where the running turn goes on in another section."""

    def on_mount(self) -> None:
        self.set_interval(1 / FRAMES_PER_S, self.frame)

    # What is in it

    def show(self, turns: Sequence[Turn], first: int | None = None) -> None:
        """Show a conversation from its end; earlier turns are read when the reader goes there.

        With `first`, only so many turns: what comes behind them is running and fed anew.
        """
        heads = (turns.heads if isinstance(turns, Branch) else turns)[:first]
        self._live = None
        self._replace([_stored(turns, place, head) for place, head in enumerate(heads)])

    def begin(self, prompt: str) -> None:
        """A turn begins: what follows belongs to this prompt."""
        self._cut = Cut()
        self._live = Item(prompt)
        self._insert(len(self._items), self._live)
        self.follow()

    def feed(self, event: Event) -> None:
        """Take the next event of the turn, or something said of the last one."""
        live = self._live or self._items[-1]
        if self._cut.before(event):
            live.leave()
            self._live = Item(None)
            self._insert(self._items.index(live) + 1, self._live)
            self._hold(live)
            live = self._live
        live.feed(event)
        self._follower.grew()

    def _hold(self, left: Item) -> None:
        """A section of the running turn is whole: the line before it may stand for it."""
        place = self._items.index(left)
        before = self._items[place - 1] if place else None
        if before is None or not self.steps_folded or not before.can_hold(left):
            return
        box = left.drop(self._text_width)
        before.hold(left)
        del self._items[place]
        self._first -= place < self._first
        self._end -= place < self._end
        if box is not None:
            if self.screen.focused in box.blocks:
                self.post_message(self.FocusLost())
            box.remove()

    def notice(
        self,
        text: str,
        level: Literal["info", "warning", "error"] = "info",
        memory: RecalledMemory | None = None,
    ) -> None:
        """Say something beside the conversation, of a memory perhaps; it is not kept."""
        if not self._items or self._items[-1] is self._live:  # beside what runs, never in it
            self._insert(len(self._items), Item(None))
        said = self._items[-1]
        said.feed(Notice(text, level, memory))
        if said.box is not None:
            said.box.draw(force=True)
        self._follower.grew()

    def settle(self, turn: int) -> None:
        """The turn that ran has this id in the session."""
        if self._live is not None and self._live.box is not None:
            self._live.box.draw(force=True)
        self._live = None
        begins = next(n for n in reversed(range(len(self._items))) if self._begins(n))
        sections = self._items[begins:]
        if all(other.turn != turn for other in self._items):
            for item in (part for section in sections for part in (section, *section.held)):
                item.turn = turn
        first = sections[0]
        if first.box is not None and first.box.prompt is not None and first.turn is not None:
            first.box.prompt.place(*self.around.beside(first.turn))

    def _begins(self, place: int) -> bool:
        """Whether a turn begins there, and not a further section of a long one."""
        return place == 0 or self._items[place].prompt is not None

    def keep(self, turns: Collection[int]) -> None:
        """Take away the first turn that is none of these, and all that follows it."""
        here = ((n, item.turn) for n, item in enumerate(self._items) if item.turn is not None)
        place = next((n for n, turn in here if turn not in turns), None)
        if place is not None:
            for item in self._items:
                item.drop(self._text_width)
            self._replace(self._items[:place])

    def turn_of(self, block: Block | None) -> int | None:
        """The id of the turn that a block belongs to, of the last turn without a block."""
        if block is None:
            return next((i.turn for i in reversed(self._items) if i.turn is not None), None)
        return next((item.turn for item in self._items if item.box in block.ancestors), None)

    def _replace(self, items: list[Item]) -> None:
        super()._replace(items)
        self._follower.begin_anew()
        self._wish = at_first = object()
        self.call_after_refresh(self._follow_at_first, at_first)

    def _follow_at_first(self, wish: object) -> None:
        if self._wish is wish:  # else the reader has gone somewhere already
            self.follow()

    # Where the reader is

    @property
    def new_below(self) -> bool:
        """Whether something has come below that the reader has not seen."""
        return self._follower.new_below

    def follow(self) -> None:
        """Go to the end and stay there while text comes, until the reader scrolls away."""
        if self._end < len(self._items) or self.is_moving:
            self._set_out(self._go_to_end)
        else:
            self._wish = object()
            self._follow_end()

    async def _go_to_end(self) -> None:
        if self._items:
            await self._reach(self._items[-1])
            self._follow_end()

    def _follow_end(self) -> None:
        self._place.forget()  # also where the view is at the end already, and so does not move
        self._follower.follow()

    def release_anchor(self) -> None:
        """Textual calls it where the reader scrolls, by whatever means."""
        super().release_anchor()
        if not self.is_moving:  # else it is the window that moves, or a jump that says so itself
            self._follower.leave()

    def page(self, step: int) -> None:
        """Scroll by a page, up or down; away from the end the view stays where it is."""
        if self.max_scroll_y > 0:
            self.release_anchor()
            page = step * (self.size.height - 2)
            self.scroll_relative(y=page, animate=False, immediate=True)  # each of several presses

    def frame(self, *, echoed: bool = False) -> None:
        """Draw what has come since the last frame, and keep the view where it belongs.

        `echoed` says that what was typed has just come on the screen.
        """
        live = self._live or (self._items[-1] if self._items else None)
        box = live.box if live is not None else None
        if box is not None and self._pace.due(typing=is_typing(self.app), echoed=echoed):
            box.draw()
        self._follower.keep()
        self._keep_place()
        self._look()

    def on_resize(self) -> None:
        self.call_after_refresh(self._keep_place)

    def fold_all(self, kind: str) -> None:
        """Open all blocks of a kind, or fold them where all that are drawn are open."""
        blocks = [block for block in self.query(Block) if kind == block.KIND]
        groups = [*self.query(StepsBlock)] if kind in ("thinking", "tool") else []
        folded = not any(block.folded for block in (*blocks, *groups))
        for block in blocks:
            block.folded = folded
        self.around.folds[kind] = folded
        for item in (*self._items[: self._first], *self._items[self._end :]):
            item.forget_folds()
        if groups:
            self.around.folds[StepsBlock.KIND] = folded
            regroup: Work = partial(self._regroup, folded=folded)
            _: Worker[None] = self.run_worker(regroup, group="steps")

    async def _regroup(self, *, folded: bool) -> None:
        """Open all steps, or have one line for those that follow each other."""
        async with self._moving:
            pinned = self._items[self.place_at(self.scroll_offset.y)]
            for item in self._items:
                item.open_steps(opened=False)
            if folded:
                pinned = self._items[run_about(pinned, self._items).start]
            at_end = self.at_end
            await self._arrange_anew(pinned, merged if folded else released)
            for item in self._items:  # those that have left the screen now, as they stood there
                item.forget_folds()
            await self._instead(pinned.drop(self._text_width, forget=True), pinned)
            if at_end:
                self.follow()

    def on_steps_block_toggled(self, message: StepsBlock.Toggled) -> None:
        """Make the turn of a group anew, in which its steps stand or do not."""
        block = message.block
        item = next((item for item in self._items if item.box in block.ancestors), None)
        if item is not None and item.box is not None:
            toggle: Work = partial(self._toggle, item, item.box.blocks.index(block))
            _: Worker[None] = self.run_worker(toggle, group="steps")

    async def _toggle(self, item: Item, place: int) -> None:
        async with self._moving:
            if item.box is None:
                return
            self._follower.stay()
            group = item.box.blocks[place]
            walked = self.screen.focused is group
            if group.folded:
                box = await self._open_group(item, place)
            else:
                box = await self._fold_group(item, place)
            if walked:
                self.screen.set_focus(box.groups[-1], scroll_visible=False)

    async def _open_group(self, item: Item, place: int) -> TurnBox:
        """Show the steps of a group, and behind them those of the sections that it stood for."""
        if (
            item.held
            and item.box is not None
            and place == item.box.blocks.index(item.box.groups[-1])
        ):
            await self._arrange_anew(item, partial(opened, item))
        return await self._remake(item, place, folded=False)

    async def _fold_group(self, item: Item, place: int) -> TurnBox:
        """Have one line for steps that follow each other, in however many sections."""
        box = await self._remake(item, place, folded=True)
        run = run_about(item, self._items)
        if len(run) == 1 or place != box.blocks.index(box.groups[-1]):
            return box
        first = self._items[run.start]
        for other in self._items[run.start : run.stop]:
            other.open_steps(opened=False)
        await self._arrange_anew(first, merged)
        return await self._instead(first.drop(self._text_width, forget=True), first)

    def action_walk(self, step: int) -> None:
        """Move the focus to the next block, behind the last one to the prompt."""
        blocks: list[Widget] = [block for block in self.query(Block) if block.display]
        focused = self.screen.focused
        if focused in blocks:
            place = blocks.index(focused) + step
            if place == len(blocks):
                self.action_leave()
            elif place >= 0:
                self.screen.set_focus(blocks[place])

    def action_leave(self) -> None:
        """Give the keys back to the prompt."""
        self.post_message(self.FocusLost())

    def jump(self, step: int) -> None:
        """Go to the prompt before the view's top, or the next one behind it."""
        place = self._focused_place()
        if place is None and self.at_end:
            place = len(self._items)
        elif place is None:
            view = self.scroll_offset.y
            place = self.place_at(view)
            place += step < 0 and self._top_of(place) < view  # its prompt is above the view
        turns = [n for n in range(len(self._items)) if self._begins(n)]
        if step < 0:
            self.go(max((n for n in turns if n < place), default=0))
        else:
            self.go(min((n for n in turns if n > place), default=turns[-1] if turns else 0))

    @property
    def pointed_at(self) -> Block | None:
        """The block that the user clicked or jumped to, as long as it is drawn; else the last."""
        blocks = [block for block in self.query(Block) if block.display]
        if self._pointed in blocks:
            return self._pointed
        return blocks[-1] if blocks else None

    def point_at(self, block: Block | None) -> None:
        """Remember where the user is; it takes no keys by that."""
        if self._pointed is not None:
            self._pointed.remove_class("pointed")
        self._pointed = block
        if block is not None:
            block.add_class("pointed")

    def _focused_place(self) -> int | None:
        at = self.screen.focused if isinstance(self.screen.focused, Block) else self._pointed
        boxes = set() if at is None else {*at.ancestors}
        return next((n for n, item in enumerate(self._items) if item.box in boxes), None)

    def go(self, place: int, *, walk: bool = False) -> None:
        """Bring a turn into view, its prompt at the top and marked; with `walk` it has the keys."""
        if self._items:
            self._set_out(partial(self._go, self._items[place], walk=walk))

    def go_to_turn(self, turn: int, *, walk: bool = False) -> None:
        """Bring the turn of an id into view; with `walk` its prompt has the keys."""
        place = next((n for n, item in enumerate(self._items) if item.turn == turn), None)
        if place is not None:
            self.go(place, walk=walk)

    async def _go(self, item: Item, *, walk: bool = False) -> None:
        box = await self._reach(item)
        if box is not None:
            await self._scroll(self._top_of(self._items.index(item)))
            self._follower.leave()
            self.point_at(box.blocks[0] if box.blocks else None)
            if walk and box.blocks:
                self.screen.set_focus(box.blocks[0], scroll_visible=False)

    # What is looked for

    def items(self, likely: Collection[int]) -> Iterator[Item]:
        """What there is to be looked through, first to last, without turns that are not `likely`.

        Long ones are cut up on the way.
        """
        place = 0
        while place < len(self._items):
            item = self._items[place]
            if item.box is not None or item.turn is None or item.turn in likely:
                self._expand(place, place + 1)
                yield item
                yield from item.held
            place += 1

    def mark(self, pattern: re.Pattern[str] | None) -> None:
        """Mark what matches, wherever it comes into view."""
        self.around.pattern = pattern
        for item in self._items if pattern is None else ():
            item.forget_texts()
        for block in self.query(Block):
            block.mark(pattern)

    def reveal(self, item: Item, block: int, number: int) -> None:
        """Bring a match into view: its turn, which of its blocks, which match in that."""
        self._set_out(partial(self._reveal, item, block, number))

    async def _reveal(self, item: Item, block: int, number: int) -> None:
        holder = next((other for other in self._items if item in other.held), None)
        if holder is not None:
            await self._reach(holder)
            await self._arrange_anew(holder, partial(opened, holder))
            await self._instead(holder.drop(self._text_width, forget=True), holder)
        box = await self._reach(item)
        if box is None or block >= len(box.blocks):
            return
        group = box.group_of(box.blocks[block])
        if group is not None:
            box = await self._open_group(item, box.blocks.index(group))
        width = self._text_width
        line = box.blocks[block].reveal(number, width)
        above = sum(
            len(other.lines(width)) + 1 for other in box.blocks[:block] if other in box.shown
        )
        top = self._top_of(self._items.index(item))
        await self._scroll(top + above + line - self.size.height // 3)
        self._follower.leave()


def _stored(turns: Sequence[Turn], place: int, head: Turn) -> Item:
    return Item(head.typed, head.id, lambda: turns[place].events)
