"""JSON documents of an export, entry by entry: a broken one costs itself and nothing else."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from qchat.importing.records import Broken, BrokenEntryError
from qchat.runtime.language import tr

_RAW_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def value_of(data: bytes) -> Any:
    """A whole document. Raises BrokenEntryError for what is not JSON.

    What msgspec refuses (halves of characters, NaN) Python's own reader may take.
    """
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        return _whole(json.loads(data.decode("utf-8-sig", "replace")))
    except (ValueError, RecursionError) as error:
        raise BrokenEntryError(tr("is not JSON ({error})", error=_short(error))) from error


class LazyEntries:
    """Entries that are decoded each time they are gone through: never all at once."""

    def __init__(self, pieces: Sequence[tuple[str, bytes | memoryview]]) -> None:
        """`pieces` are the name and the JSON of each."""
        self._pieces = pieces

    def __len__(self) -> int:
        return len(self._pieces)

    def __iter__(self) -> Iterator[Any | Broken]:
        for name, data in self._pieces:
            yield _one(name, bytes(data))


def entries(name: str, data: bytes) -> LazyEntries | list[Any | Broken]:
    """The entries of a list, or the one of anything else; JSON lines are a list too."""
    stripped = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if stripped[:1] == b"[":
        return _of_list(name, stripped)
    if is_lines(stripped):
        lines = enumerate(stripped.split(b"\n"), 1)
        return LazyEntries([(f"{name}, line {n}", line) for n, line in lines if line.strip()])
    return LazyEntries([(name, stripped)])


def is_lines(data: bytes) -> bool:
    """Whether the first line is a whole object and another follows."""
    first, _, rest = data.partition(b"\n")
    return bool(rest.strip()) and first.strip()[-1:] == b"}" and rest.lstrip()[:1] == b"{"


def _of_list(name: str, data: bytes) -> LazyEntries | list[Any | Broken]:
    try:
        raw = _RAW_LIST.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return list(_salvaged(name, data))
    return LazyEntries([(f"{name}, entry {n}", memoryview(one)) for n, one in enumerate(raw, 1)])


def _one(name: str, data: bytes) -> Any | Broken:
    try:
        return value_of(data)
    except BrokenEntryError as error:
        return Broken(name, str(error))


def _salvaged(name: str, data: bytes) -> Iterator[Any | Broken]:
    """The entries of a list that is damaged somewhere: all up to there."""
    text = data.decode("utf-8", "replace")
    decoder, at, number = json.JSONDecoder(), 1, 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at >= len(text):
            yield Broken(name, tr("ends in the middle, after entry {number}", number=number))
            return
        if text[at] == "]":
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            yield Broken(
                name,
                tr("is damaged after entry {number} ({error})", number=number, error=_short(error)),
            )
            return
        number += 1
        yield _whole(value)


def _whole(value: Any) -> Any:
    """The same value without halves of characters, which nothing can store."""
    written = json.dumps(value, ensure_ascii=False)
    halves = written.encode("utf-16-le", "surrogatepass")
    return json.loads(halves.decode("utf-16-le", "replace"))


def _short(error: Exception) -> str:
    return str(error)[:120] or type(error).__name__
