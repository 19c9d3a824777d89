"""The text of a PDF by page, of what a reader sees of it."""

import io
import logging
import time
from typing import NamedTuple

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from qchat_tools.base import ToolError
from qchat_tools.web.article import Article
from qchat_tools.web.page import Page
from qchat_tools.web.pdf_visibility import drop_unseen

MAX_PAGES = 3_000
MAX_READING_S = 9.0
"""For all pages of a file; the process that reads is ended after 15 s."""
_FAILURES = (PyPdfError, ValueError, KeyError, TypeError, OSError, RecursionError, AttributeError,
             IndexError, AssertionError, NotImplementedError, ArithmeticError)  # fmt: skip


def from_pdf(page: Page) -> Article:
    """Raises ToolError that says why there is no text."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of every blemish
    try:
        reader = PdfReader(io.BytesIO(page.body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ToolError("not allowed: the PDF is locked by a password")
        count = len(reader.pages)
    except _FAILURES as error:
        raise ToolError(f"the PDF is damaged: {type(error).__name__}") from error
    first = _first_page(page.fragment, count)
    texts, hidden, pictures, broken = _texts(reader, first, count)
    pages = _headed(texts)
    recognised = not pages and hidden and any(pictures)
    if recognised:  # a scan: its letters lie unseen beside the pictures of its pages
        raw = PdfReader(io.BytesIO(page.body))
        if raw.is_encrypted:
            raw.decrypt("")
        texts, _, _, broken = _texts(raw, first, count, all_of_it=True)
        pages = _headed(texts)
    if not pages and broken:
        raise ToolError(f"the PDF is damaged: {broken[0][1]}")
    if not pages:
        raise ToolError("the PDF has no text: it may hold pictures of pages")
    title, author, date = _about(reader)
    if author not in "\n".join(pages):  # nobody who looks at the pages sees it
        author = ""
    remarks = _remarks(first, max(texts), count, [n for n, _ in broken])
    if recognised:
        remarks += ("A scan: the text is what a program recognised in its pictures.",)
        hidden = 0
    return Article(title, date, "\n\n".join(pages), author, remarks=remarks, hidden=hidden)


def _first_page(fragment: str, count: int) -> int:
    """`#page=12`, as browsers open a PDF at a page (RFC 8118)."""
    for part in fragment.split("&"):
        name, _, value = part.partition("=")
        if name == "page" and value.isdigit() and 0 < int(value) <= count:
            return int(value)
    return 1


class _Texts(NamedTuple):
    """What was read, by page number."""

    texts: dict[int, str]
    hidden: int
    pictures: list[bool]
    """For each page, whether a picture fills it."""
    broken: list[tuple[int, str]]


def _headed(texts: dict[int, str]) -> list[str]:
    return [f"## Page {n}\n\n{text.strip()}" for n, text in texts.items() if text.strip()]


def _texts(reader: PdfReader, first: int, count: int, *, all_of_it: bool = False) -> _Texts:
    began = time.monotonic()
    found = _Texts({}, 0, [], [])
    hidden = 0
    for number in range(first, min(count, first + MAX_PAGES - 1) + 1):
        try:
            sheet = reader.pages[number - 1]
            if not all_of_it:
                layer = drop_unseen(sheet, reader)
                hidden += layer.unseen
                found.pictures.append(layer.under_picture)
            found.texts[number] = sheet.extract_text()
        except _FAILURES as error:
            found.texts[number] = ""
            found.broken.append((number, type(error).__name__))
        if time.monotonic() - began > MAX_READING_S:
            break
    return found._replace(hidden=hidden)


def _about(reader: PdfReader) -> tuple[str, str, str]:
    try:
        about = reader.metadata
        if about is None:
            return "", "", ""
        made = about.creation_date
        date = made.date().isoformat() if made is not None else ""
        return str(about.title or ""), str(about.author or ""), date
    except _FAILURES:
        return "", "", ""


def _remarks(first: int, last: int, count: int, broken: list[int]) -> tuple[str, ...]:
    remarks = []
    if last < count or first > 1:
        rest = f" To go on, read its address with #page={last + 1}." if last < count else ""
        remarks.append(f"The PDF has {count} pages; these are {first} to {last}.{rest}")
    if broken:
        named = ", ".join(map(str, broken[:10]))
        remarks.append(f"Pages that are damaged and could not be read: {named}.")
    return tuple(remarks)
