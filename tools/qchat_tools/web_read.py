"""Reading one page: fetched within limits, its main text as Markdown."""

import re
from collections.abc import AsyncGenerator, Collection
from typing import Annotated

import msgspec

from qchat_tools import wording
from qchat_tools.address import Resolve
from qchat_tools.base import Call, ToolError, parse, spec
from qchat_tools.deadline import within
from qchat_tools.fetch import Page, fetch
from qchat_tools.parts import Part
from qchat_tools.sources import Sources

MOST_CHARACTERS = 8_000
_EXTRACT_TIMEOUT_S = 20.0
_MARKUP = ("text/html", "application/xhtml+xml")


class ReadArguments(msgspec.Struct, forbid_unknown_fields=True):
    address: Annotated[
        str, msgspec.Meta(description="Address of a page, or the number of a search result")
    ]


class Article(msgspec.Struct, frozen=True):
    """What a page says, without what stands around it."""

    title: str
    date: str
    text: str


class WebReadTool:
    """Reads a page that a search found or that the user named."""

    spec = spec("web_read", "Read a web page as text. Cite it as [number].", ReadArguments)
    taints = True

    def __init__(
        self,
        sources: Sources,
        allow_hosts: Collection[str] = (),
        resolve: Resolve | None = None,
    ) -> None:
        self._sources = sources
        self._allow_hosts = allow_hosts
        self._resolve = resolve

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Fetch and extract. Raises ToolError that names what went wrong."""
        url = self._url(parse(ReadArguments, call.arguments).address)
        page = await fetch(url, self._allow_hosts, self._resolve)
        try:
            article = await within(_EXTRACT_TIMEOUT_S, lambda: extract(page))
        except TimeoutError as error:
            raise ToolError("timed out: the page is too tangled to be read") from error
        source = self._sources.add(page.url, article.title, shortened(article.text), article.date)
        for part in wording.page(source):
            yield part

    def _url(self, address: str) -> str:
        number = re.fullmatch(r"\s*\[?(\d{1,6})\]?\s*", address)
        if number is None:
            return address
        source = self._sources.get(int(number[1]))
        if source is None:
            raise ToolError(f"there is no result [{number[1]}]: give a full address")
        return source.url


def extract(page: Page) -> Article:
    """The main text of a page; text and JSON as they are. Raises ToolError if there is none."""
    markup = page.media_type in _MARKUP or (not page.media_type and _looks_like_html(page.body))
    if markup:
        return _extract_html(page)
    if b"\0" in page.body[:4096] and not page.charset.lower().startswith("utf-16"):
        raise ToolError("not text: the address holds binary data")
    text = _decoded(page).strip()
    if not text:
        raise ToolError("the page is empty")
    return Article(page.url, "", text)


def shortened(text: str) -> str:
    """The beginning, up to the end of a line where one is near, and how much is missing."""
    if len(text) <= MOST_CHARACTERS:
        return text
    end = text.rfind("\n", MOST_CHARACTERS * 3 // 4, MOST_CHARACTERS)
    end = end if end > 0 else MOST_CHARACTERS
    return f"{text[:end].rstrip()}\n[{len(text) - end} more characters left out]"


def _extract_html(page: Page) -> Article:
    from trafilatura import extract_with_metadata  # noqa: PLC0415  heavy: only when first needed

    found = extract_with_metadata(
        # Bytes let it find a charset that only the page itself declares.
        _decoded(page) if page.charset else page.body,
        url=page.url,
        output_format="markdown",
        include_comments=False,
        include_tables=True,
        include_links=True,
    )
    text = (found.text or "").strip() if found is not None else ""
    if found is None or not text or _asks_for_a_browser(text):
        if b"<script" in page.body.lower():
            raise ToolError("the page has no text of its own: it needs a browser to show itself")
        raise ToolError("no text was found on the page")
    return Article(found.title or page.url, found.date or "", text)


def _asks_for_a_browser(text: str) -> bool:
    return len(text) < 200 and "javascript" in text.lower()


def _looks_like_html(body: bytes) -> bool:
    head = body[:1024].lower()
    return b"<html" in head or b"<!doctype html" in head


def _decoded(page: Page) -> str:
    try:
        return page.body.decode(page.charset or "utf-8", "replace")
    except LookupError:  # the server named a charset that nobody knows
        return page.body.decode("utf-8", "replace")
