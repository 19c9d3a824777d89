"""One large file over HTTP: resumed, checked, and in its place only when it is whole.

What has come lies in NAME.part, and beside it what it is a part of; a later run goes on from there
if the host still has the same file.
"""

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec

from qchat.local import hubs
from qchat.local.gguf import MAGIC, foreign, read_contents
from qchat.local.hardware import size
from qchat.local.hubs import RemoteFile
from qchat.protocol.errors import DownloadError, ModelFileError
from qchat.runtime.language import Said, tr, verbatim
from qchat.runtime.paths import private_dir
from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.lock import exclusive

TRIES = 5
"""So many times in a row without a single new byte."""
FIRST_WAIT_S = 1.0
MAX_WAIT_S = 30.0
BLOCK = 1 << 20
SPARE_BYTES = 256 * 1024 * 1024
"""Left free on the disk for everybody else."""
_HASH = 64

Progress = Callable[[int, int], None]
"""Told the bytes that are there and those in all, 0 while that is unknown."""


class _Part(msgspec.Struct):
    """What a `.part` file is a part of."""

    url: str
    tag: str = ""
    """The host's own name for this version of the file."""
    total: int = 0
    sha256: str = ""


class _Again(Exception):
    """This try failed, another may not."""


def fetch(file: RemoteFile, target: Path, progress: Progress, *, token: str = "") -> Path:
    """Bring a file to `target`. Raises DownloadError, and ModelFileError for what is no model.

    A file of that name and size is kept as it is: only what was checked has ever got its name. Two
    at once: the second one is refused.
    """
    private_dir(target.parent)
    lock = target.with_name(f"{target.name}.lock")
    try:
        with exclusive(lock, timeout_s=0.0):
            try:
                return _Download(file, target, progress, token).run()
            finally:
                lock.unlink(missing_ok=True)
    except MemoryStoreError as error:
        raise DownloadError(
            tr("{name} is being pulled by another qchat", name=target.name)
        ) from error
    except OSError as error:
        raise DownloadError(_disk_words(error, target)) from error


