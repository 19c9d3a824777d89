"""PDF, page by page."""

import io
import logging
import time

from qchat.knowledge.reading.base import Section, UnreadableError

MAX_PAGES = 3_000
MAX_READING_S = 60.0
"""For all pages of a file: one that takes longer is made to take long."""
_FAILURES = (ValueError, KeyError, TypeError, OSError, RecursionError, AttributeError, IndexError,
             AssertionError, NotImplementedError, ArithmeticError)  # fmt: skip


def from_pdf(data: bytes) -> list[Section]:
    """A section for each page that has text."""
    from pypdf import PdfReader  # noqa: PLC0415  slow to load, and only for PDF
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of every blemish
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableError("locked by a password")
        count = len(reader.pages)
    except (PyPdfError, *_FAILURES) as error:
        raise UnreadableError("a damaged PDF") from error
    found: list[Section] = []
    ends = time.monotonic() + MAX_READING_S
    for number in range(min(count, MAX_PAGES)):
        if time.monotonic() > ends:
            break
        try:
            text = reader.pages[number].extract_text()
        except (PyPdfError, *_FAILURES):
            continue
        if text.strip():
            found.append(Section(f"#page={number + 1}", f"page {number + 1}", text))
    if not found:
        raise UnreadableError("a PDF without text: it may hold pictures of pages")
    return found
