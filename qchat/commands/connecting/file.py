"""A model file of this machine: by its path as a terminal drops it, a folder, or a known name."""

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from qchat.commands.connecting.task import Candidate, Task, refuse_key
from qchat.commands.dialogue import Closed
from qchat.config.settings import BackendSettings
from qchat.local import model_folders
from qchat.local.gguf import read_contents
from qchat.local.hardware import size
from qchat.local.model import read_model
from qchat.protocol.errors import ModelFileError, UsageError
from qchat.runtime.language import tr
from qchat_tools.typed_path import typed_path

ENTER = "enter a path"
MAX_OFFERED = 50
ENCODERS = frozenset({"bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2",
                      "jina-bert-v3", "neo-bert", "t5encoder"})  # fmt: skip
"""Architectures of llama.cpp that make vectors and no text."""


async def find(task: Task) -> Candidate:
    """Ask for the file. Raises QchatError."""
    typed = task.given.target or await _asked(task)
    if not typed.strip():
        raise Closed
    path = await asyncio.to_thread(located, typed)
    if await asyncio.to_thread(path.is_dir):
        path = await _in_folder(task, path)
    await asyncio.to_thread(check, path)
    settings = BackendSettings(kind="llama.cpp", model=str(path))
    return Candidate(settings, name_of(path), place=path.name)


async def _asked(task: Task) -> str:
    """A path, or one of the models that lie here."""
    here = (await asyncio.to_thread(model_folders.all_models))[:MAX_OFFERED]
    if here:
        lines = [f"{m.name}  {size(m.size_bytes)}  ({m.owner})" for m in here]
        answer = await task.dialogue.choose(tr("Which model?"), [*lines, tr(ENTER)])
        if answer < len(here):
            return str(here[answer].path)
    return await task.dialogue.enter(tr("Path of a GGUF file, or a folder"), complete=complete)


async def _in_folder(task: Task, folder: Path) -> Path:
    found = (await asyncio.to_thread(model_folders.models_in, folder))[:MAX_OFFERED]
    if not found:
        raise ModelFileError(tr("There is no GGUF model in the folder {folder}.", folder=folder))
    if len(found) == 1:
        return found[0].path
    lines = [f"{m.path.relative_to(folder)}  {size(m.size_bytes)}" for m in found]
    return found[
        await task.dialogue.choose(tr("Which model in {folder}?", folder=folder), lines)
    ].path


def located(typed: str) -> Path:
    """The file or folder that is meant, or a model's name that is known here.

    Raises ModelFileError for what is not there.
    """
    meant = list(_meanings(typed.strip()))
    for path in meant:
        if path.exists():
            return _first_part(path.absolute())
    refuse_key(typed)
    shown = meant[-1]
    if len(shown.parts) == 1 and not shown.suffix:
        return model_folders.find(shown.name)
    if re.match(r"https?://", typed.strip(), re.I):
        raise ModelFileError(
            tr("That is an address: of a file, qchat models pull ADDRESS fetches it.")
        )
    if re.fullmatch(r"[\w.-]+/[\w.-]+", typed.strip()) and shown.suffix != ".gguf":
        raise ModelFileError(
            tr(
                "File not found: {shown}. Of a model on a hub: qchat models pull hf:{name}.",
                shown=shown.absolute(),
                name=typed.strip(),
            )
        )
    raise ModelFileError(tr("File not found: {shown}.", shown=shown.absolute()))


def _meanings(text: str) -> Iterator[Path]:
    """As it stands; out of its quotes; with what is behind backslashes; as an address of a file."""
    if not text or "\0" in text:
        raise UsageError(tr("A path is needed: drop the file into the terminal, or type it."))
    yield typed_path(text)
    if text.lower().startswith("file:"):
        yield Path(unquote(urlsplit(text).path))
    bare = text
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        bare = text[1:-1].replace("'\\''", "'")
    elif os.name == "posix":
        bare = re.sub(r"\\(.)", r"\1", text)
    yield typed_path(os.path.expandvars(bare))
    yield typed_path(bare)


def _first_part(path: Path) -> Path:
    """The file from which a model in several parts is loaded."""
    return path.with_name(re.sub(r"-\d{5}(-of-\d{5}\.gguf)$", r"-00001\1", path.name))


def check(path: Path) -> None:
    """Raise ModelFileError for a file that no conversation can be had with."""
    read_model(path)
    values = read_contents(path).values
    architecture = str(values.get("general.architecture", ""))
    if values.get("general.type") == "adapter":
        raise ModelFileError(tr("{name} is an adapter (LoRA), not a whole model.", name=path.name))
    if architecture == "clip" or values.get("general.type") == "mmproj":
        raise ModelFileError(
            tr(
                "{name} is the part of a model that sees (mmproj), not a whole model.",
                name=path.name,
            )
        )
    if architecture in ENCODERS or values.get(f"{architecture}.pooling_type"):
        raise ModelFileError(tr("{name} is an embedding model: it cannot chat.", name=path.name))


def name_of(path: Path) -> str:
    """A name for `config.toml` that tells which file it is."""
    stem = path.stem.partition("-00001-of-")[0]
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:40] or "model"


def complete(typed: str) -> list[str]:
    """What a path may become: folders, and GGUF files."""
    text = typed.strip()
    quote = text[:1] if text[:1] in ("'", '"') else ""
    bare = text[len(quote):].replace("\\ ", " ")  # fmt: skip
    head, _, tail = bare.rpartition("/")
    folder = typed_path(f"{head}/" if "/" in bare else ".")
    try:
        found = sorted(folder.iterdir())
    except OSError:
        return []
    fits = (p for p in found if p.name.lower().startswith(tail.lower()) and not _hidden(p, tail))
    start = f"{quote}{head}/" if "/" in bare else quote
    return [
        f"{start}{path.name}{'/' if path.is_dir() else ''}"
        for path in fits
        if path.is_dir() or path.suffix.lower() == ".gguf"
    ][:MAX_OFFERED]


def _hidden(path: Path, tail: str) -> bool:
    return path.name.startswith(".") and not tail.startswith(".")
