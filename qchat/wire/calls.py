"""Fragments of tool calls, put in order: each call keeps one id, unique in its conversation."""

from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import uuid4

import msgspec

from qchat.protocol.events import ToolDraft


class FunctionDelta(msgspec.Struct):
    """Name and a piece of the arguments; some servers send the arguments as an object at once."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class CallDelta(msgspec.Struct):
    """One fragment as it stands in a chunk's `tool_calls`."""

    index: int | None = None
    id: str | None = None
    function: FunctionDelta | None = None


def new_id() -> str:
    """An id that no other call has."""
    return f"call_{uuid4().hex[:16]}"


class _Open(msgspec.Struct):
    """A call in the making; `given` is the server's id for it, which may be empty."""

    id: str
    given: str
    name: str


class CallReader:
    """Fragments in, drafts out. `used` are the ids that the conversation already has.

    Fragments belong together by `index`. A new id that is not empty starts a new call even at a
    known index, since some servers count every parallel call as number 0.
    """

    def __init__(self, used: Collection[str] = (), make_id: Callable[[], str] = new_id) -> None:
        self._used = set(used)
        self._make_id = make_id
        self._open: dict[int, _Open] = {}
        self._last = 0

    def feed(self, deltas: Sequence[CallDelta]) -> list[ToolDraft]:
        """Read the fragments of one chunk."""
        return [self._read(delta) for delta in deltas]

    def own_id(self) -> str:
        """An id for a call that came without one."""
        return self._unused("")

    def _read(self, delta: CallDelta) -> ToolDraft:
        index = self._index(delta)
        self._last = index
        function = delta.function or FunctionDelta()
        call = self._open.get(index)
        if call is None or (delta.id and delta.id != call.given):
            call = _Open(self._unused(delta.id or ""), delta.id or "", "")
            self._open[index] = call
        call.name = call.name or function.name or ""
        return ToolDraft(call.id, call.name, _text(function.arguments))

    def _index(self, delta: CallDelta) -> int:
        """Without an index, a new id is one more call and anything else goes on with the last."""
        if delta.index is not None:
            return delta.index
        known = [index for index, call in self._open.items() if delta.id and call.given == delta.id]
        if known:
            return known[0]
        return max(self._open, default=-1) + 1 if delta.id else self._last

    def _unused(self, wanted: str) -> str:
        while not wanted or wanted in self._used:
            wanted = self._make_id()
        self._used.add(wanted)
        return wanted


def _text(arguments: str | dict[str, Any] | None) -> str:
    if isinstance(arguments, dict):
        return msgspec.json.encode(arguments).decode()
    return arguments or ""
