"""A Chroma server that several accounts share: each installation has its own memories."""

import gc
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage import installation
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.store import MemoryStore
from tests.forked import forked as qchat

pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Chroma's client leaves its connections to the garbage collector."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chroma = [sys.executable, "-m", "qchat", "memory", "serve", str(folder)]
    with subprocess.Popen(
        [*chroma, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "ANONYMIZED_TELEMETRY": "False"},
    ) as server:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
        server.terminate()


def _home(folder: Path, url: str) -> Path:
    folder.mkdir()
    (folder / "config.toml").write_text(f'[memory]\nchroma_url = "{url}"\n')
    return folder


def test_two_accounts_on_one_server_see_and_delete_nothing_of_each_other(
    tmp_path: Path, url: str
) -> None:
    anna, bert = _home(tmp_path / "anna", url), _home(tmp_path / "bert", url)
    assert qchat(anna, "memory", "add", "My boat is blue.").returncode == 0
    assert qchat(bert, "memory", "list").stdout == ""
    assert qchat(bert, "memory", "add", "My boat is red.").returncode == 0
    assert "blue" not in qchat(bert, "memory", "search", "boat").stdout
    assert qchat(bert, "memory", "forget", "--all").stdout == "forgot all: 1 memory\n"
    assert "blue" in qchat(anna, "memory", "list").stdout
    # Moved on purpose: a second machine of one user.
    name = qchat(anna, "memory", "identity").stdout.strip()
    assert qchat(bert, "memory", "identity", name).stdout.strip() == name
    assert "blue" in qchat(bert, "memory", "list").stdout


def test_memories_of_the_first_version_are_told_of_and_taken_on_purpose(
    tmp_path: Path, url: str
) -> None:
    old = MemoryStore(tmp_path / "old", "default", StaticEmbedder(), server=url)
    old.save("My old boat is green.")
    old.close()
    home = _home(tmp_path / "new", url)
    assert qchat(home, "memory", "list").stdout == ""
    assert "qchat memory identity shared" in qchat(home, "doctor").stdout
    assert qchat(home, "memory", "identity", "shared").stdout == "shared\n"
    assert "green" in qchat(home, "memory", "list").stdout
    assert "identity shared" not in qchat(home, "doctor").stdout


def test_the_name_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    name = installation.identity(tmp_path / "memory")
    assert installation.identity(tmp_path / "memory") == name != installation.identity(tmp_path)
    if os.name == "posix":
        assert (tmp_path / "memory" / "installation").stat().st_mode & 0o077 == 0
    for wrong in ("", "x", name[:-1], f"{name} {name}", "../" * 8):
        with pytest.raises(MemoryStoreError, match="32 digits"):
            installation.take(tmp_path / "memory", wrong)
    assert installation.identity(tmp_path / "memory") == name
