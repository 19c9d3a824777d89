"""A turn in the list of turns, whether or not it is on the screen."""

from collections.abc import Callable, Iterable

from qchat.events import Event, ToolDraft, ToolFinished, ToolProgress, TurnFinished, joined
from qchat.tui.surroundings import Surroundings
from qchat.tui.turn import TurnBox


class Item:
    """Knows how to make its box again, as the reader left it."""

    def __init__(
        self,
        prompt: str | None,
        turn: int | None = None,
        read: Callable[[], Iterable[Event]] = lambda: (),
    ) -> None:
        """`turn` is its id in the session, `read` gives its events; a live one is fed with them."""
        self.prompt = prompt
        self.turn = turn
        self.box: TurnBox | None = None
        self.height: int | None = None
        """Lines that it took when it was last on the screen."""
        self._read = read
        self._fed: list[Event] = []
        self._left: list[tuple[bool, bool]] = []
        """Which of its blocks were folded, and which shown raw."""

    def feed(self, event: Event) -> None:
        """Take the next event of a running turn, or something said behind it."""
        self._fed.append(event)
        if self.box is not None:
            self.box.feed(event)
        if isinstance(event, TurnFinished):
            self._fed = _settled(self._fed)

    def make(self, around: Surroundings) -> TurnBox:
        """Put it on the screen."""
        box = TurnBox(self.prompt, around)
        box.play([*self._read(), *self._fed])
        for block in box.blocks:
            block.mark(around.pattern)
            block.folded = around.folds.get(block.KIND, block.folded)
        if len(self._left) <= len(box.blocks):
            for block, (folded, raw) in zip(box.blocks, self._left, strict=False):
                block.folded, block.raw = folded, raw
        if box.prompt is not None and self.turn is not None:
            box.prompt.place(*around.beside(self.turn))
        self.box = box
        return box

    def drop(self, width: int) -> TurnBox | None:
        """Take it off the screen; gives back the box to remove."""
        box, self.box = self.box, None
        if box is not None:
            self.height = box.lines(width) if width > 0 else None
            self._left = [(block.folded, block.raw) for block in box.blocks]
        return box

    def texts(self, around: Surroundings) -> list[str]:
        """What its blocks say, on the screen or not."""
        box = self.box
        if box is None:
            box = TurnBox(self.prompt, around)
            box.play([*self._read(), *self._fed])
        return [block.source for block in box.blocks]

    def forget_folds(self) -> None:
        """All of a kind were folded or opened: how single blocks were left no longer counts."""
        self._left = []

    def lines(self, width: int) -> int | None:
        """How many lines it takes; None if that was never seen."""
        return self.box.lines(width) if self.box is not None and width > 0 else self.height


def _settled(events: list[Event]) -> list[Event]:
    """A turn that is over, without what its results have replaced."""
    done = {event.call_id for event in events if isinstance(event, ToolFinished)}
    return [
        event
        for event in joined(events)
        if not (isinstance(event, ToolDraft | ToolProgress) and event.call_id in done)
    ]
