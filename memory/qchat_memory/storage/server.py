"""Memories on a Chroma server: for a user with several machines, or a team.

The server keeps its own index right, whoever writes. What each client must know is whether the
index beside it is stale: the collection's metadata carries a stamp that every change renews.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from qchat_memory.errors import MemoryStoreError
from qchat_memory.localized_text import tr
from qchat_memory.storage.library import chromadb, settings
from qchat_memory.storage.vector_store import Collections, digest, note

_BEGUN = "begun"
MAX_CHANGE_S = 60.0
"""A client that has not ended its change after this time was killed."""


Leaving = Callable[[str, int], None]
"""Told of a request before it goes: host with port, bytes; what it raises forbids it."""


class Server:
    """One user's collections on the server at `url`; `token` is sent as a bearer token."""

    def __init__(
        self,
        url: str,
        token: str,
        user: str,
        embedder: Callable[[], str],
        leaving: Leaving = lambda _host, _size: None,
        *,
        owner: str = "",
        ca: str = "",
    ) -> None:
        """`leaving` is told of each request before it goes, and may forbid it.

        `owner` is the installation; without one, every account's user of that name is the same.
        `ca` is a file with the certificates that the server's is checked by.
        """
        self._url = url
        self._token = token
        self._ca = ca
        self._shared_name = f"qchat-{digest(user)}"
        self._name = f"qchat-{digest(f'{owner} {user}')}" if owner else self._shared_name
        self._embedder = embedder
        self._leaving = leaving
        self._threads = threading.RLock()
        self._client: Any = None

    def exists(self) -> bool:
        """Always true: only the server could tell, and asking it is what comes next anyway."""
        return True

    @contextmanager
    def transaction(self) -> Iterator["ServerTransaction"]:
        with self._threads:
            try:
                yield ServerTransaction(Collections(self._open(), self._name, self._embedder))
            except MemoryStoreError:
                self.close()
                raise
            except Exception as error:
                self.close()
                line = " ".join(str(error).split())[:200]
                raise MemoryStoreError(
                    tr(
                        "the memory server at {url} does not answer as it should ({line}): check "
                        "that it runs, and check memory.chroma_url and its token",
                        url=self._url,
                        line=line,
                    )
                ) from error

    def must_exist(self) -> None:
        """Nothing: who empties a collection on a server has reasons."""

    def begin(self) -> None:
        """Nothing: what is needed is elsewhere."""

    def load(self) -> None:
        chromadb()

    def has_shared(self) -> bool:
        """Whether the first version of qchat kept memories there, under the user's name alone."""
        if self._name == self._shared_name:
            return False
        with self.transaction() as transaction:
            return transaction.collections().has(self._shared_name)

    def erase(self) -> None:
        with self.transaction() as transaction:
            transaction.begin_change()
            transaction.collections().delete()

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _open(self) -> Any:
        if self._client is None:
            parts = urlsplit(self._url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise MemoryStoreError(
                    tr(
                        "memory.chroma_url must be like http://host:8000, not {url!r}",
                        url=self._url,
                    )
                )
            bearer = {"Authorization": f"Bearer {self._token}"} if self._token else {}
            self._leaving(parts.netloc, 0)  # a new client asks who it is, before it can be watched
            client: Any = chromadb().HttpClient(
                host=parts.hostname,
                port=parts.port or (443 if parts.scheme == "https" else 80),
                ssl=parts.scheme == "https",
                headers=bearer,
                settings=settings(chroma_server_ssl_verify=self._ca or None),
            )
            # Its own connections: kept ones would go on where new ones are forbidden.
            session = client._server._session
            session.event_hooks["request"].append(self._note)
            session.event_hooks = session.event_hooks
            self._client = client
        return self._client

    def _note(self, request: Any) -> None:
        host = urlsplit(self._url).netloc
        self._leaving(host, int(request.headers.get("Content-Length", 0)))


class ServerTransaction:
    """A look at the server; others may change things meanwhile, each change whole by itself."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections
        self._root = collections.root()
        self._collection: Any = None
        self.version = _settled(str((self._root.metadata or {}).get("stamp", "new")))
        self.next_version = secrets.token_hex(8)

    @property
    def collection(self) -> Any:
        if self._collection is None:
            self._collection = self._collections.in_use()
        return self._collection

    def collections(self) -> Collections:
        self._collection = None
        return self._collections

    def begin_change(self) -> None:
        self.version = self.next_version
        begun = f"{_BEGUN}-{time.time():.0f}-{self.version}"
        note(self._collections.root(), stamp=begun)

    def end_change(self) -> None:
        note(self._collections.root(), stamp=self.version)

    def begin_work(self) -> None:
        """Nobody is told: the memories in use are as they were."""


def _settled(stamp: str) -> str:
    """The stamp, if no change is under way that may still come in."""
    if not stamp.startswith(_BEGUN):
        return stamp
    began = float(stamp.split("-")[1])
    return stamp if time.time() - began > MAX_CHANGE_S else ""
