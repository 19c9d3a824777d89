"""The head of a GGUF file: enough to refuse a wrong one in clear words before an engine tries.

The format: magic, version, counts, then typed key-value pairs, all little-endian
(https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
"""

import struct
from pathlib import Path
from typing import BinaryIO

import msgspec

from qchat.errors import ModelFileError

MAGIC = b"GGUF"
VERSIONS = (2, 3)
_LONGEST = 1 << 24
"""No honest key, string or list is longer; a broken length must not make us read for ever."""

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q"}
_SCALARS |= {12: "d"}
_STRING, _ARRAY = 8, 9
_FOREIGN = (
    (b"version https://git-lfs", "a Git LFS pointer: the model itself was not downloaded"),
    (b"<", "a web page: the download went wrong"),
    (b"PK", "a zip archive or a PyTorch file: convert it to GGUF first"),
    (b"FUGG", "a big-endian GGUF, which this machine cannot load"),
)


class ModelHead(msgspec.Struct, frozen=True):
    """What a model file says of itself; `context` in tokens, 0 where it says nothing."""

    architecture: str
    name: str
    context: int


def read_head(path: Path) -> ModelHead:
    """Read what stands at the start of a model file. Raises ModelFileError in one clear line."""
    try:
        with path.open("rb") as file:
            return _read(file, path)
    except FileNotFoundError as error:
        raise ModelFileError(f"there is no model file {path}") from error
    except IsADirectoryError as error:
        raise ModelFileError(f"{path} is a folder, not a GGUF file") from error
    except OSError as error:
        raise ModelFileError(f"cannot read the model file {path}: {error.strerror}") from error
    except (struct.error, _BrokenError) as error:
        raise ModelFileError(f"{path} is a broken or incomplete GGUF file") from error


class _BrokenError(Exception):
    """The bytes contradict the format."""


def _read(file: BinaryIO, path: Path) -> ModelHead:
    start = file.read(32)
    if not start.startswith(MAGIC):
        guess = next((what for magic, what in _FOREIGN if start.startswith(magic)), "")
        raise ModelFileError(f"{path} is not a GGUF file" + (f" but {guess}" if guess else ""))
    file.seek(len(MAGIC))
    version, _tensors, pairs = _unpack(file, "<IQQ")
    if version not in VERSIONS:
        raise ModelFileError(f"{path} is a GGUF file of version {version}, which cannot be loaded")
    values: dict[str, object] = {}
    for _ in range(_bounded(pairs)):
        key = _string(file)
        values[key] = _value(file)
        head = _head(values)
        if head.architecture and head.context:  # the rest is mostly the vocabulary: slow to read
            return _checked(head, path)
    return _checked(_head(values), path)


def _head(values: dict[str, object]) -> ModelHead:
    architecture = str(values.get("general.architecture", ""))
    context = values.get(f"{architecture}.context_length")
    name = str(values.get("general.name", ""))
    return ModelHead(architecture, name, context if isinstance(context, int) else 0)


def _checked(head: ModelHead, path: Path) -> ModelHead:
    if not head.architecture:
        raise ModelFileError(f"{path} does not say which kind of model it holds")
    if head.architecture == "clip":
        raise ModelFileError(f"{path} holds only the picture part of a model (mmproj)")
    return head


def _value(file: BinaryIO) -> object:
    """Read a typed value; lists are passed over, since none of them is needed."""
    (kind,) = _unpack(file, "<I")
    if kind == _STRING:
        return _string(file)
    if kind != _ARRAY:
        return _unpack(file, _scalar(kind))[0]
    kind, count = _unpack(file, "<IQ")
    if kind == _STRING:
        for _ in range(_bounded(count)):
            _string(file)
    else:
        file.seek(_bounded(count) * struct.calcsize(_scalar(kind)), 1)
    return None


def _scalar(kind: int) -> str:
    if kind not in _SCALARS:
        raise _BrokenError
    return f"<{_SCALARS[kind]}"


def _string(file: BinaryIO) -> str:
    (length,) = _unpack(file, "<Q")
    data = file.read(_bounded(length))
    if len(data) < length:
        raise _BrokenError
    return data.decode("utf-8", "replace")


def _unpack(file: BinaryIO, form: str) -> tuple[int, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _bounded(length: int) -> int:
    if length > _LONGEST:
        raise _BrokenError
    return length
