"""What a GGUF file says of itself: enough to refuse a wrong one in clear words, and to plan for it.

The format: magic, version, counts, typed key-value pairs, then name, shape, type and place of each
tensor, all little-endian (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from qchat.protocol.errors import ModelFileError
from qchat.runtime.language import Said, tr, verbatim

MAGIC = b"GGUF"
VERSIONS = (2, 3)
_MAX_LENGTH = 1 << 24
"""No honest key, string or list is longer; a broken length must not make us read for ever."""

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q"}
_SCALARS |= {12: "d"}
_STRING, _ARRAY = 8, 9
_SHORT_LIST = 1024
"""Lists up to here are read (a figure for each layer); longer ones are vocabulary, passed over."""
_TYPES = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110),
    22: (256, 82), 23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8),
    29: (256, 56), 30: (1, 2), 34: (256, 54), 35: (256, 66), 39: (32, 17),
}  # fmt: skip
"""Elements in a block and its bytes, by ggml's type of tensor (ggml/include/ggml.h)."""
FOREIGN = (
    (b"version https://git-lfs", "a Git LFS pointer: the model itself was not downloaded"),
    (b"<", "a web page: the download went wrong"),
    (b"{", "a JSON text: the server sent a message and not a model"),
    (b"PK", "a zip archive or a PyTorch file: convert it to GGUF first"),
    (b"FUGG", "a big-endian GGUF, which this machine cannot load"),
)

Values = Mapping[str, object]
Read = TypeVar("Read")


class ModelHead(msgspec.Struct, frozen=True):
    """What a model file says of itself; `context` in tokens, 0 where it says nothing."""

    architecture: str
    name: str
    context: int


