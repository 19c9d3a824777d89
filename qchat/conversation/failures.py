"""When a model does not get on: counted by reply, since the calls of one reply know no other."""

from collections.abc import Iterable

import msgspec

from qchat.protocol.event_values import ToolCall

SAME_FAILURES = 3
"""So many replies in a row that make the same call, which fails, end the turn."""
MAX_FAILED_REPLIES = 10
"""So many replies in a row in which no call works end it too, whatever the calls are."""


class Failures:
    """Counts replies whose calls failed. The same call has the same name and arguments."""

    def __init__(self) -> None:
        self._in_a_row: dict[bytes, int] = {}
        self._without_success = 0

    def add(self, results: Iterable[tuple[ToolCall, bool]]) -> None:
        """Note the calls of one reply, and whether each of them worked."""
        done = list(results)
        failed = {_same(call) for call, ok in done if not ok}
        self._in_a_row = {call: self._in_a_row.get(call, 0) + 1 for call in failed}
        self._without_success = 0 if any(ok for _, ok in done) else self._without_success + 1

    @property
    def why_to_stop(self) -> str:
        """Why the turn should end, in one line; empty while it may go on."""
        if max(self._in_a_row.values(), default=0) >= SAME_FAILURES:
            return f"stopped: the same call failed {SAME_FAILURES} times in a row"
        if self._without_success >= MAX_FAILED_REPLIES:
            return f"stopped: no call worked in {MAX_FAILED_REPLIES} replies in a row"
        return ""


def _same(call: ToolCall) -> bytes:
    return msgspec.json.encode((call.name, call.arguments, call.invalid), order="deterministic")
