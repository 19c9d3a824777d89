"""Where model files lie on this machine: qchat's own folder, and those of other programs."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from qchat.local.model import parts_of
from qchat.protocol.errors import ModelFileError
from qchat.runtime.language import tr
from qchat.runtime.paths import default_paths
from qchat_tools.typed_path import typed_path

NEWEST = "newest"
_OLLAMA_MODEL = "application/vnd.ollama.image.model"
_MAX_FILES = 2000
"""Files looked at in one place: enough for any collection, and an end for a link that loops."""


class FoundModel(msgspec.Struct, frozen=True):
    """A model file that is here; `owner` is the program whose folder it lies in."""

    name: str
    path: Path
    owner: str

    @property
    def size_bytes(self) -> int:
        """Bytes of all its parts; 0 for one that has just gone."""
        return sum(part.stat().st_size for part in parts_of(self.path) if part.exists())


def own_models(folder: Path | None = None) -> list[FoundModel]:
    """What `qchat models pull` has brought, by name."""
    return list(_files("qchat", folder or default_paths().models_dir))


def all_models(folder: Path | None = None) -> list[FoundModel]:
    """Every model file that this or another program keeps here; each file once."""
    found: dict[Path, FoundModel] = {}
    for model in (*own_models(folder), *_foreign()):
        found.setdefault(model.path.resolve(), model)
    return list(found.values())


def models_in(folder: Path) -> list[FoundModel]:
    """Every model below a folder of the user's, by name."""
    return list(_files("", folder))


def find(name: str, folder: Path | None = None) -> Path:
    """The file of a model by path, by name, by a name's beginning, or `newest`.

    Raises ModelFileError that says what there is.
    """
    path = typed_path(name)
    if path.suffix == ".gguf" or path.is_file() or len(path.parts) > 1:
        return path
    models = own_models(folder) if name == NEWEST else all_models(folder)
    if name == NEWEST:
        if not models:
            raise ModelFileError(
                tr(
                    "no model has been pulled yet: `qchat models list` shows which fit this "
                    "machine, `qchat models pull NAME` brings one"
                )
            )
        return max(models, key=lambda model: model.path.stat().st_mtime).path
    wanted = name.lower()
    same = [m for m in models if m.name.lower() == wanted]
    begins = same or [m for m in models if m.name.lower().startswith(wanted)]
    if len({m.path for m in begins}) == 1:
        return begins[0].path
    if begins:
        names = ", ".join(sorted({m.name for m in begins}))
        raise ModelFileError(
            tr("several models begin with {name!r}: {names}", name=name, names=names)
        )
    raise ModelFileError(
        tr("there is no model {name!r} here: `qchat models list` shows what there is", name=name)
    )


def _foreign() -> Iterator[FoundModel]:
    home = Path.home()
    for folder in (home / ".lmstudio" / "models", home / ".cache" / "lm-studio" / "models"):
        yield from _files("LM Studio", folder)
    for folder in _ollama_folders(home):
        yield from _ollama(folder)
    yield from _files("Hugging Face", _hugging_face(home))
    yield from _files(
        "ModelScope", _from_environment("MODELSCOPE_CACHE", home / ".cache" / "modelscope")
    )
    for folder in _llama_cpp(home):
        yield from _files("llama.cpp", folder)


def _hugging_face(home: Path) -> Path:
    base = _from_environment("HF_HOME", home / ".cache" / "huggingface")
    return _from_environment("HF_HUB_CACHE", base / "hub")


def _llama_cpp(home: Path) -> Iterator[Path]:
    if "LLAMA_CACHE" in os.environ:
        yield Path(os.environ["LLAMA_CACHE"])
    elif sys.platform == "darwin":
        yield home / "Library" / "Caches" / "llama.cpp"
    elif sys.platform == "win32":
        yield _from_environment("LOCALAPPDATA", home / "AppData" / "Local") / "llama.cpp"
    else:
        yield _from_environment("XDG_CACHE_HOME", home / ".cache") / "llama.cpp"


def _ollama_folders(home: Path) -> Iterator[Path]:
    if "OLLAMA_MODELS" in os.environ:
        yield Path(os.environ["OLLAMA_MODELS"])
    yield home / ".ollama" / "models"
    yield Path("/usr/share/ollama/.ollama/models")  # where its Linux service keeps them


def _from_environment(name: str, default: Path) -> Path:
    return typed_path(os.environ[name]) if os.environ.get(name) else default


def _files(owner: str, folder: Path) -> Iterator[FoundModel]:
    """GGUF files below a folder that are models of their own: no later parts, no picture parts."""
    for path in sorted(_walk(folder)):
        first = "-00001-of-" in path.stem
        if (not first and _is_later_part(path)) or "mmproj" in path.name.lower():
            continue
        name = path.stem.partition("-00001-of-")[0] if first else path.stem
        yield FoundModel(name, path, owner)


def _walk(folder: Path) -> Iterator[Path]:
    count = 0
    for root, folders, names in os.walk(folder, onerror=lambda _error: None):
        folders.sort()
        for name in names:
            count += 1
            if count > _MAX_FILES:
                return
            if name.endswith(".gguf"):
                yield Path(root, name)


def _is_later_part(path: Path) -> bool:
    head, found, count = path.stem.rpartition("-of-")
    return bool(found) and count.isdecimal() and head[-5:].isdecimal()


def _ollama(folder: Path) -> Iterator[FoundModel]:
    """Ollama keeps models by their hash; a manifest for each name says which."""
    manifests = folder / "manifests"
    for root, _folders, names in os.walk(manifests, onerror=lambda _error: None):
        for tag in sorted(names):
            manifest = Path(root, tag)
            blob = _ollama_blob(manifest, folder / "blobs")
            if blob is not None:
                yield FoundModel(f"{manifest.parent.name}:{tag}", blob, "Ollama")


def _ollama_blob(manifest: Path, blobs: Path) -> Path | None:
    try:
        layers = json.loads(manifest.read_bytes())["layers"]
        digests = [str(layer["digest"]) for layer in layers if layer["mediaType"] == _OLLAMA_MODEL]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    name = digests[0].replace(":", "-") if digests else ""
    path = blobs / Path(name).name
    return path if name and path.is_file() else None