class TensorInfo(msgspec.Struct, frozen=True):
    """One tensor: `offset` counts from the start of the data."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int


class Contents(msgspec.Struct, frozen=True):
    """All that stands before the data of one file, and where the data begins, in bytes."""

    values: Values
    tensors: tuple[TensorInfo, ...]
    data_start: int
    file_bytes: int


def read_head(path: Path) -> ModelHead:
    """Read what stands at the start of a model file. Raises ModelFileError in one clear line."""
    return _reading(path, lambda file: _read_head(file, path))


def read_contents(path: Path) -> Contents:
    """Read everything before the data (0.1 s for a large vocabulary). Raises ModelFileError."""
    return _reading(path, lambda file: _read_contents(file, path))


def foreign(start: bytes, name: str) -> Said:
    """Why a file that starts with these bytes is no GGUF file; empty where it may be one."""
    if start.startswith(MAGIC):
        return verbatim("")
    guess = next((what for magic, what in FOREIGN if start.startswith(magic)), "")
    if guess:
        return tr("{name} is not a GGUF file but {guess}", name=name, guess=tr(guess))
    return tr("{name} is not a GGUF file", name=name)


class _BrokenError(Exception):
    """The bytes contradict the format."""


def _reading(path: Path, read: Callable[[BinaryIO], Read]) -> Read:
    if path.exists() and not (path.is_file() or path.is_dir()):  # opening a pipe waits for ever
        raise ModelFileError(tr("{path} is a device or a pipe, not a GGUF file", path=path))
    try:
        with path.open("rb") as file:
            return read(file)
    except FileNotFoundError as error:
        raise ModelFileError(tr("there is no model file {path}", path=path)) from error
    except IsADirectoryError as error:
        raise ModelFileError(tr("{path} is a folder, not a GGUF file", path=path)) from error
    except OSError as error:
        raise ModelFileError(
            tr("cannot read the model file {path}: {why}", path=path, why=error.strerror)
        ) from error
    except (struct.error, _BrokenError) as error:
        raise ModelFileError(tr("{path} is a broken or incomplete GGUF file", path=path)) from error


def _read_head(file: BinaryIO, path: Path) -> ModelHead:
    values: dict[str, object] = {}
    _tensors, pairs = _counts(file, path)
    for key, value in _pairs(file, pairs):
        values[key] = value
        head = _head(values)
        if head.architecture and head.context:  # the rest is mostly the vocabulary: slow to read
            return _checked(head, path)
    return _checked(_head(values), path)


def _read_contents(file: BinaryIO, path: Path) -> Contents:
    tensors, pairs = _counts(file, path)
    values = dict(_pairs(file, pairs))
    _checked(_head(values), path)
    infos = tuple(_tensor(file) for _ in range(_bounded(tensors)))
    alignment = values.get("general.alignment")
    step = alignment if isinstance(alignment, int) and alignment > 0 else 32
    start = -(-file.tell() // step) * step
    size = file.seek(0, 2)
    end = start + max((info.offset + _tensor_bytes(info) for info in infos), default=0)
    if end > size:
        raise ModelFileError(
            tr(
                "{name} is incomplete: {size:,} of at least {end:,} bytes are there. "
                "Download it again.",
                name=path.name,
                size=size,
                end=end,
            )
        )
    return Contents(values, infos, start, size)


def _counts(file: BinaryIO, path: Path) -> tuple[int, int]:
    """How many tensors and pairs there are, of a file that is one at all."""
    start = file.read(32)
    problem = foreign(start, str(path))
    if problem:
        raise ModelFileError(problem)
    file.seek(len(MAGIC))
    version, tensors, pairs = _unpack(file, "<IQQ")
    if version not in VERSIONS:
        raise ModelFileError(
            tr(
                "{path} is a GGUF file of version {version}, which cannot be loaded",
                path=path,
                version=version,
            )
        )
    return tensors, pairs


def _pairs(file: BinaryIO, count: int) -> Iterator[tuple[str, object]]:
    for _ in range(_bounded(count)):
        key = _string(file)
        yield key, _value(file)


def _tensor(file: BinaryIO) -> TensorInfo:
    name = _string(file)
    (dimensions,) = _unpack(file, "<I")
    if dimensions > 8:
        raise _BrokenError
    *shape, kind, offset = _unpack(file, f"<{dimensions}QIQ")
    return TensorInfo(name, tuple(shape), kind, offset)


def _tensor_bytes(info: TensorInfo) -> int:
    """What a tensor takes; one byte, so that it begins somewhere, where its type is not known."""
    if info.kind not in _TYPES:
        return 1
    elements = 1
    for length in info.shape:
        elements *= length
    block, weight = _TYPES[info.kind]
    return elements // block * weight


def _head(values: Values) -> ModelHead:
    architecture = str(values.get("general.architecture", ""))
    context = values.get(f"{architecture}.context_length")
    name = str(values.get("general.name", ""))
    return ModelHead(architecture, name, context if isinstance(context, int) else 0)


def _checked(head: ModelHead, path: Path) -> ModelHead:
    if not head.architecture:
        raise ModelFileError(tr("{path} does not say which kind of model it holds", path=path))
    if head.architecture == "clip":
        raise ModelFileError(
            tr("{path} holds only the picture part of a model (mmproj)", path=path)
        )
    return head


def _value(file: BinaryIO) -> object:
    """Read a typed value; None for a long list, which is passed over."""
    (kind,) = _unpack(file, "<I")
    if kind == _STRING:
        return _string(file)
    if kind != _ARRAY:
        return _unpack(file, _scalar(kind))[0]
    kind, count = _unpack(file, "<IQ")
    if kind == _STRING:
        _pass_strings(file, _bounded(count))
        return None
    scalar = _scalar(kind)
    if count <= _SHORT_LIST:
        return list(_unpack(file, f"<{count}{scalar[1:]}"))
    file.seek(_bounded(count) * struct.calcsize(scalar), 1)
    return None


def _pass_strings(file: BinaryIO, count: int) -> None:
    read, seek, length_of = file.read, file.seek, struct.Struct("<Q").unpack
    for _ in range(count):
        (length,) = length_of(read(8))
        seek(_bounded(length), 1)


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
    if length > _MAX_LENGTH:
        raise _BrokenError
    return length
