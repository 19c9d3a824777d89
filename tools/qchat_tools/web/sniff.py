"""What a body is, by its declared type and first bytes (mimesniff.spec.whatwg.org)."""

import re
from typing import Literal

from qchat_tools.base import ToolError
from qchat_tools.web.page import Page

Kind = Literal["html", "pdf", "text"]

_HTML_TYPES = ("text/html", "application/xhtml+xml", "application/html", "html")
_GENERIC = ("", "application/octet-stream", "binary/octet-stream", "unknown/unknown", "*/*",
            "application/unknown", "application/force-download", "application/x-download",
            "application/download")  # fmt: skip
_TAG = re.compile(
    rb"\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*"
    rb"<(?:!doctype html|(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|"
    rb"main|article|section|meta|link)[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_HEAD = 4_096
_PDF_JUNK = 1_024
"""So far behind the beginning may the mark of a PDF stand."""


def kind_of(page: Page) -> Kind:
    """HTML, PDF or other text. Raises ToolError for what is none of these."""
    head = page.body[:_HEAD]
    start = head.removeprefix(b"\xef\xbb\xbf")
    if b"%PDF-" in head[:_PDF_JUNK] and not _TAG.match(start):
        return "pdf"
    if page.media_type in _HTML_TYPES:
        return "html"
    if (page.media_type in _GENERIC or page.media_type == "application/pdf") and _TAG.match(
        page.body[: _HEAD * 4].removeprefix(b"\xef\xbb\xbf")
    ):
        return "html"
    if page.media_type == "application/pdf":
        return "pdf"
    if _is_binary(page):
        raise ToolError("not text: the address holds binary data")
    return "text"


def _is_binary(page: Page) -> bool:
    head = page.body[:_HEAD]
    if head.startswith(_MARKS) or page.charset.lower().startswith(("utf-16", "utf-32")):
        return False
    zeros = head.count(0)
    if zeros and _looks_wide(head, zeros):
        return False
    return _BINARY.search(head) is not None


def _looks_wide(head: bytes, zeros: int) -> bool:
    """UTF-16 without a mark: nearly every second byte is zero, always the same side."""
    return zeros > len(head) * 0.3 and (
        head[::2].count(0) > zeros * 0.95 or head[1::2].count(0) > zeros * 0.95
    )
