"""What goes along with a prompt: files that it names as `@path`, long pastes, and who wrote it.

Files are read when it is sent, and kept with the turn.
"""

import mimetypes
import os
import re
from collections.abc import Iterable
from itertools import count, islice
from pathlib import Path

from qchat.protocol.errors import UsageError
from qchat.protocol.events import Attached, Delegated, Imported
from qchat.runtime.language import tr
from qchat.store import Turn
from qchat_memory.origin import untrusted
from qchat_tools.typed_path import typed_path

MAX_FILE_BYTES = 256 * 1024
"""Bytes of one file; more would fill the context of most models."""
MAX_LISTED = 2_000
"""Entries of a folder that are looked at for completion."""

LONG_PASTE = 2_000
LINES_PASTED = 15
"""Characters, and lines, from which a pasted text goes along instead of filling the prompt."""

_NAMED = re.compile(r'(?<!\S)@(?:"([^"\n]+)"|(\S+))')
_PLAIN_PATH = re.compile(r"[\w./ \\+~-]+")
CODE_SUFFIXES = {".rs", ".go", ".ts", ".tsx", ".jsx", ".toml", ".yaml", ".yml", ".lock", ".log"}
CODE_SUFFIXES |= {".ini", ".cfg", ".sql", ".rb", ".kt", ".swift", ".ipynb", ".env", ".jsonl"}
DOMAINS = {".com", ".org", ".net", ".sh", ".zip", ".app", ".dev"}
"""Endings that `@example.com` has too."""
_TYPED = re.compile(r'(?<!\S)@("?)((?:(?!\s@)[^"\n])*|\S*)$')
"""The last one that is typed: a path may have blanks, and others may stand before it."""


def attachments(prompt: str, folder: Path) -> list[Attached]:
    """The files that a prompt names, relative to `folder`; what names none is text.

    Raises UsageError for a file that cannot go along: too large, or no text.
    """
    found: dict[str, Attached] = {}
    for written, _ in names(prompt):
        name, path = _path(written, folder)
        if _is_file(path):
            found.setdefault(name, Attached(name, _text(path)))
    return list(found.values())


def not_attached(prompt: str, folder: Path) -> list[str]:
    """What to say of names that look like files and are none: they are sent as text.

    `@types/node`, `@app.get("/x")` and `@pytest.fixture` look like no file.
    """
    said = {}
    for written, quoted in names(prompt):
        name, path = _path(written, folder)
        if _is_folder(path):
            said[name] = tr(
                "@{name} is a folder: nothing of it was attached. Name a file in it.", name=name
            )
        elif not _is_file(path) and (quoted or _looks_like_a_file(name, folder)):
            said[name] = tr(
                "File not found: {name}. It was sent as text, without a file.", name=name
            )
    return list(said.values())


def sent_along(turn: Turn) -> tuple[Attached | Delegated, ...]:
    """What goes along where its prompt is sent again: its files, and whose words it is."""
    marks = [event for event in turn.events if isinstance(event, Imported | Delegated)]
    authors = untrusted(author for mark in marks for author in mark.authors)
    files = (event for event in turn.events if isinstance(event, Attached))
    return (*((Delegated(authors),) if marks else ()), *files)


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


def _looks_like_a_file(name: str, folder: Path) -> bool:
    if name.startswith(("./", "../", "~/", "/")):
        return True
    if not _PLAIN_PATH.fullmatch(name):
        return False
    parent, _, last = name.rpartition("/")
    if parent and not _is_folder(folder / parent):
        return False
    suffix = Path(last).suffix.lower()
    known = mimetypes.guess_type(last)[0] is not None or suffix in CODE_SUFFIXES
    return bool(suffix) and known and suffix not in DOMAINS


def exists(name: str, folder: Path) -> bool:
    """Whether a file or a folder of that name is there."""
    path = folder / typed_path(name)
    return _is_file(path) or _is_folder(path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _path(name: str, folder: Path) -> tuple[str, Path]:
    """The file of a name; punctuation behind it belongs to the sentence."""
    path = folder / typed_path(name)
    bare = name.rstrip(".,;:!?)")
    if bare and not (_is_file(path) or _is_folder(path)):
        return bare, folder / typed_path(bare)
    return name, path


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise UsageError(
                tr(
                    "{name} has {size:,} bytes; at most {largest:,} can be attached",
                    name=path.name,
                    size=size,
                    largest=MAX_FILE_BYTES,
                )
            )
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UsageError(
            tr("{name} is not a text file (it is not UTF-8)", name=path.name)
        ) from None
    except OSError as error:
        raise UsageError(
            tr("{name} cannot be read: {strerror}", name=path.name, strerror=error.strerror)
        ) from error


def completions(text: str, folder: Path, most: int = 8) -> list[tuple[str, str]]:
    """What a text that ends in `@…` may become: whole texts, and the path for a list."""
    typed = _TYPED.search(text)
    if typed is None:
        return []
    parent, _, begun = typed[2].rpartition("/")
    rooted = f"{parent}/" if "/" in typed[2] else ""
    try:
        with os.scandir(folder / typed_path(rooted)) as entries:
            names = sorted(
                entry.name + ("/" if entry.is_dir() else "")
                for entry in islice(entries, MAX_LISTED)
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
