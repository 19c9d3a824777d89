"""A window on a list of turns that may be thousands long: only those near the view are widgets.

Those above and below are two empty spaces, whose heights are what was measured, or guessed from the
mean; a guess that was wrong moves nothing that is in view.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message
from textual.worker import Worker

from qchat.tui.background_work import Work
from qchat.tui.blocks.steps import StepsBlock
from qchat.tui.textual_private import Empty
from qchat.tui.transcript.list_item import Item, merged
from qchat.tui.transcript.reading_place import ReadingPlace
from qchat.tui.transcript.render_context import RenderContext
from qchat.tui.transcript.turn import TurnBox

AT_ONCE = 6
"""Turns that become widgets together."""
NEAR = 1.5
FAR = 6.0
"""Screens from the view within which turns become widgets, and beyond which they stop to be."""
BESIDE = 3
"""Cells of a block's width that are not for its text: edge and padding."""
GUESS = 12.0
"""Lines of a turn that was never drawn, before any was."""


class Spacer(Empty):
    """The turns that are not there: so many lines of nothing."""

    def __init__(self) -> None:
        super().__init__(classes="space")
        self.resize(0)

    @property
    def lines(self) -> int:
        return self._lines

    def resize(self, lines: int) -> None:
        self._lines = lines
        self.styles.height = lines
        self.display = lines > 0


