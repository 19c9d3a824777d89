"""Another embedder in the settings: the next start makes the new vectors, seen and resumable."""

import asyncio
import subprocess
import threading
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from qchat.backends.embeddings import EndpointEmbedder, LocalEmbedder
from qchat.commands import CommandContext, ShowMessage, execute
from qchat.config.settings import MemorySettings, Settings, WebSettings
from qchat.conversation.workspace import Workspace
from qchat.egress import ledger as egress
from qchat.egress.traffic import Traffic
from qchat.memory.opening import embedder_of
from qchat.memory.reembedding import Reembedding
from qchat.runtime import offline
from qchat.runtime.paths import Paths
from qchat.store.egress import OUTSIDE
from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.storage.reembedding import BATCH
from qchat_memory.storage.similarity_scale import PAIRS
from qchat_memory.store import MemoryStore
from tests.embeddings_gate import Gate, gate
from tests.engines import write_babbler
from tests.program import QCHAT, environment
from tests.scripted import ScriptedBackend, calls, says
from tests.terminal import Terminal, needs_tmux
from tests.tui.conftest import Chats, screen, wait_until

NUMBER = 3 * BATCH + 8
"""Four batches."""
MEASURED = 1 + len(PAIRS)
"""Requests for an embedder's spread: the texts at once, and each question."""
STATIC = StaticEmbedder()


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEmbedder]:
    model = tmp_path_factory.mktemp("model") / "babbler.gguf"
    embedder = LocalEmbedder(write_babbler(model, embeds=True))
    embedder.embed(["start"])
    yield embedder
    embedder.close()


@pytest.fixture
def endpoint(local: LocalEmbedder) -> Iterator[Gate]:
    assert local.engine is not None
    with gate(local.engine.base_url, local.engine.api_key) as opened:
        yield opened


def _filled(home: Path) -> Paths:
    """A home with memories of the default embedder."""
    paths = Paths(home, home, home / "logs")
    store = MemoryStore(paths.memory_dir, "default", STATIC)
    lines = [f'{{"text": "My locker number {n} is in hall {n * 7}."}}' for n in range(NUMBER - 1)]
    store.import_lines([*lines, '{"text": "My parrot is called Zubiko."}'])
    store.close()
    return paths


def _whole(paths: Paths, embedder: EndpointEmbedder) -> None:
    """Every memory is there, with a vector of the embedder, and nothing is left of the old ones."""
    store = MemoryStore(paths.memory_dir, "default", embedder)
    assert not store.stale()
    assert store.count() == NUMBER
    assert store.recall("What is my parrot called?")[0].memory.text.endswith("Zubiko.")
    with store.repository.transaction() as transaction:
        found = transaction.collection.get(include=["embeddings", "documents"])
        root = transaction.collections().root()
        assert (root.metadata["making"], root.metadata["rest"]) == ("", "")
    assert len(found["ids"]) == NUMBER
    some = slice(0, NUMBER, 17)
    wanted = embedder.embed(found["documents"][some])
    assert abs((found["embeddings"][some] * wanted).sum(axis=1) - 1).max() < 1e-3
    store.close()


def _settings(url: str) -> Settings:
    return Settings(
        web=WebSettings(enabled=False),
        memory=MemorySettings(embedder=url, embedder_model="babbler"),
    )