class _Download:
    """The tries for one file."""

    def __init__(self, file: RemoteFile, target: Path, progress: Progress, token: str) -> None:
        self._file = file
        self._target = target
        self._progress = progress
        self._token = token
        self._part = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")
        self._known = _read_note(self._note, file) or _Part(file.url)
        self._known.total = file.size_bytes or self._known.total
        self._known.sha256 = file.sha256 or self._known.sha256

    def run(self) -> Path:
        if self._target.exists() and self._is_whole():
            return self._target
        failures, had = 0, self._have()
        while True:
            try:
                self._try()
                break
            except _Again as error:
                failures = failures + 1 if self._have() <= had else 1
                had = self._have()
                if failures >= TRIES:
                    kept = tr("; what came is kept, and goes on next time") if had else ""
                    raise DownloadError(verbatim(f"{error}{kept}")) from error
                time.sleep(min(MAX_WAIT_S, FIRST_WAIT_S * 2 ** (failures - 1)))
        self._finish()
        return self._target

    def _is_whole(self) -> bool:
        """A file of that name is here: the same one, or another."""
        here = self._target.stat().st_size
        if self._known.total and here != self._known.total:
            raise DownloadError(
                tr(
                    "{target} is another file ({here} instead of {total}): remove it first, or "
                    "pull under another name",
                    target=self._target,
                    here=size(here),
                    total=size(self._known.total),
                )
            )
        return True

    def _have(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _try(self) -> None:
        """One request, for what is still missing."""
        have = self._have()
        if self._known.total and have == self._known.total:
            return
        headers = {"range": f"bytes={have}-"} if have else {}
        if have and self._known.tag:
            headers["if-range"] = self._known.tag
        host = httpx.URL(self._file.url).host
        try:
            with (
                hubs.client(self._token) as http,
                http.stream("GET", self._file.url, headers=headers) as response,
            ):
                self._receive(response, have, host)
        except httpx.HTTPError as error:
            raise _Again(hubs.unreachable(host, error)) from error
        if self._known.total and self._have() < self._known.total:
            raise _Again(tr("the connection to {host} ended early", host=host))

    def _receive(self, response: httpx.Response, have: int, host: str) -> None:
        if response.status_code == 416:  # nothing is left, or the part is longer than the file
            self._part.unlink(missing_ok=True)
            raise _Again(tr("{host} has another version of the file", host=host))
        if response.status_code not in (200, 206):
            text = hubs.refused(host, response.status_code)
            raise (
                _Again(text)
                if response.status_code >= 500 or response.status_code == 429
                else (DownloadError(text))
            )
        start = _start(response) if response.status_code == 206 else 0
        if start not in (0, have):
            raise DownloadError(
                tr("{host} sent a different part of the file than was asked for", host=host)
            )
        self._learn(response, start)
        self._check_space(start)
        self._write(response, start)

    def _learn(self, response: httpx.Response, start: int) -> None:
        """Note what the host says of the file, for a later run that goes on."""
        length = response.headers.get("content-length", "")
        total = start + int(length) if length.isdecimal() else 0
        if self._known.total and total and total != self._known.total:
            raise DownloadError(
                tr(
                    "{name} should have {total} but comes with {total2}: the host has another file",
                    name=self._file.name,
                    total=size(self._known.total),
                    total2=size(total),
                )
            )
        self._known.total = total or self._known.total
        tag = response.headers.get("etag", "")
        self._known.tag = "" if tag.startswith("W/") else tag
        linked = response.headers.get("x-linked-etag", "").strip('"')
        self._known.sha256 = self._known.sha256 or (linked if len(linked) == _HASH else "")
        self._note.write_bytes(msgspec.json.encode(self._known))

    def _check_space(self, start: int) -> None:
        missing = self._known.total - start
        free = shutil.disk_usage(self._part.parent).free
        if missing > 0 and missing + SPARE_BYTES > free:
            raise DownloadError(
                tr(
                    "not enough space: {name} needs {missing} more, {parent} has {free} free",
                    name=self._file.name,
                    missing=size(missing),
                    parent=self._part.parent,
                    free=size(free),
                )
            )

    def _write(self, response: httpx.Response, start: int) -> None:
        """Append blocks; the first bytes tell at once whether this is a model at all."""
        with self._part.open("r+b" if start else "wb") as part:
            if start:
                part.seek(start)
                part.truncate()
            done = start
            for block in response.iter_bytes():
                if done < len(MAGIC) <= done + len(block):
                    self._refuse_foreign(part.name, done, block)
                part.write(block)
                part.flush()  # a kill loses nothing
                done += len(block)
                self._progress(done, self._known.total)
            os.fsync(part.fileno())

    def _refuse_foreign(self, name: str, done: int, block: bytes) -> None:
        """Raise for a page, a pointer, a message: what the first bytes show to be no model."""
        before = Path(name).read_bytes()[:done] if done else b""
        problem = foreign(before + block[:64], self._file.name)
        if problem:
            self._forget()
            raise ModelFileError(tr("{problem}; nothing is kept of it", problem=problem))

    def _finish(self) -> None:
        """Check the whole file, and only then give it its name."""
        if self._known.sha256:
            found = _sha256(self._part)
            if found != self._known.sha256.lower():
                self._forget()
                raise DownloadError(
                    tr(
                        "{name} came damaged: its checksum is {found}… and should be {sha256}…; it "
                        "was deleted, pull it again",
                        name=self._file.name,
                        found=found[:12],
                        sha256=self._known.sha256[:12],
                    )
                )
        try:
            read_contents(self._part)
        except ModelFileError as error:
            self._forget()
            text = str(error).replace(str(self._part), self._file.name)
            raise ModelFileError(tr("{text}; nothing is kept of it", text=text)) from error
        self._part.replace(self._target)
        self._note.unlink(missing_ok=True)
        _sync_folder(self._target.parent)

    def _forget(self) -> None:
        self._part.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)


def _read_note(note: Path, file: RemoteFile) -> _Part | None:
    """What an earlier run began, if that was the same file."""
    try:
        part = msgspec.json.decode(note.read_bytes(), type=_Part)
    except (OSError, msgspec.DecodeError):
        return None
    return part if part.url == file.url else None


def _start(response: httpx.Response) -> int:
    """Where a partial answer begins: `bytes 5-9/10`."""
    unit, _, rest = response.headers.get("content-range", "").partition(" ")
    first = rest.partition("-")[0]
    return int(first) if unit == "bytes" and first.isdecimal() else -1


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _disk_words(error: OSError, target: Path) -> Said:
    if error.errno == errno.ENOSPC:
        return tr(
            "the disk is full: {name} is kept as far as it came, and goes on next time",
            name=target.name,
        )
    return tr("cannot write {target}: {error}", target=target, error=error.strerror or error)


def _sync_folder(folder: Path) -> None:
    """Make the new name outlive a power cut, where the system can open a folder."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
