"""All that is kept goes into one file and comes back; a damaged or foreign file changes nothing."""

import io
import os
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from qchat.admin import archive
from qchat.protocol.errors import QchatError
from qchat.protocol.events import Text, TurnFinished
from qchat.runtime.paths import Paths
from qchat.store import Store
from qchat_memory.store import MemoryStore


@pytest.fixture
async def paths(tmp_path: Path) -> Paths:
    home = tmp_path / "home"
    found = Paths(home, home, home / "logs")
    chat(found, "hello")
    with closing(MemoryStore(found.memory_dir, "default")) as memory:
        memory.keep("My boat is called Nerida")
    found.config_file.write_text('theme = "paper"\n')
    found.keys_file.write_text('{"a@b": "sk-secret"}')
    found.keys_file.chmod(0o600)
    found.files_dir.mkdir(exist_ok=True)
    (found.files_dir / "abc").write_bytes(b"picture")
    found.models_dir.mkdir()
    (found.models_dir / "big.gguf").write_bytes(b"GGUF")
    return found


def chat(paths: Paths, prompt: str) -> None:
    with closing(Store(paths.sessions_db)) as store:
        writer = store.begin_turn(store.create_session("default").id, None, prompt)
        writer.add(Text("there"))
        writer.add(TurnFinished("stop"))
        writer.close()


def prompts(paths: Paths) -> list[str]:
    with closing(Store(paths.sessions_db)) as store:
        return store.prompts("default")


def kept(paths: Paths) -> dict[Path, bytes]:
    """All but the memories, which Chroma still closes while one looks."""
    files = (path for path in paths.data_dir.rglob("*") if path.is_file())
    return {path: path.read_bytes() for path in files if paths.memory_dir not in path.parents}


def elsewhere(tmp_path: Path) -> Paths:
    home = tmp_path / "other machine"
    return Paths(home, home, home / "logs")


async def test_it_comes_back_on_another_machine(paths: Paths, tmp_path: Path) -> None:
    file = tmp_path / "all.tar.gz"
    with closing(Store(paths.sessions_db)) as open_meanwhile:
        open_meanwhile.create_session("default")
        assert archive.write(paths, file) == file.stat().st_size
    assert os.name != "posix" or file.stat().st_mode & 0o077 == 0
    there = elsewhere(tmp_path)
    assert archive.restore(there, file) is None
    assert prompts(there) == ["hello"]
    assert there.config_file.read_text() == 'theme = "paper"\n'
    assert (there.files_dir / "abc").read_bytes() == b"picture"
    assert not there.keys_file.exists()
    assert not there.models_dir.exists()
    with closing(MemoryStore(there.memory_dir, "default")) as memory:
        assert [found.text for found in memory.list()] == ["My boat is called Nerida"]
        assert memory.search("boat")
    for path in there.data_dir.rglob("*"):
        assert os.name != "posix" or path.stat().st_mode & 0o077 == 0, path


async def test_keys_and_models_go_along_where_that_is_asked_for(
    paths: Paths, tmp_path: Path
) -> None:
    file = tmp_path / "all.tar.gz"
    archive.write(paths, file, keys=True, models=True)
    there = elsewhere(tmp_path)
    archive.restore(there, file)
    assert "sk-secret" in there.keys_file.read_text()
    assert (there.models_dir / "big.gguf").exists()
    assert "keys and models" in archive.described(archive.read_manifest(file))


async def test_what_was_there_is_set_aside(paths: Paths, tmp_path: Path) -> None:
    file = tmp_path / "all.tar.gz"
    archive.write(paths, file)
    chat(paths, "later")
    aside = archive.restore(paths, file)
    assert prompts(paths) == ["hello"]
    assert aside is not None
    assert sorted(prompts(Paths(aside, aside, aside))) == ["hello", "later"]
    assert paths.keys_file.exists(), "what the backup does not hold stays"


async def test_conversations_that_are_open_elsewhere_are_not_replaced(
    paths: Paths, tmp_path: Path
) -> None:
    """What is said there would be set aside with them, and nobody told."""
    target = tmp_path / "backup.tar.gz"
    archive.write(paths, target)
    chat(paths, "said since")
    with closing(Store(paths.sessions_db)) as there:
        assert there.prompts("default")
        with pytest.raises(QchatError, match="Another qchat has the conversations open"):
            archive.restore(paths, target)
        assert "said since" in there.prompts("default")
    assert archive.restore(paths, target) is not None
    assert prompts(paths) == ["hello"]


async def test_damaged_conversations_are_replaced(paths: Paths, tmp_path: Path) -> None:
    target = tmp_path / "backup.tar.gz"
    archive.write(paths, target)
    paths.sessions_db.write_bytes(b"no database" * 1000)
    assert archive.restore(paths, target) is not None
    assert prompts(paths) == ["hello"]


def made(file: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(file, "w:gz") as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file


MANIFEST = b'{"format": 1, "qchat": "0.1.0", "schema": 1, "created_at": 0}'


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([], "not a backup"),
        ([(member(archive.MANIFEST), b"{}")], "not a backup"),
        (
            [(member(archive.MANIFEST), MANIFEST.replace(b'"schema": 1', b'"schema": 999'))],
            "Upgrade",
        ),
        ([(member("../evil"), b"x")], "never writes"),
        ([(member("/etc/evil"), b"x")], "never writes"),
        ([(member("data/../../evil"), b"x")], "never writes"),
        ([(member("data/link", tarfile.SYMTYPE, "/etc/passwd"), b"")], "never writes"),
        ([(member("data/sessions.db"), b"no database")], "damaged"),
    ],
)
async def test_a_file_that_is_none_changes_nothing(
    paths: Paths, tmp_path: Path, members: list[tuple[tarfile.TarInfo, bytes]], said: str
) -> None:
    has_own = any(info.name == archive.MANIFEST for info, _ in members)
    own = [] if has_own or not members else [(member(archive.MANIFEST), MANIFEST)]
    file = made(tmp_path / "x.tar.gz", *own, *members)
    before = kept(paths)
    with pytest.raises(QchatError, match=said):
        archive.restore(paths, file)
    assert kept(paths) == before
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
async def test_a_backup_that_is_cut_short_changes_nothing(
    paths: Paths, tmp_path: Path, share: float
) -> None:
    file = tmp_path / "all.tar.gz"
    archive.write(paths, file)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    with pytest.raises(QchatError, match=r"damaged|not a backup"):
        archive.restore(paths, file)
    assert prompts(paths) == ["hello"]


async def test_a_place_that_cannot_be_written_is_said(paths: Paths, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(QchatError, match="Cannot write the backup"):
        archive.write(paths, tmp_path / "file" / "x.tar.gz")


async def test_the_databases_are_whole(paths: Paths, tmp_path: Path) -> None:
    file = tmp_path / "all.tar.gz"
    archive.write(paths, file)
    there = elsewhere(tmp_path)
    archive.restore(there, file)
    with closing(sqlite3.connect(there.sessions_db)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
