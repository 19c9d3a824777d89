"""Office documents and books: zips of XML, read up to limits so that no bomb goes off."""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from qchat.knowledge.reading.base import Section, UnreadableError
from qchat.knowledge.reading.markup import text_of

MAX_ENTRY_BYTES = 32 << 20
MAX_BYTES = 128 << 20
"""Of all entries of a document together, unpacked."""
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_PACKAGE = "{http://www.idpf.org/2007/opf}"
_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_FAILURES = (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, NotImplementedError,
             KeyError)  # fmt: skip


class _Package:
    """The zip that a document is."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            self.names = self._zip.namelist()
        except _FAILURES as error:
            raise UnreadableError("a damaged document") from error
        self._left = MAX_BYTES

    def read(self, name: str) -> bytes:
        """An entry. Raises UnreadableError where it is damaged or too large."""
        limit = min(MAX_ENTRY_BYTES, self._left)
        try:
            with self._zip.open(name) as entry:
                data = entry.read(limit + 1)
        except _FAILURES as error:
            raise UnreadableError("a damaged document") from error
        if len(data) > limit:
            raise UnreadableError("a document that unpacks to far too much")
        self._left -= len(data)
        return data

    def xml(self, name: str) -> Any:
        """An entry of XML, as its root; no entity is ever resolved."""
        from lxml import etree  # noqa: PLC0415  slow to load

        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
        try:
            return etree.fromstring(self.read(name), parser)
        except etree.LxmlError as error:
            raise UnreadableError("a damaged document") from error


def from_docx(data: bytes) -> list[Section]:
    """The paragraphs of a Word document, headings marked as in Markdown."""
    root = _Package(data).xml("word/document.xml")
    return _one("\n\n".join(filter(None, map(_word_paragraph, root.iter(f"{_WORD}p")))))


def _word_paragraph(paragraph: Any) -> str:
    pieces = []
    for node in paragraph.iter(f"{_WORD}t", f"{_WORD}tab", f"{_WORD}br"):
        pieces.append(node.text or "" if node.tag == f"{_WORD}t" else " ")
    text = "".join(pieces).strip()
    style = paragraph.find(f"{_WORD}pPr/{_WORD}pStyle")
    name = style.get(f"{_WORD}val", "") if style is not None else ""
    level = re.fullmatch(r"(?:Heading|berschrift|Titre|标题)\s?(\d)", name)
    return f"{'#' * int(level[1])} {text}" if level and text else text


def from_pptx(data: bytes) -> list[Section]:
    """A section for each slide."""
    package = _Package(data)
    slides = sorted(
        (int(match[1]), name)
        for name in package.names
        if (match := re.fullmatch(r"ppt/slides/slide(\d+)\.xml", name))
    )
    found = []
    for number, name in slides:
        paragraphs = package.xml(name).iter(f"{_DRAWING}p")
        lines = ("".join(t.text or "" for t in p.iter(f"{_DRAWING}t")) for p in paragraphs)
        if text := "\n".join(line for line in lines if line.strip()):
            found.append(Section(f"#slide={number}", f"slide {number}", text))
    if not found:
        raise UnreadableError("slides without text")
    return found


def from_odt(data: bytes) -> list[Section]:
    """The paragraphs of an OpenDocument text."""
    root = _Package(data).xml("content.xml")
    lines = []
    for node in root.iter(f"{_TEXT}p", f"{_TEXT}h"):
        text = "".join(node.itertext()).strip()
        level = node.get(f"{_TEXT}outline-level", "1")
        mark = "#" * min(int(level) if level.isdecimal() else 1, 6)
        lines.append(f"{mark} {text}" if node.tag == f"{_TEXT}h" else text)
    return _one("\n\n".join(filter(None, lines)))


def from_epub(data: bytes) -> list[Section]:
    """A section for each chapter, in the order of the book."""
    package = _Package(data)
    found = []
    for number, name in enumerate(_spine(package), 1):
        try:
            text = text_of(package.read(name))
        except UnreadableError:
            continue
        if text.strip():
            found.append(Section(f"#chapter={number}", f"chapter {number}", text))
    if not found:
        raise UnreadableError("a book without text")
    return found


def _spine(package: _Package) -> Iterator[str]:
    container = package.xml("META-INF/container.xml")
    rootfile = container.find(f".//{_CONTAINER}rootfile")
    if rootfile is None:
        raise UnreadableError("a damaged book")
    place = rootfile.get("full-path", "")
    book = package.xml(place)
    items = {item.get("id"): item.get("href", "") for item in book.iter(f"{_PACKAGE}item")}
    for reference in book.iter(f"{_PACKAGE}itemref"):
        href = items.get(reference.get("idref"))
        if href:
            name = posixpath.normpath(posixpath.join(posixpath.dirname(place), unquote(href)))
            if name in package.names:
                yield name


def _one(text: str) -> list[Section]:
    if not text.strip():
        raise UnreadableError("a document without text")
    return [Section("", "", text)]
