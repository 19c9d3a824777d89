"""Texts that go along with a prompt: files that it names as `@path`, and long pastes.

Files are read when it is sent, and kept with the turn.
"""

import os
import re
from collections.abc import Iterable
from itertools import count, islice
from pathlib import Path

from qchat.protocol.errors import UsageError
from qchat.protocol.events import Attached

LARGEST = 256 * 1024
"""Bytes of one file; more would fill the context of most models."""
MOST_LISTED = 2_000
"""Entries of a folder that are looked at for completion."""

LONG_PASTE = 2_000
LINES_PASTED = 15
"""Characters, and lines, from which a pasted text goes along instead of filling the prompt."""

_NAMED = re.compile(r'(?<!\S)@(?:"([^"\n]+)"|(\S+))')
_LOOKS_LIKE_A_FILE = re.compile(r"[/\\]|\.[A-Za-z]\w{0,7}$")
_TYPED = re.compile(r'(?<!\S)@("?)([^"\n]*|\S*)$')


def attachments(prompt: str, folder: Path) -> list[Attached]:
    """The files that a prompt names, relative to `folder`. `@somebody` is no file and stays text.

    Raises UsageError for one that is missing, too large or no text.
    """
    found: dict[str, Attached] = {}
    for written, quoted in names(prompt):
        name, path = _path(written, folder)
        if path.is_file():
            found.setdefault(name, Attached(name, _text(path)))
        elif path.is_dir():
            raise UsageError(f"@{name} is a folder; name a file in it")
        elif quoted or _LOOKS_LIKE_A_FILE.search(name):
            raise UsageError(f"there is no file {name}; put a blank behind the @ if none is meant")
    return list(found.values())


def is_long(pasted: str) -> bool:
    """Whether a pasted text would fill the prompt."""
    return len(pasted) > LONG_PASTE or pasted.count("\n") >= LINES_PASTED


def from_paste(text: str, others: Iterable[Attached]) -> Attached:
    """A pasted text under a name that none of the others has."""
    taken = {other.name for other in others}
    name = next(n for k in count(1) if (n := f"pasted-{k}.txt") not in taken)
    return Attached(name, text)


def length(text: str) -> str:
    """How long a text is, as people say it."""
    lines = text.count("\n") + (not text.endswith("\n"))
    return f"{lines} lines" if lines > 1 else f"{len(text)} characters"


def names(prompt: str) -> list[tuple[str, bool]]:
    """What stands behind each @, and whether it was quoted."""
    return [(quoted or bare, bool(quoted)) for quoted, bare in _NAMED.findall(prompt)]


def _path(name: str, folder: Path) -> tuple[str, Path]:
    """The file of a name; punctuation behind it belongs to the sentence."""
    path = folder / Path(name).expanduser()
    bare = name.rstrip(".,;:!?)")
    if bare and not path.exists():
        return bare, folder / Path(bare).expanduser()
    return name, path


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > LARGEST:
            raise UsageError(f"{path.name} has {size:,} bytes; at most {LARGEST:,} can be attached")
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UsageError(f"{path.name} is no text file (it is not UTF-8)") from None
    except OSError as error:
        raise UsageError(f"{path.name} cannot be read: {error.strerror}") from error


def completions(text: str, folder: Path, most: int = 8) -> list[tuple[str, str]]:
    """What a text that ends in `@…` may become: whole texts, and the path for a list."""
    typed = _TYPED.search(text)
    if typed is None:
        return []
    parent, _, begun = typed[2].rpartition("/")
    rooted = f"{parent}/" if "/" in typed[2] else ""
    try:
        with os.scandir(folder / Path(rooted).expanduser()) as entries:
            names = sorted(
                entry.name + ("/" if entry.is_dir() else "")
                for entry in islice(entries, MOST_LISTED)
                if entry.name.lower().startswith(begun.lower())
                and (begun.startswith(".") or not entry.name.startswith("."))
            )
    except OSError:
        return []
    paths = [rooted + name for name in names[:most]]
    return [(text[: typed.start()] + _written(path), path) for path in paths]


def _written(path: str) -> str:
    """A path as it is named; behind a file, the sentence goes on."""
    open_end = path.endswith("/")
    if " " in path:
        return f'@"{path}' if open_end else f'@"{path}" '
    return f"@{path}" if open_end else f"@{path} "
