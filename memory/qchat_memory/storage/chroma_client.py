"""Chroma in a process of its own, with the calls that its own client has.

One such process serves all memories of this one. When it ends unasked, the call that it was at is
made once more in a new one; when that ends too, the files are what it does not survive.
"""

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

import msgspec

from qchat_memory.errors import DamagedError, MemoryStoreError
from qchat_memory.localized_text import tr, verbatim
from qchat_memory.storage.chroma_calls import Reply, Request, Rows, packed, receive, send, unpacked

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIMEOUT_S = 300.0
"""A call that takes longer goes in circles: a bent graph can."""
LEAVING_S = 10.0


class NotFoundError(Exception):
    """Chroma has no collection of that name; its own error has this name too."""


class ChromaError(Exception):
    """What Chroma said, with its own name of the error before it."""


class EndedError(Exception):
    """The process ended in the midst of a call."""


class Started(Protocol):
    """A process that has been started: how to speak with it, end it, and how it ended."""

    @property
    def pid(self) -> int: ...
    @property
    def stdin(self) -> IO[bytes] | None: ...
    @property
    def stdout(self) -> IO[bytes] | None: ...
    def kill(self) -> None: ...
    def wait(self, timeout: float | None = None) -> int: ...


def spawn(module: str = "qchat_memory.storage.chroma_process") -> Started:
    """Start the process, apart from the terminal: Ctrl+C is not for it."""
    # -P: a stranger's folder of that name must not be imported from where the user stands.
    command = [sys.executable, "-P", "-m", module, str(os.getpid())]
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        **apart,
    )


class NativeProcess:
    """The one process, started at the first call and again after it has ended."""

    def __init__(self, start: Callable[[], Started] = spawn) -> None:
        self._start = start
        self._calls = threading.Lock()
        self._process: Started | None = None
        self.number = 0
        """Which process it is: what one had open, the next has not."""
        self._loaded = 0

    @property
    def pid(self) -> int | None:
        """The process that runs, if one does."""
        return self._process.pid if self._process is not None else None

    def begin(self) -> None:
        """Let it load what it needs, while this process does something else."""
        with self._calls, suppress(OSError):
            self._running()

    def load(self) -> None:
        """Wait until it has loaded what it needs: not when somebody waits for a lock."""
        if self._loaded == self.number and self._process is not None:
            return
        with suppress(EndedError):
            self.call(Request("", "", "load"))
            self._loaded = self.number

    def call(self, request: Request) -> Any:
        """What Chroma gives back. Raises EndedError, NotFoundError, ChromaError."""
        with self._calls:
            reply = self._exchanged(request)
        if reply.error == "NotFoundError":
            raise NotFoundError(reply.text)
        if reply.error == "MemoryStoreError":
            raise MemoryStoreError(verbatim(reply.text))
        if reply.error:
            raise ChromaError(f"{reply.error}: {reply.text}")
        return reply.value

    def stop(self) -> None:
        """End it, after what it is at."""
        with self._calls:
            process, self._process = self._process, None
            if process is not None:
                _end(process)

    def _exchanged(self, request: Request) -> Reply:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Timer(TIMEOUT_S, process.kill)
        late.daemon = True
        late.start()
        try:
            send(process.stdin, request)
            frame = receive(process.stdout)
        except OSError:
            frame = None
        finally:
            late.cancel()
        if frame is None:
            self._process = None
            raise EndedError(_how(_end(process)))
        return msgspec.msgpack.decode(frame, type=Reply)

    def _running(self) -> Started:
        if self._process is None:
            self._process = self._start()
            self.number += 1
        return self._process


