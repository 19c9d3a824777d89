"""After a change of embedder: new vectors for all memories, in the background of a chat.

Cut short by whatever, it goes on at the next start; the old vectors are used until all are there.
"""

import asyncio
import threading
from concurrent.futures import Future

from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr
from qchat_memory.errors import MemoryStoreError
from qchat_memory.store import MemoryStore

LEAVING_S = 5.0
"""How long the end of the program waits for the batch that is being made."""
CELLS = 20


class _StoppedError(Exception):
    """The program ends."""


class Reembedding:
    """One for all conversations of a workspace; `store` is None where memory is off."""

    def __init__(self, store: MemoryStore | None) -> None:
        self._store = store
        self._stop = threading.Event()
        self._work: Future[int] | None = None
        self.progress: tuple[int, int] | None = None
        """How many memories are done, and of how many; None while nothing is to be done."""

    @property
    def shown(self) -> str:
        """The progress as a bar, for a line of an interface; empty where there is none."""
        return (
            tr("new vectors for memories {progress}", progress=bar(*self.progress))
            if self.progress
            else ""
        )

    async def run(self) -> str:
        """Do what is to be done; returns a line that says what was, empty for nothing.

        Raises QchatError when it cannot be done; what is there stays in use.
        """
        store = self._store
        if store is None or self._work is not None:
            return ""
        work = self._work = Future()
        # A daemon: an endpoint that hangs must not keep the program from ending.
        threading.Thread(target=self._run, args=(store, work), name="reembed", daemon=True).start()
        try:
            made = await asyncio.shield(asyncio.wrap_future(work))
        except MemoryStoreError as error:
            raise QchatError(tr("memories keep their old vectors: {error}", error=error)) from error
        finally:
            self.progress = None
        return (
            tr("All memories have vectors by {name} now.", name=store.embedder.name) if made else ""
        )

    async def aclose(self) -> None:
        """End it between two batches; a batch that takes long is given up."""
        self._stop.set()
        if self._work is not None:
            await asyncio.wait([asyncio.wrap_future(self._work)], timeout=LEAVING_S)

    def _run(self, store: MemoryStore, work: "Future[int]") -> None:
        try:
            work.set_result(store.reembed(self._note))
        except _StoppedError:
            work.set_result(0)
        except BaseException as error:  # noqa: BLE001  whoever waits is told, whatever it was
            work.set_exception(error)

    def _note(self, done: int, total: int) -> None:
        if self._stop.is_set():
            raise _StoppedError
        self.progress = (done, total)


def bar(done: int, total: int) -> str:
    """A bar of `CELLS` cells, and the numbers."""
    return f"{cells(done, total)} {done:,} of {total:,}"


def cells(done: int, total: int) -> str:
    """The bar alone."""
    full = CELLS * done // max(total, 1)
    return f"{'━' * full}{'╌' * (CELLS - full)}"