class VirtualTurnList(VerticalScroll, Empty):
    """Turns one below the other, however many; the window on them follows the view."""

    class FocusLost(Message):
        """The block that had the focus is no longer on the screen."""

    def __init__(self) -> None:
        super().__init__(can_focus=False)
        self.around = RenderContext()
        self._items: list[Item] = []
        self._first = 0
        """The items from here on that are widgets …"""
        self._end = 0
        """… up to here."""
        self._above = Spacer()
        self._under = Spacer()
        self._mean = GUESS
        self._place = ReadingPlace()
        self._settled_width = 0
        """The width of the text for which the view's place is right."""
        self._moving = asyncio.Lock()
        """Held while the window is moved, and until the view is where that was meant for."""
        self._wish = object()
        """Stands for where the reader wants to be: the newest one counts."""

    def compose(self) -> ComposeResult:
        yield self._above
        yield self._under

    def _replace(self, items: list[Item]) -> None:
        self.anchor(False)
        self.query(TurnBox).remove()
        self._items = items
        self._first = self._end = len(items)
        self._expand(self._end - AT_ONCE, self._end)
        self._first = max(self._end - AT_ONCE, 0)
        boxes = [item.make(self.around) for item in items[self._first :]]
        if boxes:
            self.mount_all(boxes, before=self._under)
        self._above.resize(self._guess(0, self._first))
        self._under.resize(0)

    def _insert(self, place: int, item: Item) -> None:
        """Put an item at a place, as a widget where those before it are widgets."""
        self._items.insert(place, item)
        if place < self._first:
            self._first += 1
            self._end += 1
        elif place <= self._end and (place < self._end or place == len(self._items) - 1):
            self._end += 1
            box = item.make(self.around)
            before = next((i.box for i in self._items[place + 1 : self._end] if i.box), None)
            if self.is_attached:  # not while qchat ends
                self.mount(box, before=before or self._under)

    def _expand(self, first: int, end: int) -> bool:
        """Cut up the long ones of these turns, for which they are read; says if there were any."""
        before = len(self._items)
        for place in reversed(range(max(first, 0), min(end, before))):
            sections = self._items[place].sections()
            if self.steps_folded:
                sections = merged(sections)
            self._items[place : place + 1] = sections
            if place < self._first:
                self._first += len(sections) - 1
                self._end += len(sections) - 1
        return len(self._items) > before

    @property
    def steps_folded(self) -> bool:
        """Whether a line stands for steps, where nobody has opened it."""
        return self.around.folds.get(StepsBlock.KIND, True)

    async def _arrange_anew(
        self, pinned: Item, arrange: Callable[[list[Item]], list[Item]]
    ) -> None:
        """Let sections be held or released; only the pinned item stays on the screen for now."""
        place = self._items.index(pinned)
        await self._move(place, place + 1, pinned=pinned)
        self._items = arrange(self._items)
        self._first = self._items.index(pinned)
        self._end = self._first + 1
        self._under.resize(self._guess(self._end, len(self._items)))

    # Where things are

    @property
    def is_moving(self) -> bool:
        """Whether turns are becoming widgets, and the view is not yet where that was meant for."""
        return self._moving.locked()

    @property
    def at_end(self) -> bool:
        """Whether the last line is in view."""
        return self._end == len(self._items) and self.scroll_offset.y >= self.max_scroll_y - 1

    @property
    def is_laid_out(self) -> bool:
        """Whether all that has come is on the screen, as high as it is."""
        boxes = [item.box for item in self._items[self._first : self._end] if item.box is not None]
        if not all(box.is_drawn for box in boxes):
            return False  # while more comes, which is said soonest
        if self._guess(0, len(self._items)) > self.virtual_size.height:
            return False  # blocks know their new size before the view knows its own
        return all(
            block.content_size.height == len(block.lines(block.content_size.width))
            for box in boxes
            for block in box.shown
        )

    @property
    def _text_width(self) -> int:
        return self.scrollable_content_region.width - BESIDE

    def _height(self, place: int) -> float:
        lines = self._items[place].lines(self._text_width)
        return self._mean if lines is None else lines

    def _guess(self, first: int, end: int) -> int:
        """Lines of these turns, as far as they are known."""
        return round(sum(map(self._height, range(first, end))))

    def _top_of(self, place: int) -> int:
        """The line at which a turn begins."""
        if place < self._first:
            return self._guess(0, place)
        return self._above.lines + self._guess(self._first, place)

    def place_at(self, line: float) -> int:
        """The turn that stands at a line; above all for a view that is not yet where it will be."""
        line = max(line, 0)
        if line < self._above.lines:  # what is guessed is stretched to what is shown
            known = self._guess(0, self._first)
            line *= known / self._above.lines
            place, top = 0, 0.0
        else:
            place, top = self._first, float(self._above.lines)
        last = max(len(self._items) - 1, 0)
        while place < last and top + self._height(place) <= line:
            top += self._height(place)
            place += 1
        return place

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        clamped = old_value > self.max_scroll_y  # nobody went there: that line is no more
        if self._text_width == self._settled_width and not clamped:
            self._note_place()
        self._look()

    def _note_place(self) -> None:
        """Remember what stands at the view's top."""
        if self.at_end or not self._items:
            self._place.forget()
        else:
            boxes = (item.box for item in self._items[self._first : self._end])
            blocks = (block for box in boxes if box is not None for block in box.blocks)
            self._place.note(self, blocks, self.scroll_offset.y)

    def _keep_place(self) -> None:
        """Bring what was read back to the view's top, wherever that was laid out."""
        if self._place.is_empty:
            self._settled_width = self._text_width
            return
        if self.is_moving:
            return
        line = self._place.line(self)
        if line is None:
            return
        self._settled_width = self._text_width
        if min(line, self.max_scroll_y) != self.scroll_offset.y:
            self.release_anchor()  # the end may have come into view for a moment
            self.scroll_to(y=line, animate=False, immediate=True, force=True)

    def _look(self) -> None:
        """Does the window still reach from well above the view to well below?"""
        if self.is_moving or not self._items or not self.size.height:
            return
        window = self._window()
        if window != (self._first, self._end):
            while self._expand(*window):
                window = self._window()
            pinned = max(window[0], self._first)
            if pinned >= min(window[1], self._end):
                pinned = self.place_at(self.scroll_offset.y)
            # Not a coroutine: one made here might never run.
            adjust: Work = partial(self._adjust, *window, self._items[pinned])
            _: Worker[None] = self.run_worker(adjust, group="window", exclusive=True)

    async def _adjust(self, first: int, end: int, pinned: Item) -> None:
        if not self.is_moving:
            async with self._moving:
                await self._move(first, end, pinned=pinned)

    def _window(self) -> tuple[int, int]:
        """Which turns should be widgets, seen from here."""
        view, height = self.scroll_offset.y, self.size.height
        top, bottom = self._above.lines, self.virtual_size.height - self._under.lines
        first, end = self._first, self._end
        if view + height <= top or (view >= bottom and end < len(self._items)):
            place = self.place_at(view)
            return max(place - AT_ONCE, 0), min(place + AT_ONCE, len(self._items))
        if first > 0 and view < top + NEAR * height:
            first = max(first - AT_ONCE, 0)
        if end < len(self._items) and view + height > bottom - NEAR * height:
            end = min(end + AT_ONCE, len(self._items))
        return self._without_far(first, end, view, height)

    def _without_far(self, first: int, end: int, view: int, height: int) -> tuple[int, int]:
        """Give up turns far outside the view, several at a time."""
        far_above = self.place_at(view - FAR * height) if view > FAR * height else 0
        if far_above - first >= AT_ONCE:
            first = far_above
        far_below = self.place_at(view + (FAR + 1) * height) + 1
        if end - far_below >= AT_ONCE:
            end = far_below
        return first, end

    async def _move(self, first: int, end: int, *, pinned: Item) -> None:
        """Let the turns from `first` to `end` be the widgets; the pinned one keeps its place."""
        if pinned not in self._items:
            return  # another conversation is shown by now
        first, end = max(first, 0), min(end, len(self._items))
        at = self._top_of(self._items.index(pinned))
        width = self._text_width
        was = range(self._first, self._end)
        gone = [self._items[p].drop(width) for p in was if not first <= p < end]
        overlap = range(max(first, was.start), min(end, was.stop))
        before = range(first, overlap.start if overlap else end)
        behind = range(overlap.stop, end) if overlap else range(0)
        self._first, self._end = first, end
        async with self.batch():
            await self._swap(
                [box for box in gone if box is not None],
                [self._items[place].make(self.around) for place in before],
                [self._items[place].make(self.around) for place in behind],
            )
            view = round(self.scroll_y)
            short = self._settle(at, pinned)
        if short:  # awaited: one that came later would undo where the reader went meanwhile
            await self._scroll(view + short)

    async def _remake(self, item: Item, place: int, *, folded: bool) -> TurnBox:
        """Draw a turn anew, one of its groups folded or opened."""
        old = item.drop(self._text_width)
        item.refold(place, folded=folded)
        return await self._instead(old, item)

    async def _instead(self, old: TurnBox | None, item: Item) -> TurnBox:
        """Draw a turn anew, where its old box stands."""
        new = item.make(self.around)
        if old is not None:
            await self.mount(new, before=old)
            await old.remove()
        return new

    async def _swap(
        self, gone: list[TurnBox], before: list[TurnBox], behind: list[TurnBox]
    ) -> None:
        if any(box in gone for box in (self.screen.focused or self).ancestors):
            self.post_message(self.FocusLost())
        # All at once, and only then awaited: a turn that begins meanwhile finds its place.
        removed = self.remove_children(gone)
        mounted = [self.mount_all(before, after=self._above)] if before else []
        if behind:
            mounted.append(self.mount_all(behind, before=self._under))
        await removed
        for done in mounted:
            await done

    def _settle(self, at: int, pinned: Item) -> int:
        """Make the spaces as high as keeps the pinned turn at its line, if they can be.

        Says by how many lines they could not, so that the view is to be moved instead.
        """
        if pinned not in self._items:
            return 0  # another conversation is shown by now
        known = [item.height for item in self._items if item.height is not None]
        self._mean = sum(known) / len(known) if known else self._mean
        wanted = at - self._guess(self._first, self._items.index(pinned))
        above = max(wanted, self._first) if self._first else 0
        self._above.resize(above)
        self._under.resize(self._guess(self._end, len(self._items)))
        return 0 if self.at_end else above - wanted

    # Going somewhere

    def _set_out(self, go: Work) -> None:
        """Go as soon as nothing else moves the view, unless the reader wants to be elsewhere then.

        A move that has begun is never cancelled: with it Textual would end the tasks of widgets
        that are just being removed, which would then stay on the screen and hear nothing.
        """
        self._wish = wish = object()

        async def in_turn() -> None:
            async with self._moving:
                if self._wish is wish:
                    await go()

        _: Worker[None] = self.run_worker(in_turn, group="go")

    async def _scroll(self, line: int) -> None:
        """Bring a line to the top of the view, and wait until it stands there."""
        self.release_anchor()
        self.scroll_to(y=max(line, 0), animate=False, force=True)
        there = asyncio.Event()
        self.call_after_refresh(there.set)
        await there.wait()

    async def _reach(self, item: Item) -> TurnBox | None:
        """Make a turn a widget, with those around it; the view does not move by that."""
        around = AT_ONCE // 2
        if item in self._items and item.box is None:
            place = self._items.index(item)
            self._expand(place - around, place + around)
            place = self._items.index(item)
            await self._move(place - around, place + around, pinned=item)
        return item.box if item in self._items else None  # another conversation is shown by now
