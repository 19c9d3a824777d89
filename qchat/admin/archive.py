"""Everything that is kept, as one file, and back: databases as they are at one moment.

A gzipped tar with a manifest. Databases go in by SQLite's own copy, so that a chat may go on
meanwhile; memories while nobody else writes them. Models and installed packages can be fetched
again and are left out; keys go in only when that is asked for.
"""

import io
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path, PurePosixPath

import msgspec

from qchat import __version__
from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths, private_dir
from qchat.store.schema import VERSION
from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.lock import exclusive

MANIFEST = "qchat-backup.json"
FORMAT = 1
CONFIG = ("config.toml", "users", "themes")
DATA = ("sessions.db", "memory", "files", "work", "history")
KEYS = "keys.json"
MODELS = "models"
_PATIENCE_S = 2.0
"""How long a short command beside a restore may take."""
_SQLITE = b"SQLite format 3\0"
_LEFT_OUT = (".lock", "-wal", "-shm", "-journal", ".part")
"""Ends of names that are of no use elsewhere: SQLite's copy holds what its side files say."""


class Manifest(msgspec.Struct):
    """What a backup says of itself."""

    format: int
    qchat: str
    schema: int
    created_at: float
    keys: bool = False
    models: bool = False


def write(paths: Paths, target: Path, *, keys: bool = False, models: bool = False) -> int:
    """Write all that is kept to a file that only its owner can read; its size in bytes.

    The file appears whole, or not at all. Raises QchatError.
    """
    manifest = Manifest(FORMAT, __version__, VERSION, time.time(), keys, models)
    part = target.with_name(f".{target.name}.part")
    try:
        with _made_privately(part) as raw, tarfile.open(fileobj=raw, mode="w:gz") as tar:
            _add_bytes(tar, MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
            with _memories_at_rest(paths):
                for name, path in _wanted(paths, keys=keys, models=models):
                    _add(tar, name, path)
        part.replace(target)
    except OSError as error:
        raise QchatError(
            tr(
                "Cannot write the backup {target}: {error}.",
                target=target,
                error=error.strerror or error,
            )
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return target.stat().st_size


def read_manifest(source: Path) -> Manifest:
    """What a backup says of itself. Raises QchatError for a file that is none."""
    with _opened(source) as tar:
        try:
            member = tar.extractfile(MANIFEST)
            found = msgspec.json.decode(member.read() if member else b"", type=Manifest)
        except (KeyError, msgspec.DecodeError) as error:
            raise QchatError(tr("{source} is not a backup of qchat.", source=source)) from error
    if found.format > FORMAT or found.schema > VERSION:
        raise QchatError(
            tr(
                "{source} was written by qchat {qchat}, which is newer than this "
                "({version}). Upgrade qchat, then restore it.",
                source=source,
                qchat=found.qchat,
                version=__version__,
            )
        )
    return found


def restore(paths: Paths, source: Path) -> Path | None:
    """Put everything of a backup in place; what was there is set aside, in the folder returned.

    All of it is unpacked first: a damaged backup changes nothing. Raises QchatError.
    """
    read_manifest(source)
    private_dir(paths.data_dir)
    private_dir(paths.config_dir)
    with tempfile.TemporaryDirectory(dir=paths.data_dir, prefix=".restore-") as made:
        fresh = Path(made)
        with _opened(source) as tar:
            for member in tar:
                _unpack(tar, member, fresh)
        _check_databases(fresh)
        _see_unused(paths.sessions_db)
        aside = paths.data_dir / time.strftime("before-restore-%Y%m%d-%H%M%S")
        with _memories_at_rest(paths):
            moved = [_swap(new, old, aside) for new, old in _roots(paths, fresh)]
    return aside if any(moved) else None


def holds_something(paths: Paths) -> bool:
    """Whether there is anything here that a restore would set aside."""
    return paths.sessions_db.exists() or paths.config_file.exists() or paths.memory_dir.exists()


def _wanted(paths: Paths, *, keys: bool, models: bool) -> Iterator[tuple[str, Path]]:
    """Name in the archive and place on the disk of every file."""
    roots = [("config", paths.config_dir / name) for name in CONFIG]
    roots += [("config", paths.config_dir / KEYS)] if keys else []
    roots += [("data", paths.data_dir / name) for name in DATA]
    roots += [("data", paths.models_dir)] if models else []
    for kind, root in roots:
        base = root.parent
        found = sorted(root.rglob("*")) if root.is_dir() else [root]
        for path in found:
            if path.is_symlink() and path != root:
                continue  # where it leads is not qchat's
            if path.is_file() and not path.name.endswith(_LEFT_OUT):
                yield str(PurePosixPath(kind, *path.relative_to(base).parts)), path


def _add(tar: tarfile.TarFile, name: str, path: Path) -> None:
    """One file as it is at this moment; one that has just gone is left out."""
    with suppress(FileNotFoundError):
        with path.open("rb") as file:
            is_database = file.read(len(_SQLITE)) == _SQLITE
        if not is_database:
            tar.add(path, name, recursive=False)
            return
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, "copy.db")
            with (
                closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as here,
                closing(sqlite3.connect(copy)) as there,
            ):
                here.backup(there)
            tar.add(copy, name, recursive=False)


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(data), int(time.time()), 0o600
    tar.addfile(info, io.BytesIO(data))


@contextmanager
def _made_privately(path: Path) -> Iterator[io.BufferedWriter]:
    """A new file, readable by its owner from the first moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    with path.open("wb") as file:
        yield file


@contextmanager
def _memories_at_rest(paths: Paths) -> Iterator[None]:
    """While this lasts, no other process changes the memories."""
    if not paths.memory_dir.exists():
        yield
        return
    beside = (path for path in paths.memory_dir.rglob("*.lock") if path.is_file())
    locks = [path for path in beside if Path(path.stem).suffix not in (".queue", ".chroma")]
    try:
        with ExitStack() as held:
            for lock in locks:
                held.enter_context(exclusive(lock))
            yield
    except MemoryStoreError as error:
        raise QchatError(
            tr("{error} Close other qchat programs and try again.", error=error)
        ) from error


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    if source.exists() and not source.is_file():  # opening a pipe waits for ever
        raise QchatError(tr("{source} is not a backup of qchat: it is not a file.", source=source))
    try:
        with tarfile.open(source, "r:gz") as tar:
            yield tar
    except FileNotFoundError as error:
        raise QchatError(tr("File not found: {source}.", source=source)) from error
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise QchatError(
                tr("Cannot restore {source}: {why}.", source=source, why=error.strerror)
            ) from error
        raise QchatError(
            tr(
                "{source} is not a backup of qchat, or is damaged: {error}.",
                source=source,
                error=error,
            )
        ) from error


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Unpack one file below the folder, readable by its owner; nothing else is ever made."""
    parts = PurePosixPath(member.name).parts
    if member.name == MANIFEST:
        return
    known = len(parts) > 1 and parts[0] in ("config", "data") and ".." not in parts
    if not (known and member.isfile()):
        raise QchatError(
            tr("The backup holds {name!r}, which qchat never writes.", name=member.name)
        )
    place = folder.joinpath(*parts)
    private_dir(place.parent)
    content = tar.extractfile(member)
    if content is None:
        raise QchatError(tr("The backup holds {name!r}, which cannot be read.", name=member.name))
    place.touch(mode=0o600)
    with content, place.open("wb") as out:
        shutil.copyfileobj(content, out)


def _check_databases(fresh: Path) -> None:
    """Raise for a database that is damaged: better now than when the old one is gone."""
    sessions = fresh / "data" / "sessions.db"
    if not sessions.exists():
        return
    try:
        with closing(sqlite3.connect(sessions)) as db:
            (answer,) = db.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        answer = str(error)
    if answer != "ok":
        raise QchatError(
            tr("The conversations in the backup are damaged: {answer}.", answer=answer)
        )


def _see_unused(database: Path) -> None:
    """Raise where another program has the conversations open: what is said in it would go aside.

    SQLite leaves its mode of writing ahead only for who is alone. One that is damaged may be
    replaced.
    """
    if not database.exists():
        return
    try:
        with closing(sqlite3.connect(database, timeout=_PATIENCE_S)) as db:
            db.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise QchatError(
                tr(
                    "Another qchat has the conversations open: what is said in it would be set "
                    "aside too. Close it, then restore again. Nothing was changed."
                )
            ) from error
    except sqlite3.Error:
        return


def _roots(paths: Paths, fresh: Path) -> Iterator[tuple[Path, Path]]:
    """What was unpacked, and where it belongs."""
    for kind, home in (("config", paths.config_dir), ("data", paths.data_dir)):
        folder = fresh / kind
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            yield path, home / path.name


def _swap(new: Path, old: Path, aside: Path) -> bool:
    """Put one in place of the other, which goes aside; whether there was one."""
    had = old.exists()
    if had:
        private_dir(aside)
        old.rename(aside / old.name)
        for tail in ("-wal", "-shm"):  # they belong to the old file, and would harm the new one
            side = old.with_name(old.name + tail)
            if side.exists():
                side.rename(aside / side.name)
    new.rename(old)
    return had


def described(manifest: Manifest) -> str:
    """One line about a backup."""
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(manifest.created_at))
    extras = [word for word, on in (("keys", manifest.keys), ("models", manifest.models)) if on]
    more = tr(", with {extras}", extras=tr(" and ").join(extras)) if extras else ""
    return tr("from {made}, by qchat {qchat}{more}", made=made, qchat=manifest.qchat, more=more)
