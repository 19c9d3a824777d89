"""Memories on a real Chroma server, with a guard before it that wants a token."""

import contextlib
import gc
import http.client
import http.server
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from qchat.config.settings import MemorySettings
from qchat.egress.traffic import Traffic
from qchat.knowledge.library import Library
from qchat.memory.opening import open_memory
from qchat.runtime import offline
from qchat.runtime.paths import Paths
from qchat_memory.errors import MemoryStoreError
from qchat_memory.memory import Memory
from qchat_memory.storage import library
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.storage.index import Index
from qchat_memory.storage.vector_store import digest
from qchat_memory.store import MemoryStore

EMBEDDER = StaticEmbedder()
TOKEN = "open-sesame"

# Chroma's client leaves its connections to the garbage collector, also where it is closed.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Those connections go here, and not in another module's test."""
    yield
    gc.collect()


class _Guard(http.server.BaseHTTPRequestHandler):
    """Passes on what bears the token: Chroma's own server knows none since its version 1."""

    protocol_version = "HTTP/1.1"
    behind: ClassVar[int]

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._answer(401, b'{"error": "Unauthorized", "message": "no token"}')
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.behind, timeout=30)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "connection")}
        with contextlib.closing(connection):
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            self._answer(response.status, response.read())

    do_GET = do_POST = do_PUT = do_DELETE = _pass

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Nothing on the tests' output."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = _free_port()
    command = _serve(tmp_path_factory.mktemp("server"), port)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        _wait_for(port, server)
        guard = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Guard", (_Guard,), {"behind": port})
        )
        guard.daemon_threads = True
        threading.Thread(target=guard.serve_forever).start()
        yield f"http://127.0.0.1:{guard.server_port}"
        guard.shutdown()
        guard.server_close()
        server.terminate()


def _serve(folder: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "qchat", "memory", "serve", "--port", str(port), str(folder)]


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError("the Chroma server did not start")


def test_a_folder_has_one_server_and_nobody_else_reads_it(tmp_path: Path) -> None:
    folder, port = tmp_path / "chroma", _free_port()
    folder.mkdir(mode=0o755)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(_serve(folder, port), **quiet) as server:
        _wait_for(port, server)
        if sys.platform != "win32":
            assert not [f for f in (folder, *folder.rglob("*")) if f.stat().st_mode & 0o077]
        second = subprocess.run(
            _serve(folder, _free_port()), capture_output=True, text=True, timeout=60, check=False
        )
        server.terminate()
    assert second.returncode == 1
    assert "in use by another process" in second.stderr


def test_two_machines_share_one_users_memories(url: str, tmp_path: Path) -> None:
    here = MemoryStore(tmp_path / "here", "anna", EMBEDDER, server=url, token=TOKEN)
    there = MemoryStore(tmp_path / "there", "anna", EMBEDDER, server=url, token=TOKEN)
    saved = here.save("My parrot is called Zubiko.")
    assert there.list() == [saved]
    (hit,) = there.recall("what is my parrot called?")
    assert hit.memory.id == saved.id
    there.save("My parrot is called Kiko.")
    (memory,) = here.list()
    assert (memory.text, memory.before and memory.before.text) == (
        "My parrot is called Kiko.",
        "My parrot is called Zubiko.",
    )
    there.forget(memory.id)
    assert here.list() == []
    assert not list(tmp_path.rglob("chroma.sqlite3"))
    here.close()
    there.close()


