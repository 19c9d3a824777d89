"""The model's own hands on the user's memories: save, search, update, forget."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from functools import partial
from typing import Annotated, TypeVar

import msgspec

from qchat_memory.contradiction import newest_first
from qchat_memory.errors import MemoryStoreError
from qchat_memory.language.invisible import with_invisible_shown, without_invisible
from qchat_memory.language.secret import secret_in
from qchat_memory.localized_text import tr
from qchat_memory.memory import Kept, Kind, Memory
from qchat_memory.origin import MAX_ORIGINS, QCHAT, Origin
from qchat_memory.relevance import fitting, without_secrets
from qchat_memory.store import MemoryStore, Told
from qchat_tools import wording
from qchat_tools.base import Call, Refused, ToolError, parse, spec
from qchat_tools.parts import Part, SavedMemory, TextPart
from qchat_tools.taint import because, said_by_user

T = TypeVar("T")


class SaveArguments(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(description="One fact, in the user's words")]
    kind: Annotated[Kind, msgspec.Meta(description="What sort of thing it is")] = "fact"
    project: Annotated[
        bool, msgspec.Meta(description="True if it holds only in the folder worked in")
    ] = False


class SearchArguments(msgspec.Struct, forbid_unknown_fields=True):
    query: Annotated[str, msgspec.Meta(description="What to look for")]


class UpdateArguments(msgspec.Struct, forbid_unknown_fields=True):
    id: Annotated[str, msgspec.Meta(description="The id that a search or a save showed")]
    text: Annotated[str, msgspec.Meta(description="What is true from now on")]


class ForgetArguments(msgspec.Struct, forbid_unknown_fields=True):
    id: Annotated[str, msgspec.Meta(description="The id that a search or a save showed")]


class MemorySaveTool:
    """Keeps a fact about the user; asks first for secrets, and when strangers were read."""

    spec = spec("memory_save", "Keep a fact about the user for later conversations.", SaveArguments)
    origin = QCHAT

    def __init__(self, store: MemoryStore, session: str = "", turn: str = "") -> None:
        self._store = store
        self._session = session
        self._turn = turn

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Save it. Raises ToolError when refused, by the user or by the store."""
        asked = parse(SaveArguments, call.arguments)
        origins = await _allowed(call, asked.text, tr("Save this memory?"))
        where = Told(session=self._session, turn=self._turn, origins=origins, kind=asked.kind)
        where["project"] = self._store.project if asked.project else ""
        kept = await _saved(self._store, lambda: self._store.keep(asked.text, **where))
        yield _report(kept)
        yield SavedMemory(kept.memory.id, kept.memory.text, kept.memory.project)


class MemorySearchTool:
    """Looks through what was kept, when the recalled memories do not have it."""

    spec = spec(
        "memory_search", "Search what the user has told in earlier conversations.", SearchArguments
    )
    origin = Origin("memory")

    def __init__(self, store: MemoryStore, limit: int = 5) -> None:
        self._store = store
        self._limit = limit

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Find what clearly fits; else the weak hits, since the model asked and can judge."""
        query = parse(SearchArguments, call.arguments).query
        hits = await _told(lambda: self._store.search(query, self._limit))
        hits = without_secrets(hits, query)
        best = [hit.memory for hit in newest_first(fitting(hits, query) or hits)]
        kept_with = tuple(origin for memory in best for origin in memory.saved_with)
        yield _in_words_of(kept_with, wording.found([_found(memory) for memory in best]))


class MemoryUpdateTool:
    """Lets a memory say something new; what it said stays as its past."""

    spec = spec("memory_update", "Change a memory that is no longer true.", UpdateArguments)
    origin = QCHAT

    def __init__(self, store: MemoryStore, session: str = "", turn: str = "") -> None:
        self._store = store
        self._session = session
        self._turn = turn

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Update it; asks first as a save does. Raises ToolError."""
        asked = parse(UpdateArguments, call.arguments)
        old = await _told(lambda: self._store.get(asked.id))
        change = f"{old.text}\n→ {asked.text}"
        origins = await _allowed(call, asked.text, tr("Change this memory?"), change)
        where = Told(session=self._session, turn=self._turn, origins=origins)
        kept = await _saved(self._store, lambda: self._store.update(old.id, asked.text, **where))
        yield _report(kept)
        yield SavedMemory(kept.memory.id, kept.memory.text, kept.memory.project)


