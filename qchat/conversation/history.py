"""The turns before the running one as messages: read once, newest first, as far as they matter."""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Sequence

import msgspec

from qchat.conversation.branch import Branch
from qchat.conversation.planner import Past
from qchat.conversation.tokens import MESSAGE_TOKENS
from qchat.conversation.view import (
    Changes,
    Shortener,
    TurnMessages,
    in_force,
    noted,
)
from qchat.protocol.events import Compacted, CompactionUndone, Marked, TurnFinished
from qchat.protocol.fold import fold
from qchat.protocol.messages import Assistant, Message, User
from qchat.protocol.tokens import estimate
from qchat.store import Turn

READ_TOGETHER = 50
MAX_REMEMBERED = 10_000
"""Turns whose messages are kept at hand."""
MAX_LOOKED_AT = 400
"""Turns in which words are looked for: of a longer talk the newest, and those that fit best."""


class _Folded(msgspec.Struct, frozen=True):
    turn: TurnMessages
    compactions: tuple[Changes, ...]
    least: float
    """About how many tokens it has as notes: with fewer it is never sent."""
    refused: float = 0.0
    """Tokens of a prompt that was never answered, since something failed; else 0."""


class History:
    """The messages of a branch's finished turns.

    What it reads grows with what a request holds, not with the conversation.
    """

    def __init__(self, turns: Branch) -> None:
        self._turns = turns
        self._folded: OrderedDict[int, _Folded] = OrderedDict()
        self._changes: dict[int, list[Changes]] | None = None
        """What decides about the view, by turn, as it was in the store when it was first asked."""
        self._known_until = 0
        """The newest turn of which that is known."""

    def before(self, length: int, room: int = 0) -> Past:
        """The first `length` turns, as far as a request of `room` tokens could hold them.

        Turns that were compacted away are not read, but for the last of them, which stands for
        all, and for those that are marked.
        """
        heads = self._turns.heads[:length]
        changes = tuple(self._changes_of(heads))
        held, marks = in_force(changes)
        dropped = (_place(heads, each.turn) for each in held if each.level == "dropped")
        first = self._last_said_before(max(dropped, default=0), heads)
        marked = sorted({_place(heads, turn) for turn, _ in marks} - {-1})
        old = [self._of(heads[at], at) for at in marked if at < first]
        found: list[_Folded] = []
        left = float(room) - sum(folded.least for folded in old)
        for at in range(length - 1, first - 1, -1):
            folded = self._of(heads[at], at)
            left -= folded.least if _fits(folded, room) else 0.0
            if room and left < 0 and found:
                break
            found.append(folded)
        unread = length - first - len(found)
        old += [self._of(heads[at], at) for at in marked if first <= at < first + unread]
        every = [*old, *reversed(found)]
        sent = tuple(each.turn for each in every if each.turn.messages and _fits(each, room))
        return Past(sent, changes, unread)

    def _last_said_before(self, place: int, heads: Sequence[Turn]) -> int:
        """Where the turn stands that stands for all before it, as none of them is sent."""
        for at in range(place - 1, -1, -1):
            if self._of(heads[at], at).turn.messages:
                return at
        return 0

    def whole(self) -> tuple[TurnMessages, ...]:
        """All of the branch, with nothing left out."""
        return self._all(enumerate(self._turns.heads))

    def turn(self, id_: int) -> TurnMessages | None:
        """One turn of the branch by its id; None where there is none."""
        here = ((at, head) for at, head in enumerate(self._turns.heads) if head.id == id_)
        return next(iter(self._all(here)), None)

    def with_words(self, words: str) -> tuple[TurnMessages, ...]:
        """Where words may be found: all of a talk, or the turns of a very long one that fit."""
        heads = self._turns.heads
        if len(heads) <= MAX_LOOKED_AT:
            return self.whole()
        fit = self._turns.turns_like(words, MAX_LOOKED_AT)
        new = len(heads) - READ_TOGETHER
        return self._all((at, h) for at, h in enumerate(heads) if at >= new or h.id in fit)

    def _all(self, heads: Iterator[tuple[int, Turn]]) -> tuple[TurnMessages, ...]:
        each = (self._of(head, at) for at, head in heads)
        return tuple(folded.turn for folded in each if folded.turn.messages)

    def _changes_of(self, heads: Sequence[Turn]) -> Iterator[Changes]:
        """What decides about the view of these turns, in order."""
        if self._changes is None:
            self._changes = {}
            self._known_until = max((head.id for head in heads), default=0)
            for turn, event in self._turns.view_changes():
                if isinstance(event, Compacted | CompactionUndone | Marked):
                    self._changes.setdefault(turn, []).append(event)
        for turn in sorted(self._changes):
            if turn <= self._known_until and _place(heads, turn) >= 0:
                yield from self._changes[turn]
        new = len(heads)
        while new and heads[new - 1].id > self._known_until:
            new -= 1
        for at in range(new, len(heads)):
            yield from self._of(heads[at], at).compactions

    def _of(self, head: Turn, at: int) -> _Folded:
        known = self._folded.get(head.id)
        if known is None:
            heads, first = self._turns.heads, at  # with those before it, so far as they are unknown
            while (
                first > max(at + 1 - READ_TOGETHER, 0) and heads[first - 1].id not in self._folded
            ):
                first -= 1
            for turn in self._turns[first : at + 1]:
                known = self._folded[turn.id] = _folded(turn)
            while len(self._folded) > MAX_REMEMBERED:
                self._folded.popitem(last=False)
        assert known is not None
        return known


def _place(heads: Sequence[Turn], turn: int) -> int:
    """Where a turn stands on a branch, whose ids grow; -1 where it does not."""
    at = bisect_left(heads, turn, key=lambda head: head.id)
    return at if at < len(heads) and heads[at].id == turn else -1


def _folded(turn: Turn) -> _Folded:
    messages = fold(turn.prompt, turn.events)
    user = messages[0]
    assert isinstance(user, User)
    compactions = tuple(
        event for event in turn.events if isinstance(event, Compacted | CompactionUndone | Marked)
    )
    if turn.kind == "run" and not user.tool_reports:
        matters = [e.what_matters for e in compactions if isinstance(e, Compacted)]
        # Else it is a command of which a model need not know.
        said = (f"Keep in mind: {text}" for text in matters if text)
        messages = tuple(User(text, written_by=user.written_by) for text in said)
    refused = estimate(user.sent) if len(messages) == 1 and _failed(turn) else 0.0
    return _Folded(TurnMessages(turn.id, messages), compactions, _least(turn.id, messages), refused)


def _least(turn: int, messages: tuple[Message, ...]) -> float:
    """About the tokens of a turn in its shortest form."""
    if not messages:
        return 0.0
    shortest = noted(TurnMessages(turn, messages), Shortener())
    texts = (m.text if isinstance(m, Assistant) else m.sent for m in shortest)
    return sum(estimate(text) + MESSAGE_TOKENS for text in texts)


def _failed(turn: Turn) -> bool:
    last = turn.events[-1] if turn.events else None
    return isinstance(last, TurnFinished) and last.reason == "error"


def _fits(folded: _Folded, room: int) -> bool:
    """Whether a turn may be sent: what was refused for its length never holds up the next."""
    return not room or folded.refused < room / 2
