"""A web server on loopback that answers byte for byte what a test tells it to."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


class Site:
    """Answers by path; keeps the head of every request."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: dict[str, Answer] = {}
        self.requests: list[str] = []
        self.tasks: set[asyncio.Task[None] | None] = set()

    def url(self, path: str, host: str = "site.test", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """Every name is this machine: proof that no other resolver is asked later."""
        return ["127.0.0.1"]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tasks.add(asyncio.current_task())
        with suppress(OSError, asyncio.IncompleteReadError):
            try:
                await self._answer(reader, writer)
            finally:
                writer.close()
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.requests.append(head)
        answer = self.answers.get(head.split(" ")[1], page(b"", status="404 Not Found"))
        if callable(answer):
            await answer(writer)
        else:
            writer.write(answer)
        await writer.drain()


def page(
    body: bytes, kind: str = "text/html", status: str = "200 OK", headers: Sequence[str] = ()
) -> bytes:
    """A whole HTTP/1.1 answer; an empty `kind` leaves the type out."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    if kind:
        lines.append(f"Content-Type: {kind}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(to: str) -> bytes:
    return page(b"", status="302 Found", headers=[f"Location: {to}", "Set-Cookie: a=b"])


@asynccontextmanager
async def serving(certificate: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    """A site that lives for one test."""
    site = Site()
    server = await asyncio.start_server(site.handle, "127.0.0.1", 0, ssl=certificate)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        await server.wait_closed()
        open_ones = [task for task in site.tasks if task is not None]
        for task in open_ones:
            task.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)
