"""The process in which Chroma runs: `python -m qchat_memory.storage.chroma_process`.

Chroma's index is native code, and a bent file makes it end its process by a signal: here nobody
else ends with it. It does one call after another, as it reads them from its standard input, and
ends when that does.
"""

import itertools
import os
import sqlite3
import sys
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any

import msgspec

from qchat_memory.storage.chroma_calls import (
    Reply,
    Request,
    Rows,
    metadatas,
    packed,
    receive,
    send,
    unpacked,
)
from qchat_memory.storage.library import chromadb, settings
from qchat_memory.storage.lock import exclusive

DATABASE = "chroma.sqlite3"
LOCK_TIMEOUT_S = 60.0
"""How long a process that lost its owner in the midst of a call may take to end that call."""


class Host:
    """Chroma's clients, one for each folder."""

    def __init__(self, owner_lives: Callable[[], bool]) -> None:
        """A call that nobody waits for any longer is not made: another process may be at work."""
        self._owner_lives = owner_lives
        self._clients: dict[str, Any] = {}
        self._collections: dict[tuple[str, str], Any] = {}
        self._openings = itertools.count(1)
        self._prepared: set[Path] = set()

    def answer(self, request: Request) -> Reply:
        """Do one call; whatever it raises becomes the reply."""
        if request.method == "load":
            return Reply()  # it has loaded all when it answers
        try:
            with exclusive(Path(request.lock), LOCK_TIMEOUT_S):
                if not self._owner_lives():
                    raise EOFError("the owner has ended")
                return Reply(self._done(request))
        except EOFError:
            raise
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            return Reply(None, type(error).__name__, str(error))

    def _done(self, request: Request) -> Any:
        if request.method == "open":
            return self._open(request.folder)
        if request.method == "close":
            return self._close(request.folder)
        client = self._clients[request.folder]
        given = request.arguments
        match request.method:
            case "get_collection":
                return _described(client.get_collection(embedding_function=None, **given))
            case "get_or_create_collection":
                made = client.get_or_create_collection(embedding_function=None, **given)
                return _described(made)
            case "delete_collection":
                self._collections.clear()
                return client.delete_collection(**given)
            case _:
                return _called(self._collection(request), request.method, given)

    def _collection(self, request: Request) -> Any:
        key = (request.folder, request.collection)
        if key not in self._collections:
            client = self._clients[request.folder]
            self._collections[key] = client.get_collection(key[1], embedding_function=None)
        return self._collections[key]

    def _open(self, folder: str) -> None:
        self._close(folder)
        self._write_ahead(Path(folder) / DATABASE)
        # Chroma shares one client among all users of the same path, keeps one that failed, and
        # would not let go of it: a string of its own makes closing, and a second try, real.
        path = folder + "/." * next(self._openings)
        self._clients[folder] = chromadb().PersistentClient(path=path, settings=settings())

    def _close(self, folder: str) -> None:
        self._collections.clear()
        client = self._clients.pop(folder, None)
        if client is not None:
            client.close()

    def _write_ahead(self, database: Path) -> None:
        """Let Chroma wait for the disk twice at a save, not eight times: its file keeps this.

        Who cannot have it (a damaged file, a full disk) hears from Chroma what is wrong. Closing a
        file here would end the locks of a Chroma that has it open, so it is done once.
        """
        if database in self._prepared and database.exists():
            return
        self._prepared.add(database)
        with suppress(sqlite3.Error), closing(sqlite3.connect(database)) as db:
            db.execute("PRAGMA journal_mode = WAL")


def _called(collection: Any, method: str, given: dict[str, Any]) -> Any:
    for name in ("embeddings", "query_embeddings"):
        if name in given:
            given[name] = unpacked(msgspec.convert(given[name], Rows))
    found = getattr(collection, method)(**given)
    match method:
        case "get":
            return _got(found)
        case "query":
            return {"ids": found["ids"], "documents": found.get("documents")}
        case "count":
            return found
        case _:
            return None


def _got(found: Mapping[str, Any]) -> dict[str, Any]:
    got: dict[str, Any] = {"ids": found["ids"]}
    if found.get("documents") is not None:
        got["documents"] = found["documents"]
    if found.get("metadatas") is not None:
        got["metadatas"] = metadatas(found["metadatas"])
    if found.get("embeddings") is not None:
        got["embeddings"] = packed(found["embeddings"])
    return got


def _described(collection: Any) -> dict[str, Any]:
    return {"name": collection.name, "metadata": dict(collection.metadata or {})}


def serve(incoming: IO[bytes], outgoing: IO[bytes], owner: int) -> None:
    """Answer until the owner closes the pipe, or is gone."""
    # Windows never gives a process another parent; there the end of the pipe must do.
    alive = (lambda: os.getppid() == owner) if sys.platform != "win32" else (lambda: True)
    host = Host(alive)
    while (frame := receive(incoming)) is not None:
        try:
            send(outgoing, host.answer(msgspec.msgpack.decode(frame, type=Request)))
        except (EOFError, OSError):
            return


def main() -> None:
    # What libraries print must not get between the frames.
    outgoing = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    chromadb()  # heavy: what this process is for
    serve(sys.stdin.buffer, outgoing, int(sys.argv[1]))


if __name__ == "__main__":
    main()
