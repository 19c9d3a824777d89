"""HTTP to a server on this machine, read at a pace that leaves the cores to it.

A fast engine sends each token by itself. Waking up for each one, and its way through httpx's own
connection, cost more than all that is done with it here, and take that time away from an engine
on the same cores: see docs/decisions/0022.
"""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, cast

import httptools
import httpx

from qchat.backends.pace import resting_s

if TYPE_CHECKING:
    from qchat.backends.lenient_http import LenientParser

MANY_BYTES = 64 * 1024
"""Where so much comes at once there is nothing to wait for."""
MAX_HEAD_BYTES = 256 * 1024


class Loopback(httpx.AsyncBaseTransport):
    """A connection for each request; httpx does all else. Raises httpx's errors."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        limits = request.extensions.get("timeout", {})
        content = await request.aread()
        async with AsyncExitStack() as opened:
            connection = await _connected(request, limits)
            opened.callback(connection.close)
            connection.write(_head(request) + content)
            await connection.until_begun(limits.get("read"))
            body = Body(connection, limits.get("read"))
            response = httpx.Response(connection.status, headers=connection.headers, stream=body)
            opened.pop_all()
        return response


class Body(httpx.AsyncByteStream):
    """What has come, joined, then a rest; what comes in it is read behind it."""

    def __init__(self, connection: "Connection", silence_s: float | None) -> None:
        self._connection = connection
        self._silence_s = silence_s

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        now, connection = asyncio.get_running_loop().time, self._connection
        began = now()
        while data := await connection.read(self._silence_s):
            yield data
            if not connection.ended and len(data) < MANY_BYTES:
                await connection.rest(resting_s(now(), began))

    async def aclose(self) -> None:
        self._connection.close()


class Connection(asyncio.Protocol):
    """One exchange. Nothing is taken from the socket but for someone who waits for it."""

    def __init__(self, request: httpx.Request) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.status = 0
        self.ended = False
        """Whether the whole reply is here."""
        self._request = request
        self._parser: httptools.HttpResponseParser | LenientParser
        self._parser = httptools.HttpResponseParser(self)
        self._unread = b""
        """What has come before the first of the body: the more lenient parser begins with it."""
        self._transport: asyncio.Transport
        self._news = asyncio.Event()
        self._begun = False
        self._body_begun = False
        self._body = bytearray()
        self._lost: httpx.TransportError | None = None

    def write(self, data: bytes) -> None:
        """Send the request."""
        self._transport.write(data)

    async def until_begun(self, silence_s: float | None) -> None:
        """Wait for the status and the headers."""
        while not self._begun:
            await self._more(silence_s)

    async def read(self, silence_s: float | None) -> bytes:
        """What has come of the body, waited for where nothing has; empty at its end."""
        while not self._body and not self.ended:
            await self._more(silence_s)
        data = bytes(self._body)
        self._body.clear()
        return data

    async def rest(self, longest_s: float) -> None:
        """Let something come: until it is much, or all, where the system can tell; else so long."""
        self._news.clear()
        if self._awaits(MANY_BYTES):
            self._transport.resume_reading()
        try:
            async with asyncio.timeout(longest_s):
                await self._news.wait()
        except TimeoutError:
            pass
        finally:
            self._awaits(1)

    def _awaits(self, count: int) -> bool:
        """Be woken when so many bytes are there, or the end; False where that cannot be had."""
        plug = self._transport.get_extra_info("socket")
        try:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
        except OSError:  # Windows; or the connection is gone
            return False
        return True

    async def _more(self, silence_s: float | None) -> None:
        if self._lost is not None:
            raise self._lost
        self._news.clear()
        self._transport.resume_reading()
        try:
            async with asyncio.timeout(silence_s):
                await self._news.wait()
        except TimeoutError as error:
            raise httpx.ReadTimeout("no answer in time", request=self._request) from error

    def close(self) -> None:
        """The server may stop: nobody reads any more."""
        self._transport.abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        self._transport.pause_reading()
        self._news.set()
        if self.ended:
            return
        self._unread += b"" if self._body_begun else data
        try:
            self._feed(data)
        except httptools.HttpParserError as error:
            what = str(error) if self._is_http else f"not HTTP: {error}"
            self._lose(httpx.RemoteProtocolError(what, request=self._request))
        if not self._begun and len(self._unread) > MAX_HEAD_BYTES:
            self._lose(httpx.RemoteProtocolError("endless headers", request=self._request))

    def _feed(self, data: bytes) -> None:
        """Read bytes. What is refused before any of the body is read again, as h11 reads it."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            if self._body_begun or not self._is_http:
                raise
            from qchat.backends.lenient_http import LenientParser  # noqa: PLC0415  hardly ever

            self._begun = False
            self._parser = LenientParser(self._request.method, self)
            self._parser.feed_data(self._unread)

    def connection_lost(self, error: Exception | None) -> None:
        if self._begun and error is None and not self._measured:
            self.ended = True  # the end of the connection is the end of such a reply
        lost = error or "the server closed the connection before its reply was complete"
        kind = httpx.RemoteProtocolError if error is None else httpx.ReadError
        self._lose(kind(str(lost), request=self._request))
        self._news.set()

    def _lose(self, error: httpx.TransportError) -> None:
        self._lost = self._lost or error

    @property
    def _is_http(self) -> bool:
        return self._body_begun or self._unread.startswith(b"HTTP/")

    @property
    def _measured(self) -> bool:
        """Whether the reply says where it ends."""
        said = {name.lower(): value.lower() for name, value in self.headers}
        return b"content-length" in said or b"chunked" in said.get(b"transfer-encoding", b"")

    # What the parser calls

    def on_message_begin(self) -> None:
        if not self._begun:
            self.headers.clear()  # of a "go on", which the reply follows

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.status = int(self._parser.get_status_code())
        self._begun = self.status >= 200

    def on_body(self, data: bytes) -> None:
        self._body_begun, self._unread = True, b""
        self._body += data

    def on_message_complete(self) -> None:
        self.ended = self._begun


async def _connected(request: httpx.Request, limits: Mapping[str, float]) -> Connection:
    """Try each address of the host."""
    loop, url = asyncio.get_running_loop(), request.url
    refused: OSError | None = None
    try:
        async with asyncio.timeout(limits.get("connect")):
            for host in await _addresses(url.host):
                try:
                    made = await loop.create_connection(
                        lambda: Connection(request), host, url.port or 80
                    )
                    return made[1]
                except OSError as error:
                    refused = error
    except TimeoutError as error:
        raise httpx.ConnectTimeout("no connection in time", request=request) from error
    except OSError as error:
        refused = error
    raise httpx.ConnectError(str(refused), request=request) from refused


async def _addresses(host: str) -> list[str]:
    """The addresses of a name; one that is an address needs no thread that looks it up."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return [str(address[0]) for *_, address in found]


def _head(request: httpx.Request) -> bytes:
    kept = [(name, value) for name, value in request.headers.raw if name.lower() != b"connection"]
    lines = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    lines += [b"%s: %s" % header for header in [*kept, (b"Connection", b"close")]]
    return b"\r\n".join(lines) + b"\r\n\r\n"