def _end(process: Started) -> int:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    try:
        return process.wait(LEAVING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _how(status: int) -> str:
    """How a process ended, in words."""
    with suppress(ValueError):
        if status < 0:
            return signal.Signals(-status).name
    return f"status {status}"


class Client:
    """Chroma's client for one folder, as `chromadb.PersistentClient` is one."""

    def __init__(
        self,
        process: NativeProcess,
        folder: Path,
        lock: Path,
        readable: Callable[[Exception], MemoryStoreError],
    ) -> None:
        """Open the folder; `readable` says what Chroma raised. Raises MemoryStoreError."""
        self._process = process
        self._readable = readable
        self._folder = str(folder)
        self._lock = str(lock)
        self._number = -1
        self.call("open")

    def call(self, method: str, collection: str = "", **arguments: Any) -> Any:
        """One call, made again in a new process where the first one ended. Raises DamagedError."""
        try:
            return self._called(method, collection, arguments)
        except EndedError:
            pass
        try:
            return self._called(method, collection, arguments)
        except EndedError as error:
            raise DamagedError(
                tr("Chroma was ended by {error} twice at the same call", error=error)
            ) from error

    def get_collection(self, name: str, **_embedding_function: None) -> "Collection":
        return Collection(self, self.call("get_collection", name=name))

    def get_or_create_collection(
        self,
        name: str,
        *,
        metadata: dict[str, Any],
        configuration: dict[str, Any],
        **_embedding_function: None,
    ) -> "Collection":
        made = self.call(
            "get_or_create_collection",
            name=name,
            metadata=metadata,
            configuration=configuration,
        )
        return Collection(self, made)

    def delete_collection(self, name: str) -> None:
        self.call("delete_collection", name=name)

    def close(self) -> None:
        """Let go of the files, if they are open."""
        if self._number == self._process.number and self._process.pid is not None:
            with suppress(EndedError, MemoryStoreError):
                self._called("close", "", {})

    def _called(self, method: str, collection: str, arguments: dict[str, Any]) -> Any:
        if method != "open" and self._missed():
            self._send("open", "", {})
        value = self._send(method, collection, arguments)
        if method == "open":
            self._number = self._process.number
        return value

    def _missed(self) -> bool:
        return self._number != self._process.number or self._process.pid is None

    def _send(self, method: str, collection: str, arguments: dict[str, Any]) -> Any:
        request = Request(self._folder, self._lock, method, collection, arguments)
        try:
            value = self._process.call(request)
        except ChromaError as error:
            raise self._readable(error) from error
        except NotFoundError as error:
            if method != "open":  # no collection is missed there, but all that holds them
                raise
            raise self._readable(error) from error
        if method == "open":
            self._number = self._process.number
        return value


class Collection:
    """One collection, with those calls of Chroma's own that are used."""

    def __init__(self, client: Client, described: dict[str, Any]) -> None:
        self._client = client
        self.name: str = described["name"]
        self.metadata: dict[str, Any] = described["metadata"]

    def get(
        self,
        ids: Sequence[str] | None = None,
        limit: int | None = None,
        offset: int | None = None,
        include: Sequence[str] = ("documents", "metadatas"),
    ) -> dict[str, Any]:
        found: dict[str, Any] = self._call(
            "get",
            ids=None if ids is None else list(ids),
            limit=limit,
            offset=offset,
            include=list(include),
        )
        if "embeddings" in found:
            found["embeddings"] = unpacked(msgspec.convert(found["embeddings"], Rows))
        return found

    def query(
        self, query_embeddings: "NDArray[Any]", n_results: int, include: Sequence[str]
    ) -> dict[str, Any]:
        found: dict[str, Any] = self._call(
            "query",
            query_embeddings=packed(query_embeddings),
            n_results=n_results,
            include=list(include),
        )
        return found

    def upsert(self, *, embeddings: "NDArray[Any]", **columns: Any) -> None:
        self._call("upsert", embeddings=packed(embeddings), **columns)

    def update(self, **columns: Any) -> None:
        self._call("update", **columns)

    def delete(self, ids: Sequence[str]) -> None:
        self._call("delete", ids=list(ids))

    def count(self) -> int:
        return int(self._call("count"))

    def modify(self, metadata: dict[str, Any]) -> None:
        self._call("modify", metadata=metadata)
        self.metadata = metadata

    def _call(self, method: str, **arguments: Any) -> Any:
        return self._client.call(method, self.name, **arguments)


_shared = NativeProcess()


def shared() -> NativeProcess:
    """The one process of this process."""
    return _shared


def use(process: NativeProcess) -> None:
    """Take another one from here on: after a fork, or where it is to start in another way."""
    global _shared  # noqa: PLW0603  there is one for a process, as there is one process
    _shared = process


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=lambda: use(NativeProcess(_shared._start)))
atexit.register(lambda: shared().stop())
