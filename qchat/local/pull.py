"""From what the user asks for to files on the disk: which repository, which files, how much."""

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from qchat.local import hubs
from qchat.local.catalog import choices, entry
from qchat.local.download import SPARE_BYTES, Progress, fetch
from qchat.local.hardware import Hardware, size
from qchat.local.hubs import RemoteFile
from qchat.protocol.errors import DownloadError, UsageError
from qchat.runtime.language import tr

_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")
_QUANTIZATION = re.compile(
    r"(?:^|[-_.])((?:UD-)?(?:I?Q\d\w*|BF16|F16|F32|MXFP4\w*))(?=[-.]|$)", re.I
)


class Order(msgspec.Struct, frozen=True):
    """What will be fetched: one model, in one file or several parts."""

    files: tuple[RemoteFile, ...]
    token: str = ""

    @property
    def size_bytes(self) -> int:
        """Bytes in all; 0 where the host does not say."""
        return sum(file.size_bytes for file in self.files)

    @property
    def name(self) -> str:
        return PurePosixPath(self.files[0].name).name


def order(wanted: str, machine: Callable[[], Hardware], source: str = "hf") -> Order:
    """Find out what is meant.

    A name of the catalogue (`qwen3-8b`, `qwen3-8b:Q5_K_M`), a repository (`hf:OWNER/NAME`,
    `ms:OWNER/NAME`, each with `:QUANTIZATION`), or an address. Raises UsageError, DownloadError.
    """
    if "://" in wanted:
        return Order((hubs.at_address(wanted),))
    prefix, colon, rest = wanted.partition(":")
    if colon and prefix in ("hf", "ms"):
        repository, _, quantization = rest.partition(":")
        return _from_hub(prefix, repository, (quantization,) if quantization else ())
    known = entry(prefix)
    if rest and rest.upper() not in known.quantizations:
        have = ", ".join(known.quantizations)
        raise UsageError(
            tr("{name} is listed as {have}, not as {rest}", name=known.name, have=have, rest=rest)
        )
    ranked = [choice.quantization for choice in choices(known, machine())]
    return _from_hub(source, known.repository, (rest,) if rest else ranked)


def bring(ordered: Order, folder: Path, progress: Progress) -> Path:
    """Fetch all parts into the models folder, and give the path to load."""
    _check_space(ordered, folder)
    before, paths = 0, []
    for file in ordered.files:
        target = folder / _safe_name(file.name)

        def add(done: int, total: int, before: int = before) -> None:
            progress(before + done, ordered.size_bytes or total)

        paths.append(fetch(file, target, add, token=ordered.token))
        before += paths[-1].stat().st_size
    return paths[0]


def quantization_of(name: str) -> str:
    """The quantization that a file's name tells: `Qwen3-8B-Q4_K_M.gguf` is Q4_K_M."""
    found = _QUANTIZATION.findall(PurePosixPath(name).name.removesuffix(".gguf"))
    return str(found[-1]).upper() if found else ""


def _from_hub(source: str, repository: str, wanted: Sequence[str]) -> Order:
    """The files of one quantization, the first of those wanted that the repository has."""
    if repository.count("/") != 1 or not all(repository.split("/")):
        raise UsageError(
            tr("a repository is OWNER/NAME, not {repository!r}", repository=repository)
        )
    place = hubs.hub(source)
    models = [
        file for file in hubs.files_of(place, repository) if "mmproj" not in file.name.lower()
    ]
    by_quantization: dict[str, list[RemoteFile]] = {}
    for file in models:
        by_quantization.setdefault(quantization_of(file.name), []).append(file)
    for quantization in wanted or [*by_quantization][:1]:
        files = by_quantization.get(quantization.upper())
        if files:
            return Order(_whole_set(files), place.token())
    have = ", ".join(sorted(filter(None, by_quantization))) or tr("no GGUF file")
    raise DownloadError(
        tr(
            "{name} {repository} has not {wanted}; it has: {have}",
            name=place.name,
            repository=repository,
            wanted=tr(" or ").join(wanted),
            have=have,
        )
    )


def _whole_set(files: Sequence[RemoteFile]) -> tuple[RemoteFile, ...]:
    """One file, or all the parts of one; several names of one quantization: the first."""
    parts = [file for file in files if _PART.search(file.name)]
    single = [file for file in files if not _PART.search(file.name)]
    if single:
        return (single[0],)
    stem = _PART.sub("", parts[0].name)
    same = sorted((f for f in parts if _PART.sub("", f.name) == stem), key=lambda f: f.name)
    match = _PART.search(parts[0].name)
    if match is None or len(same) != int(match[2]):
        raise DownloadError(
            tr("{name}: not all of its parts are there", name=PurePosixPath(stem).name)
        )
    return tuple(same)


def _safe_name(name: str) -> str:
    """The last part of a name that a host gave; nothing that leads out of the folder."""
    last = PurePosixPath(name.replace("\\", "/")).name
    if not re.fullmatch(r"[\w.+-]+\.gguf", last) or last.startswith("."):
        raise DownloadError(
            tr(
                "the host calls its file {name!r}, which cannot be the name of a file here",
                name=name,
            )
        )
    return last


def _check_space(ordered: Order, folder: Path) -> None:
    """Of several parts, the first ones would fit: look at all of them before."""
    here = [folder / _safe_name(file.name) for file in ordered.files]
    there = sum(path.stat().st_size for path in here if path.exists())
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    parts = (path.with_name(f"{path.name}.part") for path in here)
    there += sum(part.stat().st_size for part in parts if part.exists())
    missing = ordered.size_bytes - there
    if missing > 0 and missing + SPARE_BYTES > free:
        raise DownloadError(
            tr(
                "not enough space: {name} needs {missing} more, {folder} has {free} free",
                name=ordered.name,
                missing=size(missing),
                folder=folder,
                free=size(free),
            )
        )
