"""Reading one page: fetched within limits, its main text as Markdown, in parts if it is long."""

import re
import time
from collections.abc import AsyncGenerator
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from qchat_memory.origin import Origin
from qchat_tools import wording
from qchat_tools.base import Call, ToolError, parse, spec
from qchat_tools.parts import Part, TextPart
from qchat_tools.taint import allow_address
from qchat_tools.web.address import parse_url
from qchat_tools.web.connection import is_success, status_error
from qchat_tools.web.extractor import prepare
from qchat_tools.web.fetch import Fetcher
from qchat_tools.web.page import Page
from qchat_tools.web.page_loader import Visit
from qchat_tools.web.sources import Sources
from qchat_tools.web.user_addresses import is_quoted

MAX_ERROR_PAGE = 2_000
"""Characters of what a server says instead of a page."""


class ReadArguments(msgspec.Struct, forbid_unknown_fields=True):
    address: Annotated[
        str, msgspec.Meta(description="Address of a page, or the number of a search result")
    ]
    question: Annotated[
        str, msgspec.Meta(description="What to look for: of a long page its best parts come first")
    ] = ""
    part: Annotated[
        int, msgspec.Meta(description="Where to go on in a long page, from 1", ge=0)
    ] = 0


class AnyonesReadArguments(ReadArguments, forbid_unknown_fields=True):
    """What is taken beside what the model is told of: a bare number, and the user's `fresh`."""

    address: str | int  # type: ignore[assignment]
    fresh: bool = False


class WebReadTool:
    """Reads a page that a search found or that the user named."""

    spec = spec("web_read", "Read a web page as text. Cite it as [number].", ReadArguments)
    origin = Origin("web")

    def __init__(self, sources: Sources, fetcher: Fetcher | None = None) -> None:
        self._sources = sources
        self._fetcher = fetcher or Fetcher()

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Fetch and extract. Raises ToolError that names what went wrong."""
        arguments = parse(AnyonesReadArguments, call.arguments)
        url = self._url(str(arguments.address))
        plain = url.partition("#")[0]
        known = self._sources.knows(plain) or is_quoted(call.provenance.user_text, plain)
        await allow_address(call, plain, known=known)
        began = time.monotonic()
        prepare()
        page = await self._fetcher.get(url, call.sent, fresh=arguments.fresh)
        visit = Visit(self._fetcher, call.sent, arguments.question, arguments.part)
        try:
            page, article = await visit.read(page)
        except ToolError as error:
            yield _note(page, time.monotonic() - began)
            if not is_success(page.status):
                raise ToolError(_status_error(page)) from error
            raise
        yield _note(page, time.monotonic() - began, article.hidden)
        source = self._sources.add(
            page.url,
            article.title,
            article.text if is_success(page.status) else article.text[:MAX_ERROR_PAGE],
            article.date,
            author=article.author,
            site=article.site,
            asked=url,
        )
        for part in wording.page(source):
            yield part
        for remark in article.remarks:
            yield TextPart(f"[{remark}]")
        if not is_success(page.status):
            raise ToolError(f"{_status_error(page)}; what it says instead stands above")

    def _url(self, address: str) -> str:
        number = re.fullmatch(r"\s*\[?(\d{1,6})\]?\s*", address)
        if number is None:
            fragment = urlsplit(address).fragment
            return str(parse_url(address)) + (f"#{fragment}" if "page=" in fragment else "")
        source = self._sources.get(int(number[1]))
        if source is None:
            raise ToolError(f"there is no result [{number[1]}]: give a full address")
        return source.url


def _status_error(page: Page) -> str:
    return status_error(page.status, urlsplit(page.url).hostname or page.url)


def _note(page: Page, took_s: float, hidden: int = 0) -> TextPart:
    """For the reader: what was fetched, how big, in which time, or from when it is."""
    size = f"{max(len(page.body) // 1000, 1)} kB"
    unseen = f"; left out: {hidden:,} characters that its readers do not see" if hidden else ""
    if page.stored:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(page.asked_at))
        return TextPart(f"{page.url}: {size}, kept from {when}{unseen}", "note")
    return TextPart(f"{page.url}: {size} in {took_s:.1f} s{unseen}", "note")
