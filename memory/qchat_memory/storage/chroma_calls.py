"""What is said between qchat and the process in which Chroma runs: frames of MessagePack.

A frame is its length in four bytes and a `Request`, or a `Reply`. Vectors travel as the bytes of
float32: 100,000 of them as lists of numbers would take seconds.
"""

from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_FRAME_BYTES = 1 << 31
"""Far above what 100,000 memories need; a length beyond it is no frame of ours."""


class Request(msgspec.Struct, array_like=True):
    """One call of Chroma for the memories in `folder`, while `lock` is held."""

    folder: str
    lock: str
    method: str
    collection: str = ""
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)


class Reply(msgspec.Struct, array_like=True):
    """What a call gave back, or the name and the words of the error that it raised."""

    value: Any = None
    error: str = ""
    text: str = ""


class Rows(msgspec.Struct, array_like=True):
    """Vectors as bytes, so many numbers a row."""

    width: int
    data: bytes


def packed(vectors: "NDArray[Any]") -> Rows:
    """A table of vectors as a frame carries it."""
    import numpy as np  # noqa: PLC0415  slow to load

    table = np.ascontiguousarray(vectors, dtype="<f4")
    return Rows(table.shape[1] if table.ndim == 2 else 0, table.tobytes())


def unpacked(rows: Rows) -> "NDArray[Any]":
    import numpy as np  # noqa: PLC0415  slow to load

    table: NDArray[Any] = np.frombuffer(rows.data, dtype="<f4").reshape(-1, max(rows.width, 1))
    return table


def send(stream: IO[bytes], message: Request | Reply) -> None:
    """Write one frame, whole."""
    body = msgspec.msgpack.encode(message)
    stream.write(len(body).to_bytes(4, "big"))
    stream.write(body)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """The next frame; None where the other side has ended, in its midst or before it."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    size = int.from_bytes(head, "big")
    if size > MAX_FRAME_BYTES:
        return None
    body = stream.read(size)
    return body if len(body) == size else None


def metadatas(rows: Sequence[Mapping[str, Any] | None]) -> list[dict[str, Any] | None]:
    """Chroma's own mappings as plain ones."""
    return [None if row is None else dict(row) for row in rows]
