"""A server on loopback that answers whatever a test wants, right or wrong."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def http(status: str, body: bytes, *headers: str, kind: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-type: {kind}", "connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def stream(body: bytes) -> bytes:
    return http("200 OK", body, kind="text/event-stream")


@asynccontextmanager
async def server(*answers: bytes | Answer) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Answers the requests in turn (the last one again and again); collects what was asked."""
    asked: list[bytes] = []
    done = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        _, has_body, rest = head.lower().partition(b"content-length: ")
        length = int(rest.split(b"\r\n")[0]) if has_body else 0
        asked.append(head + await reader.readexactly(length))
        answer = answers[min(len(asked), len(answers)) - 1]
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        else:
            await answer(reader, writer)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield f"http://127.0.0.1:{port}/v1", asked
    done.set()
