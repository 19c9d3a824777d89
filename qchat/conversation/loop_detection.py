"""Seen from outside: a model that goes round in circles. It is told first, then the user is.

Agents rarely notice by themselves. The same call with the same result, and two replies that take
turns, are circles; a call that gives something new is none.
"""

import re
from collections.abc import Iterable

import msgspec

from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import ToolFinished
from qchat.runtime.language import tr
from qchat_memory.origin import QCHAT
from qchat_tools.parts import TextPart, as_text

WARN_AFTER, STOP_AFTER = 3, 12
"""Rounds of a circle after which the model is told, and the turn ends; waiting takes a few too."""
MAX_CIRCLE = 2
"""Replies in a circle."""
_SPACES = re.compile(rb"(?:[ ]|\\[nrt])+")
WARN_STALE, STOP_STALE = 10, 30
"""Replies in a row that found nothing which had not been found before, in whatever order."""


class Loops:
    """Looks at the replies of one turn, each with the results of its calls."""

    def __init__(self) -> None:
        self._seen: list[int] = []
        self._ever: set[int] = set()
        self._stale = 0

    @staticmethod
    def _same(call: ToolCall, finished: ToolFinished) -> bytes:
        """A call with its result; other spaces in it make no other call."""
        made = msgspec.json.encode((call.name, call.arguments, call.invalid), order="deterministic")
        gave = as_text(finished.parts).encode("utf-8", "replace")
        return _SPACES.sub(b" ", made) + gave

    def add(self, results: Iterable[tuple[ToolCall, ToolFinished]]) -> None:
        """Note the calls of a reply with what they gave."""
        done = sorted(self._same(call, finished) for call, finished in results)
        self._seen.append(hash(tuple(done)))
        new = {hash(each) for each in done} - self._ever
        self._ever |= new
        self._stale = 0 if new else self._stale + 1
        del self._seen[: -MAX_CIRCLE * STOP_AFTER]

    @property
    def rounds(self) -> int:
        """How many times the last replies were gone through; 1 where nothing is repeated."""
        return max(self._rounds(length) for length in range(1, MAX_CIRCLE + 1))

    def _rounds(self, length: int) -> int:
        last = self._seen[-length:]
        rounds = 0
        for end in range(len(self._seen), length - 1, -length):
            if self._seen[end - length : end] != last:
                break
            rounds += 1
        return max(rounds, 1)

    @property
    def why_to_stop(self) -> str:
        """Why the turn should end, in one line; empty while it may go on."""
        if self.rounds >= STOP_AFTER:
            same = tr("the same calls with the same results")
            return tr(
                "stopped: the model repeated {same} {stop_after} times",
                same=same,
                stop_after=STOP_AFTER,
            )
        if self._stale >= STOP_STALE:
            return tr(
                "stopped: nothing new came of the last {stop_stale} replies with their calls",
                stop_stale=STOP_STALE,
            )
        return ""

    @property
    def hint(self) -> TextPart | None:
        """What the model is told beside its last result, if it goes round in a circle."""
        if self.rounds >= WARN_AFTER:
            what = f"you have made this same call with this same result {self.rounds} times"
        elif self._stale >= WARN_STALE:
            what = f"nothing new has come of your last {self._stale} replies with their calls"
        else:
            return None
        text = f"Note: {what}. Try something else, or say what keeps you from going on."
        return TextPart(text, origin=QCHAT)
