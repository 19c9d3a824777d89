"""HTTP as h11 reads it, which is httpx's own way, for what the faster parser refuses.

Servers end lines by LF alone, give a length twice, fold headers, or pad the sizes of chunks. What
is read from another machine is read from this one too.
"""

from typing import Protocol

import h11
import httptools

MAX_HEAD_BYTES = 100 * 1024
"""As httpx's own transport has it."""


class Watcher(Protocol):
    """Whom a parser tells what it reads: as httptools calls it."""

    def on_message_begin(self) -> None: ...
    def on_header(self, name: bytes, value: bytes) -> None: ...
    def on_headers_complete(self) -> None: ...
    def on_body(self, data: bytes) -> None: ...
    def on_message_complete(self) -> None: ...


class LenientParser:
    """Stands in for `httptools.HttpResponseParser`, for the reply to one request."""

    def __init__(self, method: str, watcher: Watcher) -> None:
        self._watcher = watcher
        self._status = 0
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        # It answers to what was asked, which is on its way already.
        self._connection.send(h11.Request(method=method, target="/", headers=[("host", "here")]))
        self._connection.send(h11.EndOfMessage())

    def get_status_code(self) -> int:
        return self._status

    def feed_data(self, data: bytes) -> None:
        """Read the next bytes. Raises httptools.HttpParserError, as the other one does."""
        try:
            self._connection.receive_data(data)
            self._read()
        except h11.RemoteProtocolError as error:
            raise httptools.HttpParserError(str(error)) from error

    def _read(self) -> None:
        while True:
            match self._connection.next_event():
                case h11.Response() | h11.InformationalResponse() as head:
                    self._begin(head)
                case h11.Data() as piece:
                    self._watcher.on_body(bytes(piece.data))
                case h11.EndOfMessage():
                    self._watcher.on_message_complete()
                    return
                case _:  # more has to come
                    return

    def _begin(self, head: h11.Response | h11.InformationalResponse) -> None:
        self._status = head.status_code
        self._watcher.on_message_begin()
        for name, value in head.headers.raw_items():
            self._watcher.on_header(name, value)
        self._watcher.on_headers_complete()
