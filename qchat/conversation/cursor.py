"""Where a conversation stands among its branches, and how it goes to another place there.

Nothing is lost by that: what is left stays a branch. While a turn runs nothing moves.
"""

from collections.abc import Awaitable, Callable, Sequence

from qchat.conversation.branch import Branch, Tree
from qchat.protocol.errors import TurnRunningError, UsageError
from qchat.protocol.events import StepFinished
from qchat.runtime.language import tr
from qchat.store import Turn

BringBack = Callable[[], Awaitable[None]]
Abandoned = Callable[[Sequence[Turn]], Awaitable[BringBack]]

BUSY = "a turn is running; stop it first (Esc in the window, Ctrl+C in a line)"


async def _nothing() -> None:
    """Nothing comes back."""


async def _nowhere(_turns: Sequence[Turn]) -> BringBack:
    """Nothing is kept elsewhere that would have to be taken back."""
    return _nothing


class BranchCursor:
    """The turns up to here, and the ways to all others."""

    def __init__(self, turns: Branch) -> None:
        self.turns = turns
        self.abandoned: Abandoned = _nowhere
        """Awaited with the turns that an edited, repeated or deleted prompt takes out.

        What they left behind elsewhere is taken back there; what it gives back undoes that.
        """
        self._deleted: list[tuple[int, BringBack]] = []
        """The last turn of what was deleted, newest last."""
        self._running = False

    @property
    def running(self) -> bool:
        """Whether the last turn is not over yet."""
        return self._running

    def begin(self, turn: Turn) -> None:
        """A turn runs from here on, below the last one."""
        self.turns.append(turn)
        self._running = True

    def step(self, finished: StepFinished) -> None:
        """A reply of the running turn is complete."""
        self.turns.last_step = finished

    def end(self, turn: Turn) -> None:
        """The running turn is over, with these events."""
        self._running = False
        self.turns.finish(turn)

    async def delete(self, number: int) -> int:
        """Take the prompt of that number out, and all that followed; returns how many turns.

        They stay as a branch, to which `undelete` goes back. Raises UsageError, StoreError.
        """
        place = self.place(number)
        gone = self.turns[place:]
        bring_back = await self.abandoned(gone)
        self.checkout(gone[0].parent)
        self._deleted.append((gone[-1].id, bring_back))
        return len(gone)

    async def undelete(self) -> None:
        """Go back to what was deleted last, which remembers again what it did.

        Raises UsageError, StoreError, QchatError.
        """
        if self._running:
            raise TurnRunningError(tr(BUSY))
        if not self._deleted:
            raise UsageError(
                tr("nothing was deleted here since qchat began: /branch lists branches")
            )
        turn, bring_back = self._deleted[-1]
        self.checkout(turn)
        await bring_back()
        self._deleted.pop()

    def switch(self, turn: int) -> None:
        """Go to the newest branch that goes through a turn of this session, by its id.

        Raises UsageError while a turn runs, StoreError.
        """
        self.checkout(self.tree().leaf(turn))

    def fork(self, number: int) -> None:
        """Stand behind the turn of that number: what is sent next begins a branch there.

        Raises UsageError, StoreError.
        """
        self.checkout(self.turns.heads[self.place(number)].id)

    def tree(self) -> Tree:
        """How the turns of all branches hang together. Raises StoreError."""
        return self.turns.tree()

    def siblings(self, turn: int) -> list[int]:
        """The turns that stand in one place, this one among them: answers to other prompts there.

        Raises StoreError.
        """
        return self.tree().siblings(turn)

    def checkout(self, turn: int | None) -> None:
        """Stand behind another turn, by its id; before all for None. Raises UsageError."""
        if self._running:
            raise TurnRunningError(tr(BUSY))
        self.turns.go_to(turn)

    def choose(self, turn: int) -> None:
        """Stand behind a trail, which is a turn as others are from then on. Raises UsageError."""
        if self._running:
            raise TurnRunningError(tr(BUSY))
        self.turns.choose(turn)

    def place(self, number: int) -> int:
        """Where the prompt of that number stands, counted from 1. Raises UsageError."""
        if self._running:
            raise TurnRunningError(tr(BUSY))
        return self.turns.place(number)
