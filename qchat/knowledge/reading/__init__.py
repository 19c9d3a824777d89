"""Files of each kind as text with places: what a passage is cut from, and where it stands."""

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from qchat.knowledge.reading.base import Section, UnreadableError
from qchat.knowledge.reading.documents import from_docx, from_epub, from_odt, from_pptx
from qchat.knowledge.reading.markup import from_html
from qchat.knowledge.reading.notebook import from_notebook
from qchat.knowledge.reading.pdf import from_pdf
from qchat.knowledge.reading.plain import from_text

Read = Callable[[bytes], list[Section]]

KINDS: Mapping[str, Read] = {
    ".pdf": from_pdf,
    ".docx": from_docx,
    ".pptx": from_pptx,
    ".odt": from_odt,
    ".epub": from_epub,
    ".ipynb": from_notebook,
    ".html": from_html,
    ".htm": from_html,
    ".xhtml": from_html,
}
"""By the ending of the name; anything else is read as text, if it is text."""
_NO_TEXT = (
    "png jpg jpeg gif webp bmp tiff ico heic mp3 mp4 mov avi mkv wav flac ogg"
    " zip gz xz bz2 7z rar tar whl jar exe dll so dylib o a pyc class gguf bin"
    " safetensors npy npz pt db sqlite sqlite3 woff woff2 ttf otf lock"
)
PICTURES_AND_SUCH = frozenset(f".{ending}" for ending in _NO_TEXT.split())
"""Endings of what holds no text: such files are not even opened."""
MAX_BYTES = 64 << 20
"""Of one file; larger ones are data, or too long to be of use."""
MAX_TEXT_BYTES = 8 << 20


def holds_text(path: str, size: int) -> bool:
    """Whether a file is worth opening, by its name and size."""
    suffix = PurePosixPath(path).suffix.lower()
    return size > 0 and suffix not in PICTURES_AND_SUCH


def read(path: str, data: bytes) -> list[Section]:
    """What a file says. Raises UnreadableError with the reason in a few words."""
    suffix = PurePosixPath(path).suffix.lower()
    reader = KINDS.get(suffix)
    if reader is None and len(data) > MAX_TEXT_BYTES:
        raise UnreadableError(f"text of more than {MAX_TEXT_BYTES >> 20} MB")
    return (reader or from_text)(data)


def has_headings(path: str) -> bool:
    """Whether a line that begins with # is a heading there, and not a remark of a program."""
    suffix = PurePosixPath(path).suffix.lower()
    return suffix in KINDS or suffix in (".md", ".markdown", ".mdx", ".txt", "")
