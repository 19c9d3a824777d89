"""What a step of a tool loop costs the client when hundreds came before it, and how long keys wait.

The loop, its provenance, its view, the store and the wire are the real ones, over a real
connection; the model's server is a script in another thread, whose time is not counted.
"""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncGenerator, Callable
from io import BufferedRWPair
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from qchat.backends.base import Request
from qchat.backends.catalog import open_backend
from qchat.bench.table import Row, middle
from qchat.config.settings import BackendSettings, Settings
from qchat.conversation.agent import run_turn
from qchat.conversation.branch import Branch
from qchat.conversation.cursor import BranchCursor
from qchat.conversation.planner import Past, StepPlanner
from qchat.conversation.recording import record
from qchat.conversation.window import ContextWindow
from qchat.protocol.events import ToolFinished
from qchat.runtime import garbage_collection
from qchat.store import Store
from qchat_memory.origin import CODE
from qchat_tools.base import Call, ToolSpec
from qchat_tools.parts import Part, TextPart

STEPS, EARLY, SAMPLE = 1_000, 20, 40
MAX_STEP_S = 0.01
CONTEXT = 32_768
"""So that what is sent is made shorter many times, as in a long run."""
OUTPUT = "\n".join(f"line {number}: what code printed" for number in range(20))


class Server(threading.Thread):
    """A model's server: what it streams for each request is given by `replies`, by its number."""

    def __init__(self, replies: Callable[[int], bytes]) -> None:
        super().__init__(daemon=True)
        self._replies = replies
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def run(self) -> None:
        asked = 0
        while True:
            peer, _ = self._socket.accept()
            with peer, peer.makefile("rwb") as stream:
                while head := _head(stream):
                    asked += head.startswith(b"POST")
                    body = self._replies(asked) if head.startswith(b"POST") else b"{}"
                    kind = "text/event-stream" if head.startswith(b"POST") else "application/json"
                    status = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n"
                    stream.write(f"{status}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                    stream.flush()


def _head(stream: BufferedRWPair) -> bytes:
    """The first line of the next request, whose body is read and dropped; empty at the end."""
    first = stream.readline()
    length = 0
    while header := stream.readline().strip() if first else b"":
        name, _, value = header.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    stream.read(length)
    return first


def reply(text: str = "", call: dict[str, object] | None = None) -> bytes:
    """A text, or one call, as it is streamed."""
    delta = (
        {"tool_calls": [{"index": 0, "type": "function", **call}]} if call else {"content": text}
    )
    end = "tool_calls" if call else "stop"
    pieces = [
        {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": end}]},
    ]
    lines = [f"data: {json.dumps(piece)}\n\n" for piece in pieces]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


def _one_more(number: int) -> bytes:
    """Asks for one more call each time, until it has asked for so many."""
    if number > STEPS + SAMPLE:
        return reply("done")
    function = {"name": "print", "arguments": json.dumps({"n": number})}
    return reply(call={"id": f"c{number}", "function": function})


class _Print:
    spec = ToolSpec("print", "Print lines.", {"type": "object"})
    origin = CODE

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        yield TextPart(f"{call.id} {OUTPUT}", "stdout")


async def rows() -> list[Row]:
    server = Server(_one_more)
    server.start()
    backend = BackendSettings(kind="openai", base_url=server.url, model="qwen3-8b", context=CONTEXT)
    there = open_backend("bench", Settings(backends={"bench": backend}))
    window = ContextWindow()
    window.use(CONTEXT, thoughts=False, overhead=500)
    garbage_collection.settle()  # as a run does before its first step
    waits: list[float] = []
    took: list[float] = []
    held: list[float] = []

    async def yes(_topic: str, _question: str) -> bool:
        return True

    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "sessions.db")
        info = store.create_session("bench")
        writer = store.begin_turn(info.id, None, "Print it all.")
        turn = run_turn(
            there,
            Request((), tools=(_Print.spec,)),
            "Print it all.",
            begun=(),
            tools={"print": _Print()},
            confirm=yes,
            planner=StepPlanner(window, Past(), writer.turn.id),
        )
        keys = asyncio.create_task(_keys(waits))
        began = time.thread_time()
        async for event in record(writer, BranchCursor(Branch(store, info.id)), turn):
            if isinstance(event, ToolFinished):
                took.append(time.thread_time() - began)
                if len(took) in (EARLY, STEPS):
                    held.append(psutil.Process().memory_info().rss / 1e6)
                began = time.thread_time()
        keys.cancel()
        await there.aclose()
        store.close()
    early, late = middle(took[EARLY : EARLY + SAMPLE]), middle(took[STEPS - SAMPLE : STEPS])
    waits.sort()
    longest = waits[int(len(waits) * 0.99)]
    return [
        Row(
            f"one step of a tool loop for the client, after {STEPS}",
            f"{late * 1e3:.1f} ms",
            f"{early * 1e3:.1f} ms after {EARLY}",
            late / early,
            1.2,
        ),
        Row(
            f"the same, without its tool and the model, after {STEPS}",
            f"{late * 1e3:.1f} ms",
            f"{MAX_STEP_S * 1e3:.0f} ms",
            late / MAX_STEP_S,
            1.0,
        ),
        Row(
            f"memory of the process at step {STEPS}",
            f"{held[1]:.0f} MB",
            f"{held[0]:.0f} MB at step {EARLY}",
            held[1] / held[0],
            1.2,
        ),
        Row(
            "wait of a key meanwhile, 99 of 100",
            f"{longest * 1e3:.1f} ms",
            "50 ms",
            longest / 0.05,
            1.0,
        ),
    ]


async def _keys(waits: list[float]) -> None:
    """How late the loop comes back to what is due now."""
    while True:
        due = time.monotonic() + 0.002
        await asyncio.sleep(0.002)
        waits.append(time.monotonic() - due)
