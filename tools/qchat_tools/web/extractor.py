"""Extraction in a process of its own: a page that keeps a parser busy for ever is simply ended.

No parser here can be interrupted from inside, and a thread cannot be ended from outside. It also
keeps the chat smooth, since what computes there does not hold up what draws here.
"""

import atexit
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO

import msgspec

from qchat_tools.base import ToolError
from qchat_tools.web.article import Article, Reading
from qchat_tools.web.deadline import within
from qchat_tools.web.excerpt import excerpt
from qchat_tools.web.extraction import read
from qchat_tools.web.page import Page

TIMEOUT_S = 15.0
_TIMEOUT_S = 150.0
"""For the process to start, and for all the pages that are fetched side by side."""
_MAX_MEMORY = 2_000_000_000
_LENGTH = 8
_READY = b"ready"


class Failure(msgspec.Struct, frozen=True, tag=True):
    """Why a page has no text."""

    message: str


class Success(msgspec.Struct, frozen=True, tag=True):
    """What a page says, or where it leads."""

    reading: Reading


class Task(msgspec.Struct, frozen=True):
    """A page to read, and what of its text is wanted."""

    page: Page
    question: str = ""
    part: int = 0
    wait_for_sheets: bool = False


class Worker:
    """One process that reads pages in turn; started when first needed, again when it was ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()
        atexit.register(self.stop)

    def ready(self) -> None:
        """Start it ahead of use: what it needs takes a moment to load."""
        with self._turn:
            self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.stop()
        # -P keeps modules of the user's current folder out.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "qchat_tools.web.extractor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        if _receive(self._process.stdout) != _READY:
            raise ToolError("no page can be read: the process for it does not start")
        return self._process

    def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with process:  # wait, and close the pipes
                pass

    def run(self, task: Task, timeout_s: float) -> Reading:
        """Extract, in this thread's time; waits for its turn. Raises ToolError."""
        with self._turn:
            process = self._start()
            assert process.stdin is not None
            assert process.stdout is not None
            deadline = threading.Timer(timeout_s, process.kill)
            deadline.start()
            try:
                _send(process.stdin, msgspec.msgpack.encode(task))
                answer = _receive(process.stdout)
            except OSError:
                answer = b""
            finally:
                deadline.cancel()
        if not answer:
            raise ToolError("the page is too complex to be read")
        result = msgspec.msgpack.decode(answer, type=Success | Failure)
        if isinstance(result, Failure):
            raise ToolError(result.message)
        return result.reading


_worker = Worker()


def prepare() -> None:
    """Have the process load what it needs while the page is on its way."""

    def start() -> None:
        with suppress(ToolError, OSError):  # said where the page is extracted
            _worker.ready()

    threading.Thread(target=start, name="qchat-extractor", daemon=True).start()


async def extracted(task: Task, timeout_s: float = TIMEOUT_S) -> Reading:
    """What is wanted of a page. Raises ToolError that says why there is nothing."""
    return await within(_TIMEOUT_S, lambda: _worker.run(task, timeout_s))


def _done(task: Task) -> Reading:
    reading = read(task.page, wait_for_sheets=task.wait_for_sheets)
    if isinstance(reading, Article):
        text = excerpt(reading.text, task.question, task.part)
        return msgspec.structs.replace(reading, text=text)
    return reading


def _send(stream: IO[bytes], data: bytes) -> None:
    stream.write(len(data).to_bytes(_LENGTH, "big") + data)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes:
    """The next message; empty when the other side is gone."""
    head = stream.read(_LENGTH)
    return stream.read(int.from_bytes(head, "big")) if len(head) == _LENGTH else b""


def _bound_memory() -> None:
    """A page that grows without end fails to grow. Not on Windows, which has no such limit."""
    try:
        import resource  # noqa: PLC0415  does not exist everywhere
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))


def _serve(pages: IO[bytes], articles: IO[bytes]) -> None:
    from qchat_tools.web import html_article  # noqa: F401, PLC0415  now, and not when the first page waits for it

    _send(articles, _READY)
    while data := _receive(pages):
        try:
            task = msgspec.msgpack.decode(data, type=Task)
            result: Success | Failure = Success(_done(task))
        except ToolError as error:
            result = Failure(str(error))
        except MemoryError:
            result = Failure("the page is too complex to be read")
        except Exception as bug:  # noqa: BLE001  a parser's bug must not end the others
            result = Failure(f"the page cannot be read: {type(bug).__name__}")
        _send(articles, msgspec.msgpack.encode(result))


if __name__ == "__main__":
    _bound_memory()
    _serve(sys.stdin.buffer, sys.stdout.buffer)
