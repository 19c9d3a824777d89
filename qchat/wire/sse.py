"""Server-sent events: bytes in, events out, however the network cut them.

Follows the WHATWG description of event streams (`id` and `retry` are not needed), and reads what
servers write beside it: an `error:` field, `data:` twice, JSON lines without any field, and bytes
that are no UTF-8.
"""

import re

import msgspec

from qchat.protocol.errors import ProtocolError
from qchat.runtime.language import tr
from qchat.wire.lenient_json import DONE, documents

MAX_LINE_BYTES = 16 * 1024 * 1024
"""No honest chunk is longer; without a bound a broken server could fill the memory."""
MAX_STRAY_CHARACTERS = 1024 * 1024
"""Of lines that belong to no event: enough for any error that was sent without framing."""

_BOM = b"\xef\xbb\xbf"
_END = re.compile(rb"\r\n|\n|\r")
_BLANKS = "".join(map(chr, range(33))) + "\x7f\ufeff\u200b"
"""What may stand around a field and says nothing: white space, zeros, marks of byte order."""
_FIELDS = frozenset({"data", "event", "id", "retry"})
"""Fields that may stand without a colon."""
_PASSED_OVER = frozenset({"", "id", "retry"})
"""Fields without meaning here; the empty name is a comment."""
ENDS = frozenset({
    "message_stop", "done", "end", "eof", "close", "complete", "completed", "finish", "finished",
})  # fmt: skip
"""Names of events that end a reply, whatever stands in them."""
FAILURES = frozenset({"error", "exception", "failed", "failure"})
"""Names of events that say that it failed."""


class SseEvent(msgspec.Struct, frozen=True, gc=False):
    """One event; `name` is empty where the server gave none."""

    name: str
    data: str


class SseReader:
    """Turn the bytes of a response into events. Feed it, then `close` it at the end."""

    def __init__(self, max_line_bytes: int = MAX_LINE_BYTES) -> None:
        self.stray = ""
        """Lines that belong to no event: an error page, or a message in plain text."""
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
        events: list[SseEvent] = []
        if self._midway and data:  # what was cut is read with care, what follows need not be
            end = data.find(b"\n\n") + 2
            cut, data = (data[:end], data[end:]) if end > 1 else (data, b"")
            events = self._careful(cut)
        if not self._midway:
            plain, data = self._plain(data)
            events += plain
        return events + self._careful(data) if data else events

    @property
    def _midway(self) -> bool:
        """Whether something of an event has come, and not its end."""
        return bool(self._rest or self._data or self._name or self._after_cr)

    def _plain(self, data: bytes) -> tuple[list[SseEvent], bytes]:
        """The events in the shape of nearly all, read at once; and the bytes behind them.

        Each is a line of JSON and an empty line. That is told by counts, which cost next to
        nothing beside a look at each line.
        """
        whole = data.rfind(b"\n\n") + 2
        if not data.startswith(b"data: {") or not 1 < whole <= self._max_line_bytes:
            return [], data
        try:
            first, *others = data[: whole - 2].decode("utf-8").split("\n\ndata: {")
        except UnicodeDecodeError:
            return [], data
        if data.count(b"\n", 0, whole) != 2 * len(others) + 2 or b"\r" in data:
            return [], data
        self._first = False
        events = [SseEvent("", first[6:]), *[SseEvent("", "{" + other) for other in others]]
        return events, data[whole:]

    def _careful(self, data: bytes) -> list[SseEvent]:
        """The events that end in these bytes, line by line."""
        if self._after_cr:  # a CRLF may be split between chunks
            data, self._after_cr = data.removeprefix(b"\n"), False
        first, *others = _lines(data)
        self._rest += first
        events: list[SseEvent] = []
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
        if line.startswith(b"data: {"):  # nearly every line
            self._data_bytes += len(line)
            if self._data_bytes > self._max_line_bytes:
                raise self._too_long()
            self._data.append(_text(line[6:]))
            return None
        text = _text(line)
        field, colon, value = text.partition(":")
        value = value.removeprefix(" ")
        name = field.strip(_BLANKS).lower()
        match name if colon or name in _FIELDS else "no field":
            case "data":
                self._add(value, len(line))
                if self._data == [DONE]:  # a server may not even end the event that ends it
                    return self._finished()
            case "event":
                self._name = value.strip()
            case "error":
                return SseEvent("error", value)
            case _ if self._goes_on(text):
                self._add_raw(text, len(line))
            case other if other not in _PASSED_OVER and text.strip(_BLANKS):
                return self._unframed(text)
            case _:
                pass
        return None

    def _goes_on(self, line: str) -> bool:
        """Whether a line belongs to the one before it: a server wrote raw breaks into a value."""
        if not (self._data and line.strip()) or line.lstrip().startswith(":"):
            return False
        return self._data[0].lstrip()[:1] in ("{", "[") and not _is_json("\n".join(self._data))

    def _add(self, value: str, size: int) -> None:
        while (again := value.lstrip()).startswith("data:"):  # a proxy put its own before it
            value = again.removeprefix("data:").removeprefix(" ")
        self._add_raw(value, size)

    def _add_raw(self, value: str, size: int) -> None:
        self._data_bytes += size
        if self._data_bytes > self._max_line_bytes:
            raise self._too_long()
        self._data.append(value)

    def _unframed(self, line: str) -> SseEvent | None:
        """A line without a field. JSON in it is an event, as soon as it is whole."""
        if len(self.stray) < MAX_STRAY_CHARACTERS:
            self.stray += f"\n{line}" if self.stray else line
        text = self.stray if self.stray.lstrip()[:1] in ("{", "[") else line
        if not _is_json(text):
            return None
        self.stray = ""
        return SseEvent(self._name, text)

    def _finished(self) -> SseEvent | None:
        """The end of an event; without data it is none, but for an error and an end."""
        event = SseEvent(self._name, "\n".join(self._data)) if self._data else None
        if event is None and self._name in FAILURES and not self.stray:
            event = SseEvent("error", "")
        elif event is None and self._name in ENDS:
            event = SseEvent(self._name, "")
        self._name, self._data, self._data_bytes = "", [], 0
        return event

    def _too_long(self) -> ProtocolError:
        size = self._max_line_bytes
        return ProtocolError(
            tr("the server sent an event of more than {size} bytes: not a reply", size=size)
        )


def _lines(data: bytes) -> list[bytes]:
    """Nearly all servers end lines by a line feed alone, which is found three times as fast."""
    return _END.split(data) if b"\r" in data else data.split(b"\n")


def _is_json(text: str) -> bool:
    """Whether a text without framing is what should have stood in it."""
    text = text.strip()
    if text[:1] not in ("{", "[") or text[-1:] not in ("}", "]"):
        return False
    values, rest = documents(text)
    return not rest and any(value == DONE or isinstance(value, dict | list) for value in values)


def _text(line: bytes) -> str:
    """Bytes that are no UTF-8 stay apart until they meet their other half, or are replaced."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("utf-8", "surrogateescape")
