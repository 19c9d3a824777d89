"""The turns of a conversation up to where it stands, and the branches beside it.

A long conversation opens at once: its prompts are read first, what came of them when it is asked
for. Nothing here is ever deleted; an edited or repeated prompt begins another branch.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import overload

import msgspec

from qchat.protocol.errors import UsageError
from qchat.protocol.events import Event, Notice, StepFinished, TurnFinished
from qchat.runtime.language import tr
from qchat.store import Store, Turn

CUT_SHORT = "this turn was cut short"
REMEMBERED = 100
"""Turns whose events are kept at hand."""
READ_AHEAD = 50
"""Turns that are read together where all of them are gone through."""


class Branch(Sequence[Turn]):
    """The turns from the first to the last of one branch; events are read when they are used."""

    def __init__(self, store: Store, session: str) -> None:
        """Read the prompts. Raises StoreError."""
        self._store = store
        self._session = session
        self.heads: list[Turn] = store.path_to_head(session)
        """The turns without their events."""
        self._events: OrderedDict[int, tuple[Event, ...]] = OrderedDict()
        self._newest: Turn | None = None
        """A turn that runs or has just run: what is in the store may lag behind it."""
        self._tree: Tree | None = None
        self._counted: tuple[int, StepFinished | None] = (0, None)
        """The last step as it was looked up, and how many turns there were."""

    @property
    def at_hand(self) -> int:
        """How many turns it holds the events of."""
        return len(self._events)

    def __len__(self) -> int:
        return len(self.heads)

    @overload
    def __getitem__(self, place: int) -> Turn: ...
    @overload
    def __getitem__(self, place: slice) -> list[Turn]: ...
    def __getitem__(self, place: int | slice) -> Turn | list[Turn]:
        if isinstance(place, slice):
            return list(self._read(self.heads[place]))
        (turn,) = self._read([self.heads[place]])
        return turn

    def __iter__(self) -> Iterator[Turn]:
        return self._batches(iter(list(self.heads)))

    def __reversed__(self) -> Iterator[Turn]:
        return self._batches(reversed(list(self.heads)), first=1)

    def _batches(self, heads: Iterator[Turn], first: int = READ_AHEAD) -> Iterator[Turn]:
        while batch := list(islice(heads, first)):
            yield from self._read(batch)
            first = READ_AHEAD

    def _read(self, heads: Sequence[Turn]) -> Iterator[Turn]:
        at_hand = {*self._events, self._newest.id if self._newest is not None else 0}
        missing = [head.id for head in heads if head.id not in at_hand]
        if missing:
            self._events |= self._store.events(missing)
        turns = [self._turn(head) for head in heads]
        while len(self._events) > REMEMBERED:
            self._events.popitem(last=False)
        return iter(turns)

    def _turn(self, head: Turn) -> Turn:
        if self._newest is not None and self._newest.id == head.id:
            return self._newest
        turn = msgspec.structs.replace(head, events=self._events.get(head.id, ()))
        if turn.finished:
            return turn
        events = (*turn.events, Notice(tr(CUT_SHORT), "warning"), TurnFinished("cancelled"))
        return msgspec.structs.replace(turn, events=events)

    def was_cut(self, turn: Turn) -> bool:
        """Whether a turn ended with its program: nothing of it says that it was over."""
        return Notice(tr(CUT_SHORT), "warning") in turn.events

    def append(self, turn: Turn) -> None:
        """A turn begins below the last one."""
        if self._newest is not None:
            self._events[self._newest.id] = self._newest.events
        length, last = self._counted
        if length == len(self.heads):  # a turn that begins has no step yet
            self._counted = (length + 1, last)
        self.heads.append(msgspec.structs.replace(turn, events=()))
        self._newest = turn
        if self._tree is not None:
            self._tree.add(turn.id, turn.parent)

    def finish(self, turn: Turn) -> None:
        """The last turn is over, with these events."""
        self._newest = turn

    def cut(self, length: int) -> None:
        """Stand where the conversation had this many turns; the rest stays in the store."""
        del self.heads[length:]
        self._counted = (0, None)

    def go_to(self, turn: int | None) -> None:
        """Stand behind another turn of this conversation, by its id; before all for None.

        Raises StoreError.
        """
        self._store.move_head(self._session, turn)
        self.heads = self._store.path_to_head(self._session)
        self._counted = (0, None)

    def choose(self, turn: int) -> None:
        """Stand behind a trail, which is on a branch from then on. Raises StoreError."""
        self._store.choose(self._session, turn)
        self._tree = None
        self.go_to(turn)

    def place(self, number: int) -> int:
        """Where the turn of that number stands, counted from 1. Raises UsageError."""
        if not 1 <= number <= len(self):
            have = tr("there are {it}", it=len(self)) if len(self) else tr("there is none yet")
            raise UsageError(tr("there is no prompt {number}: {have}", number=number, have=have))
        return number - 1

    @property
    def last_chat(self) -> int:
        """The number of the last turn that a model answered, counted from 1; 0 for none."""
        chats = (at for at, turn in enumerate(self.heads, 1) if turn.kind == "chat")
        return max(chats, default=0)

    @property
    def last_step(self) -> StepFinished | None:
        """The newest reply's usage and timings."""
        length, last = self._counted
        if length != len(self):  # turns came, or another branch is stood at
            events = (event for turn in reversed(self) for event in reversed(turn.events))
            last = next((event for event in events if isinstance(event, StepFinished)), None)
            self._counted = (len(self), last)
        return last

    @last_step.setter
    def last_step(self, finished: StepFinished) -> None:
        self._counted = (len(self), finished)

    def view_changes(self) -> list[tuple[int, Event]]:
        """What decides about what is sent, with its turn, on any branch. Raises StoreError."""
        return self._store.view_changes(self._session)

    def turns_like(self, words: str, most: int) -> set[int]:
        """The turns that fit words best, on any branch. Raises StoreError."""
        return self._store.index.turns_like(self._session, words, most)

    def tree(self) -> "Tree":
        """How the turns of all branches hang together. Raises StoreError."""
        if self._tree is None:
            self._tree = Tree(self._store.parents(self._session))
        return self._tree


class Tree:
    """How all turns of a conversation hang together, whatever branch it stands at."""

    def __init__(self, parents: Iterable[tuple[int, int | None]]) -> None:
        """Pairs of a turn and the one before it, in the order in which they were made."""
        self._parent: dict[int, int | None] = {}
        self._children: dict[int | None, list[int]] = {}
        for turn, parent in parents:
            self.add(turn, parent)

    def add(self, turn: int, parent: int | None) -> None:
        """Note a new turn below another one."""
        self._parent[turn] = parent
        self._children.setdefault(parent, []).append(turn)

    def siblings(self, turn: int) -> list[int]:
        """The turns in whose place this one stands, itself among them, oldest first."""
        return self._children.get(self._parent.get(turn), [turn])

    def leaf(self, turn: int) -> int:
        """The end of the newest branch that goes through a turn."""
        while children := self._children.get(turn):
            turn = children[-1]
        return turn

    def leaves(self) -> list[int]:
        """The last turns of all branches, oldest first."""
        return [turn for turn in self._parent if turn not in self._children]

    def path(self, turn: int) -> list[int]:
        """The turns from the first one to this one."""
        path = [turn]
        while (parent := self._parent.get(path[-1])) is not None:
            path.append(parent)
        return path[::-1]