def test_a_foreign_change_is_taken_in_alone(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is as it was is compared, and neither its vector is sent nor is it indexed again."""
    stores = [
        MemoryStore(tmp_path / name, "bert", EMBEDDER, server=url, token=TOKEN)
        for name in ("here", "there")
    ]
    here, there = stores
    here.import_lines(f'{{"text": "My locker {n} is in hall {n * 7}."}}' for n in range(50))
    assert there.count() == 50
    there.recall("Where is my locker 7?")  # a use that the server is not told of yet
    old = there.list()
    indexed: list[str] = []
    put = Index.put

    def watched(index: Index, memories: Sequence[Memory], vectors: Any) -> None:
        indexed.extend(memory.text for memory in memories)
        put(index, memories, vectors)

    new = here.save("My parrot is called Zubiko.")
    changed = here.update(old[3].id, "My kayak is called Otter.").memory
    gone = here.forget(old[4].id)
    pinned = here.pin(old[5].id)
    monkeypatch.setattr(Index, "put", watched)
    kept = {memory.id: memory for memory in there.list()}
    assert sorted(indexed) == sorted([new.text, changed.text, pinned.text])
    assert (kept[new.id], kept[changed.id], kept[pinned.id]) == (new, changed, pinned)
    assert gone.id not in kept
    assert len(kept) == 50
    assert sum(memory.uses for memory in kept.values()) > 0
    assert there.search("parrot")[0].memory.id == new.id
    for store in stores:
        store.close()


class Moving(Traffic):
    """Takes the server on this machine for one elsewhere, when told."""

    is_far = False

    def note(self, host: str, size: int, by: str) -> None:
        super().note("192.0.2.1:8000" if self.is_far else host, size, by)


def test_what_goes_to_a_server_is_noted_and_forbidden_offline(url: str, tmp_path: Path) -> None:
    traffic = Moving()
    settings = MemorySettings(chroma_url=url, chroma_token_env="QCHAT_TEST_TOKEN")
    paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QCHAT_TEST_TOKEN", TOKEN)
        store = open_memory(settings, paths, "carla", traffic)
        far = msgspec.structs.replace(settings, chroma_url="http://192.0.2.1:8000")
        forbidden = open_memory(far, paths, "carla", traffic)
    assert store is not None
    assert forbidden is not None
    offline.forbid()
    try:
        store.save("My parrot is called Zubiko.")  # loopback may be asked
        sent = traffic.taken()
        assert {event.host for event in sent} == {url.removeprefix("http://")}
        assert {event.by for event in sent} == {"memory server"}
        assert sum(event.bytes for event in sent) > 1_000  # a vector of 256 numbers, at least
        with pytest.raises(MemoryStoreError, match=r"offline, so 192\.0\.2\.1 is not asked"):
            forbidden.save("Never sent.")
        assert traffic.taken() == []
        # A connection that was open before does not go on either.
        traffic.is_far = True
        with pytest.raises(MemoryStoreError, match="offline"):
            store.list()
    finally:
        offline.forbid(on=False)
        store.close()
        forbidden.close()


def test_users_of_one_server_never_meet(url: str, tmp_path: Path) -> None:
    names = ["anna", "Anna", "../anna", "anna\x00", ""]
    for name in names:
        store = MemoryStore(tmp_path, name, EMBEDDER, server=url, token=TOKEN)
        assert store.list() == []
        store.save(f"I am number {names.index(name)}.")
        assert len(store.list()) == 1
        assert store.forget_all() == 1
        assert store.list() == []
        store.close()


class _Other(StaticEmbedder):
    name = "other"


def test_forgetting_all_leaves_no_collection_and_no_file(url: str, tmp_path: Path) -> None:
    """Not even the one that another embedder filled."""
    for embedder in (EMBEDDER, _Other()):
        store = MemoryStore(tmp_path, "dora", embedder, server=url, token=TOKEN)
        store.save("The secret word is Rumpelstiltskin.")
        store.reembed()
        store.close()
    assert len([name for name in _collections(url) if digest("dora") in name]) == 2
    with store.repository.transaction():
        assert store.repository.index.number() == 1
    assert store.forget_all() == 1
    store.close()
    assert not [c for c in _collections(url) if digest("dora") in c]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def _collections(url: str) -> list[str]:
    host, _, port = url.removeprefix("http://").partition(":")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    client = library.chromadb().HttpClient(host, int(port), headers=headers)
    try:
        return [collection.name for collection in client.list_collections()]
    finally:
        client.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("token", ["", "wrong"])
def test_a_wrong_token_is_a_clear_error(url: str, tmp_path: Path, token: str) -> None:
    store = MemoryStore(tmp_path, "anna", EMBEDDER, server=url, token=token)
    with pytest.raises(MemoryStoreError, match=r"does not answer as it should .* token") as raised:
        store.save("Never kept.")
    assert "\n" not in str(raised.value)


def test_no_server_is_a_clear_error(tmp_path: Path) -> None:
    store = MemoryStore(tmp_path, "anna", EMBEDDER, server=f"http://127.0.0.1:{_free_port()}")
    with pytest.raises(MemoryStoreError, match="check that it runs"):
        store.list()
    with pytest.raises(MemoryStoreError, match=r"must be like http://host:8000"):
        MemoryStore(tmp_path, "anna", EMBEDDER, server="localhost:8000").list()


def test_own_folders_are_found_on_the_server_too(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHROMA_TOKEN", TOKEN)
    notes, home = tmp_path / "notes", tmp_path / "home"
    notes.mkdir()
    (notes / "lease.md").write_text("The lease of the flat ends in March.")
    (notes / "bread.md").write_text("Dough rises in warmth.")
    traffic = Traffic()
    library = Library(
        Paths(home, home, home / "logs"), "ada", MemorySettings(chroma_url=url), traffic
    )
    try:
        library.add(notes)
        library.sync()
        found = library.search("when does the rental of the apartment end?", library.scope(""))
        assert found[0].path == "lease.md"
        assert not list(home.rglob("chroma.sqlite3"))
        assert traffic.taken()  # and it is told what left
        (folder,) = library.folders()
        assert folder.embedder == library.embedder_name
        library.remove("notes")
    finally:
        library.close()