class MemoryForgetTool:
    """Deletes what the user does not want kept any longer."""

    spec = spec("memory_forget", "Delete a memory that the user wants gone.", ForgetArguments)
    origin = QCHAT

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Delete it; asks first when strangers were read, since nothing brings it back."""
        id_ = parse(ForgetArguments, call.arguments).id
        memory = await _told(lambda: self._store.get(id_))
        forget = tr("Forget this memory?")
        question = f"{forget} {because(call.provenance)}\n{with_invisible_shown(memory.text)}"
        if call.provenance.tainted and not await call.confirm(question):
            raise Refused()
        await _told(lambda: self._store.forget(memory.id))
        told = wording.forgotten(memory.id, without_invisible(memory.text))
        yield _in_words_of(memory.saved_with, told)


def past(memory: Memory) -> wording.Past | None:
    """What a memory said before, as the model is told it."""
    before = memory.before
    return wording.Past(before.date, without_invisible(before.text)) if before is not None else None


async def _allowed(call: Call, said: str, question: str, shown: str = "") -> tuple[Origin, ...]:
    """Ask where the user must be asked; gives back whose words were read, empty for the user's own.

    Raises Refused when the user does not allow it.
    """
    strange = call.provenance.tainted and not said_by_user(call.provenance, said)
    secret = secret_in(said)
    reasons = [because(call.provenance)] if strange else []
    reasons += [tr("It looks like {secret}.", secret=tr(secret))] if secret else []
    if reasons and not await call.confirm(
        f"{question} {' '.join(reasons)}\n{with_invisible_shown(shown or said)}"
    ):
        raise Refused()
    return call.provenance.untrusted[:MAX_ORIGINS] if strange else ()


def _report(kept: Kept) -> TextPart:
    memory, replaced = kept.memory, kept.replaced
    text = without_invisible(memory.text)
    if replaced is None:
        return _in_words_of(memory.saved_with, wording.saved(memory.id, text))
    past = wording.Past(replaced.date, without_invisible(replaced.text))
    saved_with = (*memory.saved_with, *replaced.saved_with)
    return _in_words_of(saved_with, wording.updated(memory.id, text, past))


def _in_words_of(saved_with: Iterable[Origin], told: TextPart) -> TextPart:
    """What is told of memories is theirs who were read when they were saved."""
    return msgspec.structs.replace(told, origin=Origin("memory", of=tuple(saved_with)))


def _found(memory: Memory) -> wording.Found:
    text = without_invisible(memory.text)
    return wording.Found(memory.id, memory.date, text, past(memory))


async def _saved(store: MemoryStore, work: Callable[[], Kept]) -> Kept:
    """Do a save, unless too many wait already. Raises ToolError.

    Nobody sees one that is stopped while it is made: it is taken back.
    """
    try:
        with store.saving.one():
            saving = asyncio.ensure_future(_told(work))
            try:
                return await asyncio.shield(saving)
            except asyncio.CancelledError:
                saving.add_done_callback(partial(_taken_back, store))
                raise
    except MemoryStoreError as error:
        raise ToolError(str(error)) from error


def _taken_back(store: MemoryStore, saving: "asyncio.Future[Kept]") -> None:
    """Undo a save that has been made after all; in a thread of its own, since nobody waits."""
    if not saving.cancelled() and saving.exception() is None:
        saving.get_loop().run_in_executor(None, store.undo, saving.result().memory.id)


async def _told(work: Callable[[], T]) -> T:
    """Run blocking work on the store in a thread; its failure is one that the model may hear."""
    try:
        return await asyncio.to_thread(work)
    except MemoryStoreError as error:
        raise ToolError(str(error)) from error