async def test_the_next_start_makes_the_new_vectors_and_shows_a_bar(
    tmp_path: Path, endpoint: Gate, local: LocalEmbedder
) -> None:
    paths = _filled(tmp_path)
    chats = Chats(tmp_path)
    chats.settings = _settings(endpoint.url)
    async with chats.chat(ScriptedBackend(says("Zubiko.")), size=(140, 40)) as pilot:
        endpoint.let(1)
        of = f"of {NUMBER}"
        await wait_until(pilot, lambda: f"╌ {BATCH} {of}" in screen(pilot), tries=2000)
        assert "new vectors for memories ━" in screen(pilot)
        # The old ones are in use meanwhile, by recall and by a save.
        memories = pilot.app.session.toolbox.memories
        assert "Zubiko" in (await memories.recall("What is my parrot called?"))[0].text
        await memories.keep("My kayak is called Otter.")
        endpoint.let(100)
        await wait_until(pilot, lambda: "All memories have vectors by" in screen(pilot), tries=2000)
        assert "new vectors" not in screen(pilot)
        (kayak,) = [m for m in await memories.list() if "Otter" in m.text]
        await memories.forget(kayak.id)
        assert "Zubiko" in (await memories.recall("What is my parrot called?"))[0].text
    _whole(paths, EndpointEmbedder(endpoint.url, "babbler"))


def test_killed_in_between_it_goes_on_and_ends_whole(tmp_path: Path, endpoint: Gate) -> None:
    paths = _filled(tmp_path)
    config = f'[memory]\nembedder = "{endpoint.url}"\nembedder_model = "babbler"\n'
    paths.config_file.write_text(config)
    command = [*QCHAT, "memory", "reembed"]
    for number in (1, 2):
        endpoint.waiting.clear()
        endpoint.let(1)
        with subprocess.Popen(command, env=environment(tmp_path)) as process:
            assert endpoint.waiting.wait(60)
            process.kill()
        assert len(endpoint.texts) == number * BATCH
    endpoint.let(1_000)
    done = subprocess.run(
        command, env=environment(tmp_path), capture_output=True, text=True, check=True
    )
    assert f"endpoint:{endpoint.url} babbler" in done.stdout
    # What was made before the kills was not made again; the request of a killed one may be counted.
    assert NUMBER <= len(set(endpoint.texts)) <= len(endpoint.texts) <= NUMBER + 2 * BATCH
    _whole(paths, EndpointEmbedder(endpoint.url, "babbler"))


def test_two_that_do_it_at_once_lose_nothing(tmp_path: Path, endpoint: Gate) -> None:
    paths = _filled(tmp_path)
    endpoint.let(1_000)
    stores = [
        MemoryStore(
            paths.memory_dir,
            "default",
            EndpointEmbedder(endpoint.url, "babbler"),
            known={STATIC.name: STATIC}.get,
        )
        for _ in range(2)
    ]
    threads = [threading.Thread(target=store.reembed) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.count() for store in stores] == [NUMBER, NUMBER]
    for store in stores:
        store.close()
    _whole(paths, EndpointEmbedder(endpoint.url, "babbler"))


@needs_tmux
def test_a_sub_command_does_it_too_with_a_bar_and_the_repl_below_its_prompt(
    tmp_path: Path, endpoint: Gate
) -> None:
    paths = _filled(tmp_path)
    config = f'[memory]\nembedder = "{endpoint.url}"\nembedder_model = "babbler"\n'
    paths.config_file.write_text(config)
    window = Terminal(tmp_path, width=120)
    try:
        window.run("memory", "search", "parrot")
        window.wait_for("My parrot is called Zubiko.", "memories get new vectors")
        assert endpoint.waiting.wait(60)
        endpoint.waiting.clear()
        endpoint.let(1)
        window.wait_for("━╸━", f"{BATCH}/{NUMBER}")
        assert endpoint.waiting.wait(60)
        window.press("C-c")
        window.wait_for("exit=130")
        window.run("repl")
        endpoint.let(2)  # the request that Ctrl+C left behind takes one
        window.wait_for("new vectors for memories ━", f"{2 * BATCH} of {NUMBER}", "\n>")
        endpoint.let(1_000)
        window.wait_for("All memories have vectors by")
        window.wait_for("new vectors for memories", absent=True)
        window.type("/memory parrot")
        window.wait_for("My parrot is called Zubiko.")
        window.press("C-d")
        window.wait_for("exit=0")
    finally:
        window.close()
    _whole(paths, EndpointEmbedder(endpoint.url, "babbler"))


