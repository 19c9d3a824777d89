"""What a turn costs in a talk of thousands of turns against one of fifty, and what looks at all of
them: search, and deletion.

Store, history, view, loop and wire are the real ones, over a real connection; the model's server is
a script in another thread, whose time is not counted.
"""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from qchat.bench.longsession import FEW, MANY, fill
from qchat.bench.steps import Server, reply
from qchat.bench.table import Row, middle
from qchat.config.settings import BackendSettings, MemorySettings, Settings, WebSettings
from qchat.conversation.workspace import Workspace
from qchat.protocol.events import StepFinished
from qchat.runtime.paths import Paths
from qchat.store import Store

CONTEXT = 16_384
"""Fifty turns fill most of it; of thousands, what a compaction leaves does."""
ROUNDS = 5
TURNS = 3
"""After the first one: their ends are measured."""
SEARCHED = ("4321", "quick brown fox", "no")
"""A rare number, words that are everywhere, and what is too short for the index."""
MAX_SEARCH_S, MAX_DELETE_S = 0.05, 1.0


async def rows() -> list[Row]:
    server = Server(lambda _asked: reply("Yes."))
    server.start()
    with TemporaryDirectory() as folder:
        home = Path(folder)
        paths = Paths(home, home, home / "logs")
        store = Store(paths.sessions_db)
        long, short = fill(store, "default", MANY), fill(store, "default", FEW)
        store.index.search("default", "to be up to date")
        store.close()
        settings = _settings(server.url)
        for id_ in (long, short):  # the long one is compacted by that, as it would have been
            await _turns(settings, paths, id_)
        asked: dict[str, list[float]] = {long: [], short: []}
        ended: dict[str, list[float]] = {long: [], short: []}
        for _ in range(ROUNDS):
            for id_ in (long, short):
                first, ends = await _turns(settings, paths, id_)
                asked[id_].append(first)
                ended[id_] += ends
        return [
            _against("first request", asked[long], asked[short]),
            _against("end of a turn", ended[long], ended[short]),
            *_looked_through(paths, long),
        ]


def _settings(url: str) -> Settings:
    there = BackendSettings(kind="openai", base_url=url, model="qwen3-8b", context=CONTEXT)
    return Settings(
        backend="bench",
        backends={"bench": there},
        memory=MemorySettings(enabled=False),
        web=WebSettings(enabled=False),
    )


async def _turns(settings: Settings, paths: Paths, id_: str) -> tuple[float, list[float]]:
    """Go on with a conversation that was just opened: seconds of this thread until the first answer
    has come, and from each answer to the end of its turn and what stands below the prompt then."""
    workspace = Workspace(settings, paths, tools=frozenset())
    session = workspace.open(id_)
    began = time.thread_time()
    first, ends = 0.0, []
    for _ in range(TURNS + 1):
        answered = began
        async for event in session.send("And now?"):
            if isinstance(event, StepFinished):
                answered = time.thread_time()
        first = first or answered - began
        session.context.next_request()
        ends.append(time.thread_time() - answered)
    await workspace.aclose()
    return first, ends[1:]


def _against(what: str, many: list[float], few: list[float]) -> Row:
    slow, fast = middle(many), middle(few)
    return Row(
        f"{what} in a talk of {MANY:,} turns",
        f"{slow * 1e3:.1f} ms",
        f"{fast * 1e3:.1f} ms with {FEW}",
        slow / fast,
        1.2,
    )


def _looked_through(paths: Paths, session: str) -> list[Row]:
    store = Store(paths.sessions_db)
    searches = []
    for words in SEARCHED:
        began = time.process_time()
        store.index.search("default", words)
        searches.append(time.process_time() - began)
    began = time.process_time()
    store.delete_session(session)
    deleted = time.process_time() - began
    store.close()
    return [
        Row(
            f"search in {MANY:,} turns, the slowest of {len(SEARCHED)}",
            f"{max(searches) * 1e3:.1f} ms",
            f"{MAX_SEARCH_S * 1e3:.0f} ms",
            max(searches) / MAX_SEARCH_S,
            1.0,
        ),
        Row(
            f"delete a talk of {MANY:,} turns",
            f"{deleted:.2f} s",
            f"{MAX_DELETE_S:.0f} s",
            deleted / MAX_DELETE_S,
            1.0,
        ),
    ]
