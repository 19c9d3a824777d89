"""What a page says: the main text of HTML as Markdown, of PDF by page, other text as it is."""

import io
import logging
import re

import msgspec

from qchat_tools.base import ToolError
from qchat_tools.web.hidden import drop_hidden, drop_zero_width
from qchat_tools.web.page import Page

_MARKUP = ("text/html", "application/xhtml+xml")
_MOST_ELEMENTS = 150_000
_MOST_PDF_PAGES = 300
_SHORT = 300
"""A text of fewer characters may be the leftovers of a page that shows itself by a script."""
_ROBOT_CHECKS = ("just a moment", "are you a robot", "verify you are human", "attention required")
_NEEDS_SCRIPT = re.compile(r"java\s?script|enable js|browser", re.IGNORECASE)


class Article(msgspec.Struct, frozen=True):
    """What a page says, without what stands around it."""

    title: str
    date: str
    text: str
    author: str = ""
    site: str = ""


def extract(page: Page) -> Article:
    """The main text of a page. Raises ToolError that says why there is none."""
    if page.body.startswith(b"%PDF-") or page.media_type == "application/pdf":
        found = _from_pdf(page)
    elif page.media_type in _MARKUP or (not page.media_type and _looks_like_html(page.body)):
        found = _from_html(page)
    else:
        found = _from_text(page)
    return Article(
        _line(found.title, 200) or page.url,
        _line(found.date, 20),
        drop_zero_width(found.text).strip(),
        _line(found.author, 100),
        _line(found.site, 100),
    )


def _line(text: str, longest: int) -> str:
    return " ".join(drop_zero_width(text).split())[:longest]


def _from_text(page: Page) -> Article:
    binary = b"\0" in page.body[:4096] and not page.charset.lower().startswith(("utf-16", "utf-32"))
    if binary or page.media_type == "application/octet-stream":
        raise ToolError("not text: the address holds binary data")
    text = decoded(page)
    if not text.strip():
        raise ToolError("the page is empty")
    return Article("", "", text)


def _from_html(page: Page) -> Article:
    from trafilatura import extract_with_metadata  # noqa: PLC0415  heavy: only when first needed
    from trafilatura.utils import load_html  # noqa: PLC0415

    # Bytes let it find a charset that only the page itself declares.
    tree = load_html(decoded(page) if page.charset else page.body)
    if tree is None:
        raise ToolError("no text was found on the page")
    if sum(1 for _ in tree.iter()) > _MOST_ELEMENTS:
        raise ToolError(f"too tangled: the page has more than {_MOST_ELEMENTS:,} elements")
    asks_for_password = bool(tree.xpath("//input[@type='password']"))
    drop_hidden(tree)
    found = extract_with_metadata(
        tree,
        url=page.url,
        output_format="markdown",
        include_comments=False,
        include_tables=True,
        include_links=True,
    )
    text = _without_header(found.text or "") if found is not None else ""
    _check_is_page(page, text, (found.title or "") if found is not None else "", asks_for_password)
    assert found is not None
    author = (found.author or "").replace("; ", ", ")
    site = found.sitename or ""
    site = "" if site.lower() in page.url.lower() else site  # the address tells it already
    return Article(found.title or "", found.date or "", text, author, site)


def _without_header(text: str) -> str:
    """The text alone, without the lines between dashes in which trafilatura tells what it knows."""
    if text.startswith("---\n"):
        text = text.partition("\n---\n")[2]
    return text.strip()


def _check_is_page(page: Page, text: str, title: str, asks_for_password: bool) -> None:
    """Tell a page from the door in front of it."""
    if len(text) >= _SHORT:
        return
    if any(check in f"{title} {text}".lower() for check in _ROBOT_CHECKS):
        raise ToolError("not allowed: the page wants to see a person first (a captcha)")
    if asks_for_password:
        raise ToolError("the page asks for a login")
    if b"<script" in page.body.lower() and (not text or _NEEDS_SCRIPT.search(text)):
        raise ToolError("the page has no text of its own: it needs a browser to show itself")
    if not text:
        raise ToolError("no text was found on the page")


def _from_pdf(page: Page) -> Article:
    from pypdf import PdfReader  # noqa: PLC0415  heavy: only when first needed
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of every blemish
    try:
        reader = PdfReader(io.BytesIO(page.body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ToolError("not allowed: the PDF is locked by a password")
        texts = [sheet.extract_text() for sheet in reader.pages[:_MOST_PDF_PAGES]]
        about = reader.metadata
        title, author = (about.title, about.author) if about is not None else ("", "")
        made = about.creation_date if about is not None else None
    except (PyPdfError, ValueError, KeyError, TypeError, OSError, RecursionError) as error:
        raise ToolError(f"the PDF is damaged: {type(error).__name__}") from error
    pages = [f"## Page {n}\n\n{text.strip()}" for n, text in enumerate(texts, 1) if text.strip()]
    if not pages:
        raise ToolError("the PDF has no text: it may hold pictures of pages")
    date = made.date().isoformat() if made is not None else ""
    return Article(str(title or ""), date, "\n\n".join(pages), str(author or ""))


def _looks_like_html(body: bytes) -> bool:
    head = body[:1024].lower()
    return b"<html" in head or b"<!doctype html" in head


def decoded(page: Page) -> str:
    """The body as text by the charset that the server named; what does not fit is replaced."""
    try:
        return page.body.decode(page.charset or "utf-8-sig", "replace")
    except LookupError:  # the server named a charset that nobody knows
        return page.body.decode("utf-8", "replace")
