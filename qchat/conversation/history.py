"""The turns before the running one as messages: read once, newest first, as far as they matter."""

from collections import OrderedDict

import msgspec

from qchat.conversation.branch import Branch
from qchat.conversation.planner import Past
from qchat.conversation.tokens import MESSAGE_TOKENS
from qchat.conversation.view import Changes, TurnMessages
from qchat.protocol.events import Compacted, CompactionUndone, Marked, TurnFinished
from qchat.protocol.fold import fold
from qchat.protocol.messages import User
from qchat.protocol.tokens import estimate
from qchat.store import Turn

READ_TOGETHER = 50
MAX_REMEMBERED = 10_000
"""Turns whose messages are kept at hand."""


class _Folded(msgspec.Struct, frozen=True):
    turn: TurnMessages
    compactions: tuple[Changes, ...]
    least: float
    """About how many tokens its words have, which are sent whatever is compacted."""
    refused: float = 0.0
    """Tokens of a prompt that was never answered, since something failed; else 0."""


class History:
    """The messages of a branch's finished turns."""

    def __init__(self, turns: Branch) -> None:
        self._turns = turns
        self._folded: OrderedDict[int, _Folded] = OrderedDict()

    def before(self, length: int, room: int = 0) -> Past:
        """The first `length` turns, as far as a request of `room` tokens could hold their words."""
        found: list[_Folded] = []
        left = float(room)
        heads = self._turns.heads[:length]
        for at in range(length - 1, -1, -1):
            folded = self._of(heads[at], at)
            left -= folded.least if _fits(folded, room) else 0.0
            if room and left < 0 and found:
                break
            found.append(folded)
        found.reverse()
        sent = tuple(each.turn for each in found if each.turn.messages and _fits(each, room))
        compactions = tuple(event for each in found for event in each.compactions)
        return Past(sent, compactions, length - len(found))

    def whole(self) -> tuple[TurnMessages, ...]:
        """All of the branch, for whoever looks back."""
        each = (self._of(head, at) for at, head in enumerate(self._turns.heads))
        return tuple(folded.turn for folded in each if folded.turn.messages)

    def _of(self, head: Turn, at: int) -> _Folded:
        known = self._folded.get(head.id)
        if known is None:
            for turn in self._turns[max(at + 1 - READ_TOGETHER, 0) : at + 1]:
                known = self._folded[turn.id] = _folded(turn)
            while len(self._folded) > MAX_REMEMBERED:
                self._folded.popitem(last=False)
        assert known is not None
        return known


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
        messages = tuple(User(f"Keep in mind: {text}") for text in matters if text)
    least = estimate(user.text) + MESSAGE_TOKENS if messages else 0.0
    refused = estimate(user.sent) if len(messages) == 1 and _failed(turn) else 0.0
    return _Folded(TurnMessages(turn.id, messages), compactions, least, refused)


def _failed(turn: Turn) -> bool:
    last = turn.events[-1] if turn.events else None
    return isinstance(last, TurnFinished) and last.reason == "error"


def _fits(folded: _Folded, room: int) -> bool:
    """Whether a turn may be sent: what was refused for its length never holds up the next."""
    return not room or folded.refused < room / 2
