"""Where a conversation stands among its branches, and how it goes to another place there.

Nothing is lost by that: what is left stays a branch. While a turn runs nothing moves.
"""

from collections.abc import Awaitable, Callable, Sequence

from qchat.conversation.branch import Branch, Tree
from qchat.protocol.errors import UsageError
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
        self._dropped = 0
        """Earlier turns that did not fit the last time."""
        self._running = False

    async def delete(self, number: int) -> int:
        """Take the prompt of that number out, and all that followed; returns how many turns.

        They stay as a branch, to which `undelete` goes back. Raises UsageError, StoreError.
        """
        place = self._place(number)
        gone = self.turns[place:]
        bring_back = await self.abandoned(gone)
        self._checkout(gone[0].parent)
        self._deleted.append((gone[-1].id, bring_back))
        return len(gone)

    async def undelete(self) -> None:
        """Go back to what was deleted last, which remembers again what it did.

        Raises UsageError, StoreError, QchatError.
        """
        if not self._deleted:
            raise UsageError("nothing was deleted here since qchat began: /branch lists branches")
        turn, bring_back = self._deleted[-1]
        self._checkout(turn)
        await bring_back()
        self._deleted.pop()

    def switch(self, turn: int) -> None:
        """Go to the newest branch that goes through a turn of this session, by its id.

        Raises UsageError while a turn runs, StoreError.
        """
        self._checkout(self.tree().leaf(turn))

    def fork(self, number: int) -> None:
        """Stand behind the turn of that number: what is sent next begins a branch there.

        Raises UsageError, StoreError.
        """
        self._checkout(self.turns.heads[self._place(number)].id)

    def tree(self) -> Tree:
        """How the turns of all branches hang together. Raises StoreError."""
        return self.turns.tree()

    def beside(self, turn: int) -> list[int]:
        """The turns that stand in one place, this one among them: answers to other prompts there.

        Raises StoreError.
        """
        return self.tree().siblings(turn)

    def _checkout(self, turn: int | None) -> None:
        if self._running:
            raise UsageError(BUSY)
        self.turns.go_to(turn)
        self._dropped = 0

    def _place(self, number: int) -> int:
        if self._running:
            raise UsageError(BUSY)
        return self.turns.place(number)
