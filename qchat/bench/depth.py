"""What the client adds to eight trails side by side, on a server that batches them.

The server answers all at the pace of one: 40 pieces a second for 4 s each. How long the turn takes
beyond its slowest trail, and how much processor time goes into it, is the client's. The server's
own time is taken off.
"""

import asyncio
import json
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from qchat.bench.table import Row
from qchat.config.settings import BackendSettings, MemorySettings, Settings
from qchat.conversation.workspace import Workspace
from qchat.depth.modes import parse_mode
from qchat.depth.turn import DepthTurn
from qchat.protocol.events import TrailFinished
from qchat.runtime.paths import Paths

TRAILS = 8
PIECES, EVERY_S = 160, 0.025
WALL_BAR, CLIENT_BAR = 1.5, 0.02


async def _ended(loop: asyncio.AbstractEventLoop) -> None:
    """What still answers on a loop has ended."""
    others = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class BatchingServer:
    """Streams to all who ask at the same pace; lives in a thread of its own."""

    def __init__(self) -> None:
        self.address = ""
        self.pieces = PIECES
        self.processor_s = 0.0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="batching server", daemon=True)

    def __enter__(self) -> "BatchingServer":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._answer, "127.0.0.1", 0))
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(_ended(self._loop))
        self._loop.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("latin-1").lower().split("\r\n")
                sizes = [int(x.split(":")[1]) for x in lines if x.startswith("content-length:")]
                await reader.readexactly(sizes[0] if sizes else 0)
                if lines[0].startswith("post"):
                    await self._stream(writer)
                else:
                    body = b'{"object":"list","data":[{"id":"qwen3-bench"}]}'
                    size = f"Content-Length: {len(body)}\r\n"
                    writer.write(f"HTTP/1.1 200 OK\r\n{size}\r\n".encode() + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        lines = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked"
        writer.write(f"{lines}\r\n\r\n".encode())
        for number in range(self.pieces):
            _chunk(writer, _event({"content": f"word{number} "}))
            await asyncio.sleep(EVERY_S)
        _chunk(writer, _event({"content": "\nAnswer: 7"}))
        _chunk(writer, _event({}, "stop") + "data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        self.processor_s = time.thread_time()


def _chunk(writer: asyncio.StreamWriter, text: str) -> None:
    data = text.encode()
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def _event(delta: dict[str, str], reason: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return f"data: {json.dumps({'choices': [choice]})}\n\n"


async def rows() -> list[Row]:
    """Both rows of the table."""
    with TemporaryDirectory() as folder, BatchingServer() as server:
        url = f"http://{server.address}/v1"
        backend = BackendSettings(kind="openai", base_url=url, model="qwen3-bench", api_key="none")
        home = Path(folder)
        settings = Settings(
            backend="bench", backends={"bench": backend}, memory=MemorySettings(enabled=False)
        )
        workspace = Workspace(settings, Paths(home, home, home))
        try:
            server.pieces = 2
            await _turn(workspace, TRAILS)  # loads all that is loaded once
            server.pieces = PIECES
            before_s, server_s = time.process_time(), server.processor_s
            wall_s, slowest_s = await _turn(workspace, TRAILS)
            client_s = time.process_time() - before_s - (server.processor_s - server_s)
        finally:
            await workspace.aclose()
    return [
        Row(
            f"{TRAILS} trails side by side, the whole turn",
            f"{wall_s:.2f} s",
            f"its slowest trail {slowest_s:.2f} s",
            wall_s / slowest_s,
            WALL_BAR,
        ),
        Row(
            "client of it, processor time",
            f"{1000 * client_s:.0f} ms",
            f"{wall_s:.2f} s",
            client_s / wall_s,
            CLIENT_BAR,
        ),
    ]


async def _turn(workspace: Workspace, trails: int) -> tuple[float, float]:
    """Seconds of a turn that votes, and of its slowest trail."""
    turn = DepthTurn(workspace.open(), parse_mode(f"vote:{trails}"), "What is it?", tools=False)
    began = time.monotonic()
    slowest_s = 0.0
    async for event in turn.events():
        if isinstance(event, TrailFinished):
            slowest_s = max(slowest_s, event.seconds)
    return time.monotonic() - began, slowest_s
