"""The model's own hands on the user's memories: save, search, forget."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Annotated, TypeVar

import msgspec

from qchat_memory.errors import MemoryStoreError
from qchat_memory.relevance import fitting
from qchat_memory.store import MemoryStore
from qchat_tools import wording
from qchat_tools.base import Call, ToolError, parse, spec
from qchat_tools.parts import Part
from qchat_tools.taint import said_by_user

T = TypeVar("T")


class SaveArguments(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(description="One fact, in the user's words")]


class SearchArguments(msgspec.Struct, forbid_unknown_fields=True):
    query: Annotated[str, msgspec.Meta(description="What to look for")]


class ForgetArguments(msgspec.Struct, forbid_unknown_fields=True):
    id: Annotated[str, msgspec.Meta(description="The id that a search or a save showed")]


class MemorySaveTool:
    """Keeps a fact about the user across sessions; asks first when strangers were read."""

    spec = spec("memory_save", "Keep a fact about the user for later conversations.", SaveArguments)
    taints = False

    def __init__(self, store: MemoryStore, session: str = "", turn: str = "") -> None:
        self._store = store
        self._session = session
        self._turn = turn

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Save it. Raises ToolError when refused, by the user or by the store."""
        text = parse(SaveArguments, call.arguments).text
        # The user's own words may be kept, unless this very turn has just read the web.
        asks = call.tainted and not (call.tainted_earlier and said_by_user(call, text))
        if asks and not await call.confirm(
            f"Save this memory? The conversation has read the web.\n{text}"
        ):
            raise ToolError("the user did not allow this")
        memory = await _told(lambda: self._store.save(text, session=self._session, turn=self._turn))
        yield wording.saved(memory.id, memory.text)


class MemorySearchTool:
    """Looks through what was kept, when the recalled memories do not have it."""

    spec = spec(
        "memory_search", "Search what the user has told in earlier conversations.", SearchArguments
    )
    taints = False

    def __init__(self, store: MemoryStore, limit: int = 5) -> None:
        self._store = store
        self._limit = limit

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Find what clearly fits; else the weak hits, since the model asked and can judge."""
        query = parse(SearchArguments, call.arguments).query
        hits = await _told(lambda: self._store.search(query, self._limit))
        best = fitting(hits) or hits
        yield wording.found([(hit.memory.id, hit.memory.date, hit.memory.text) for hit in best])


class MemoryForgetTool:
    """Deletes what the user does not want kept any longer."""

    spec = spec("memory_forget", "Delete a memory that the user wants gone.", ForgetArguments)
    taints = False

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Delete it; asks first when strangers were read, since nothing brings it back."""
        id_ = parse(ForgetArguments, call.arguments).id
        memory = await _told(lambda: self._store.get(id_))
        if call.tainted and not await call.confirm(
            f"Forget this memory? A turn that has read the web asks for it.\n{memory.text}"
        ):
            raise ToolError("the user did not allow this")
        await _told(lambda: self._store.forget(memory.id))
        yield wording.forgotten(memory.id, memory.text)


async def _told(work: Callable[[], T]) -> T:
    """Run blocking work on the store in a thread; its failure is one that the model may hear."""
    try:
        return await asyncio.to_thread(work)
    except MemoryStoreError as error:
        raise ToolError(str(error)) from error
