"""Server-sent events: bytes in, events out, however the network cut them.

Follows the WHATWG description of event streams, except that `id` and `retry` are not needed.
"""

import re

import msgspec

from qchat.protocol.errors import ProtocolError

MAX_LINE_BYTES = 16 * 1024 * 1024
"""No honest chunk is longer; without a bound a broken server could fill the memory."""

_BOM = b"\xef\xbb\xbf"
_END = re.compile(rb"\r\n|\n|\r")


class SseEvent(msgspec.Struct, frozen=True):
    """One event; `name` is empty where the server gave none."""

    name: str
    data: str


class SseReader:
    """Turn the bytes of a response into events. Feed it, then `close` it at the end."""

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_line_bytes = max_line_bytes
        self._rest = bytearray()
        """What has come of a line that has no end yet."""
        self._after_cr = False
        self._first = True
        self._name = ""
        self._data: list[str] = []
        self._data_bytes = 0

    def feed(self, data: bytes) -> list[SseEvent]:
        """Give back the events that are now complete. Raises ProtocolError for an endless line."""
        if self._after_cr and data:  # a CRLF may be split between chunks
            data, self._after_cr = data.removeprefix(b"\n"), False
        first, *others = _END.split(data)
        self._rest += first
        events = []
        if others:
            self._after_cr = data.endswith(b"\r")
            *lines, rest = bytes(self._rest), *others
            self._rest = bytearray(rest)
            events = [event for line in lines if (event := self._read(line)) is not None]
        if len(self._rest) > self._max_line_bytes:
            raise self._too_long()
        return events

    def close(self) -> list[SseEvent]:
        """End of stream. An event without its closing blank line counts: some servers omit it."""
        line, self._rest = bytes(self._rest), bytearray()
        last = [self._read(line)] if line else []
        return [event for event in (*last, self._finished()) if event is not None]

    def _read(self, line: bytes) -> SseEvent | None:
        if self._first:
            line, self._first = line.removeprefix(_BOM), False
        if not line:
            return self._finished()
        field, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data_bytes += len(line)
            if self._data_bytes > self._max_line_bytes:
                raise self._too_long()
            self._data.append(value)
        elif field == "event":
            self._name = value
        return None  # comments (": ping") and unknown fields are to be ignored

    def _finished(self) -> SseEvent | None:
        event = SseEvent(self._name, "\n".join(self._data)) if self._data else None
        self._name, self._data, self._data_bytes = "", [], 0
        return event

    def _too_long(self) -> ProtocolError:
        size = self._max_line_bytes
        return ProtocolError(f"the server sent an event of more than {size} bytes: not a reply")