async def test_what_cannot_be_done_is_said_and_the_old_vectors_serve(tmp_path: Path) -> None:
    paths = _filled(tmp_path)
    workspace = Workspace(_settings("http://127.0.0.1:9/v1"), paths)
    memories = workspace.open().toolbox.memories
    with pytest.raises(Exception, match=r"memories keep their old vectors: .*memory\.embedder"):
        await workspace.reembedding.run()
    assert "Zubiko" in (await memories.recall("What is my parrot called?"))[0].text
    assert workspace.reembedding.shown == ""
    await workspace.aclose()


async def test_the_end_of_the_program_stops_it_between_two_batches(
    tmp_path: Path, endpoint: Gate
) -> None:
    paths = _filled(tmp_path)
    workspace = Workspace(_settings(endpoint.url), paths)
    running = asyncio.create_task(workspace.reembedding.run())
    await asyncio.to_thread(endpoint.waiting.wait, 60)
    running.cancel()  # as the interface's end does
    ended = asyncio.create_task(workspace.aclose())
    await asyncio.sleep(0)
    endpoint.let(1)
    await ended
    assert len(endpoint.texts) == BATCH
    store = MemoryStore(paths.memory_dir, "default", STATIC)
    assert store.count() == NUMBER
    store.close()


async def test_there_is_nothing_to_do_without_memories_or_a_change(tmp_path: Path) -> None:
    assert await Reembedding(None).run() == ""
    store = MemoryStore(tmp_path / "none", "default", STATIC)
    assert await Reembedding(store).run() == ""
    assert not store.repository.folder.exists()
    store.close()


async def test_what_goes_to_an_endpoint_is_in_the_ledger(tmp_path: Path, endpoint: Gate) -> None:
    paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
    endpoint.let(1_000)
    workspace = Workspace(_settings(endpoint.url), paths)
    session = workspace.open()
    place = CommandContext(workspace, session)
    await execute("/remember My parrot is called Zubiko.", place)
    save = calls(("c1", "memory_save", '{"text": "My kayak is called Otter."}'))
    session.backend = ScriptedBackend(says("Zubiko."), save, says("Kept."))
    for prompt in ("What is my parrot called?", "My kayak is called Otter."):
        async with aclosing(session.send(prompt)) as stream:
            assert [event async for event in stream]
    host = endpoint.url.removeprefix("http://").removesuffix("/v1")
    said = await execute("/egress", place)
    assert isinstance(said, ShowMessage)
    lines = said.text.splitlines()
    # The first question has the embedder's spread measured, once: ten texts, each one's question.
    assert f"  {host} (embeddings): {1 + MEASURED} requests" in lines[1]
    assert lines[0] == "What is my parrot called?"
    assert lines[2] == "My kayak is called Otter."
    assert f"  {host} (embeddings): 2 requests" in lines[3]  # the recall and the save
    assert OUTSIDE in lines
    assert lines[-1].startswith(f"  {host} (embeddings): {4 + MEASURED} requests")
    await workspace.aclose()
    again = Workspace(_settings(endpoint.url), paths)
    assert f"{4 + MEASURED} requests" in egress.report(again.open(session.id).senders())
    await again.aclose()


async def test_offline_no_endpoint_but_one_here_is_asked(tmp_path: Path, endpoint: Gate) -> None:
    endpoint.let(1_000)
    offline.forbid()
    try:
        for url, allowed in ((endpoint.url, True), ("http://192.0.2.1/v1", False)):
            traffic = Traffic()
            embedder = embedder_of(_settings(url).memory, traffic)
            if allowed:
                assert embedder.embed(["one"]).shape[0] == 1
                assert len(traffic.taken()) == 1
            else:
                with pytest.raises(
                    MemoryStoreError, match=r"offline, so 192\.0\.2\.1 is not asked"
                ):
                    embedder.embed(["one"])
                assert traffic.taken() == []
    finally:
        offline.forbid(on=False)
