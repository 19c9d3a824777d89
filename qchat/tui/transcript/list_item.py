"""A turn in the list of turns, or a section of a long one, whether or not it is on the screen."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise

from qchat.protocol.events import Event, ToolDraft, ToolFinished, ToolProgress, TurnFinished, joined
from qchat.tui.blocks.steps import Steps, StepsBlock
from qchat.tui.transcript.render_context import RenderContext
from qchat.tui.transcript.sections import cuts
from qchat.tui.transcript.step_runs import StepRun, run_of
from qchat.tui.transcript.turn import TurnBox


class Item:
    """Knows how to make its box again, as the reader left it."""

    def __init__(
        self,
        prompt: str | None,
        turn: int | None = None,
        read: Callable[[], Sequence[Event]] = lambda: (),
    ) -> None:
        """`turn` is its id in the session, `read` gives its events; a live one is fed with them.

        `prompt` is None for what goes on with a turn, or belongs to none.
        """
        self.prompt = prompt
        self.turn = turn
        self.box: TurnBox | None = None
        self.height: int | None = None
        """Lines that it took when it was last on the screen."""
        self._read = read
        self._whole = False
        """Whether it is known that it needs no cutting."""
        self._fed: list[Event] = []
        self._texts: tuple[int, list[str]] | None = None
        """What its blocks say, and how much it had been fed then."""
        self._left: list[tuple[bool, bool]] = []
        """Which of its blocks were folded, and which shown raw."""
        self._opened = False
        """Whether its steps were opened before it was ever drawn."""
        self.held: list[Item] = []
        """Sections behind it that are nothing but steps, for which its last line stands too."""
        self._run = StepRun()
        """The steps with which it ends, where it was fed or is a section."""

    def can_hold(self, section: "Item") -> bool:
        """Whether its last line can stand for the section behind it, too."""
        return self.goes_on_in(section) and not (self._opened or section._opened)

    def goes_on_in(self, section: "Item") -> bool:
        """Whether its last steps go on in the section behind it, which is nothing else."""
        run = section._run
        nothing_else = section.prompt is None and section._whole and run.whole and run.is_group
        return nothing_else and self._whole and self._run.is_group

    def hold(self, section: "Item") -> None:
        """Let its last line stand for another section, and for those that this stood for."""
        self.held += [section, *section.release()]
        section.box, section.turn = None, self.turn
        self._count_held()

    def release(self) -> list["Item"]:
        """The sections that it stood for: they are to stand behind it again."""
        released, self.held = self.held, []
        self._count_held()
        return released

    def open_steps(self, *, opened: bool) -> None:
        """Show its steps, or a line for them, when it is drawn the next time."""
        self._opened, self._left = opened, []

    def _count_held(self) -> None:
        if self.box is not None and self.box.groups:
            self.box.groups[-1].hold(sum((item._run.steps for item in self.held), Steps()))

    def feed(self, event: Event) -> None:
        """Take the next event of a running turn, or something said behind it."""
        self._fed.append(event)
        self._run.take(event)
        if self.box is not None:
            self.box.feed(event)
        if isinstance(event, TurnFinished):
            self.leave()

    def leave(self) -> None:
        """The turn is over, or goes on in another item."""
        self._fed = _settled(self._fed)
        self._whole = True
        if self.box is not None:
            self.box.leave()

    def sections(self) -> list["Item"]:
        """Itself, and behind it what it leaves to others if its turn is a long one."""
        if self._whole or self.box is not None:
            return [self]
        self._whole = True
        events = self._read()
        first, *others = pairwise([*cuts(events), len(events)])
        if not others:
            return [self]
        read, fed = self._read, self._fed
        self._read, self._fed = partial(_slice, read, *first), []
        self._run = run_of(events[slice(*first)])
        items = [Item(None, self.turn, partial(_slice, read, *part)) for part in others]
        for item, part in zip(items, others, strict=True):
            item._whole, item._run = True, run_of(events[slice(*part)])
        items[-1]._fed = fed
        return [self, *items]

    def make(self, around: RenderContext) -> TurnBox:
        """Put it on the screen."""
        box = TurnBox(self.prompt, around)
        box.play([*self._read(), *self._fed])
        if self._whole:
            box.leave()
        for block in box.blocks:
            block.mark(around.pattern)
            block.folded = around.folds.get(block.KIND, block.folded)
            if isinstance(block, StepsBlock) and self._opened:
                block.folded = False
        if len(self._left) <= len(box.blocks):
            for block, (folded, raw) in zip(box.blocks, self._left, strict=False):
                block.folded, block.raw = folded, raw
        box.regroup()
        if box.prompt is not None and self.turn is not None:
            box.prompt.place(*around.beside(self.turn))
        self.box = box
        self._count_held()
        return box

    def drop(self, width: int, *, forget: bool = False) -> TurnBox | None:
        """Take it off the screen; gives back the box to remove.

        With `forget`, it is not to come back as its blocks were folded.
        """
        box, self.box = self.box, None
        if box is not None:
            box.catch_up()
            self.height = box.lines(width) if width > 0 else None
            self._left = [] if forget else [(b.folded, b.raw) for b in box.blocks]
        return box

    def refold(self, place: int, *, folded: bool) -> None:
        """Leave one of its groups folded or open, when it is made again."""
        self._opened = not folded
        self._left[place] = (folded, self._left[place][1])

    def texts(self, around: RenderContext) -> list[str]:
        """What its blocks say, on the screen or not; kept until `forget_texts`."""
        if self.box is not None:
            self.box.catch_up()
            return [block.source for block in self.box.blocks]
        if self._texts is None or self._texts[0] != len(self._fed):
            box = TurnBox(self.prompt, around)
            box.play([*self._read(), *self._fed])
            self._texts = len(self._fed), [block.source for block in box.blocks]
        return self._texts[1]

    def forget_texts(self) -> None:
        """Nothing is looked for any more."""
        for item in (self, *self.held):
            item._texts = None

    def forget_folds(self) -> None:
        """All of a kind were folded or opened: how single blocks were left no longer counts."""
        self.open_steps(opened=False)

    def lines(self, width: int) -> int | None:
        """How many lines it takes; None if that was never seen."""
        return self.box.lines(width) if self.box is not None and width > 0 else self.height


def _slice(read: Callable[[], Sequence[Event]], first: int, end: int) -> Sequence[Event]:
    return read()[first:end]


def _settled(events: list[Event]) -> list[Event]:
    """A turn that is over, without what its results have replaced."""
    done = {event.call_id for event in events if isinstance(event, ToolFinished)}
    return [
        event
        for event in joined(events)
        if not (isinstance(event, ToolDraft | ToolProgress) and event.call_id in done)
    ]


def merged(items: Iterable[Item]) -> list[Item]:
    """The items; sections that are nothing but steps are held by the one before, where it can."""
    out: list[Item] = []
    for item in items:
        if out and out[-1].can_hold(item):
            out[-1].hold(item)
        else:
            out.append(item)
    return out


def released(items: Iterable[Item]) -> list[Item]:
    """The items, and behind each the sections that it stood for."""
    return [part for item in items for part in (item, *item.release())]


def opened(item: Item, items: Sequence[Item]) -> list[Item]:
    """The items, and the sections that one of them stood for behind it, their steps open."""
    sections = item.release()
    for section in (item, *sections):
        section.open_steps(opened=True)
    place = items.index(item) + 1
    return [*items[:place], *sections, *items[place:]]


def run_about(item: Item, items: Sequence[Item]) -> range:
    """The items of the steps, without a word between them, that go on in this one."""
    place = items.index(item)
    first, end = place, place + 1
    while first and items[first - 1].goes_on_in(items[first]):
        first -= 1
    while end < len(items) and items[end - 1].goes_on_in(items[end]):
        end += 1
    return range(first, end)
