"""From an address to a text: style sheets, pages that send on, pages of frames."""

import asyncio

import msgspec

from qchat_tools.base import ToolError
from qchat_tools.web.article import Article, ClientRedirect, NeedsStyleSheets, Reading
from qchat_tools.web.connection import Ask
from qchat_tools.web.extractor import Task, extracted
from qchat_tools.web.fetch import Fetcher
from qchat_tools.web.page import Page, StyleSheet
from qchat_tools.web.search import Note

MAX_HOPS = 3
"""So often may a page send its readers on to another."""
MAX_SHEET_ROUNDS = 3
"""The sheets of a page, those that they import, and those that these import."""
SHEET_TIMEOUT_S = 5.0
MAX_SHEET_BYTES = 2_000_000
_SHEET_TYPES = "text/css,*/*;q=0.1"


class Visit:
    """One page as one reader wants it, with all that must be fetched for it."""

    def __init__(self, fetcher: Fetcher, note: Note, question: str = "", part: int = 0) -> None:
        self._fetcher = fetcher
        self._note = note
        self._question = question
        self._part = part

    async def read(self, page: Page) -> tuple[Page, Article]:
        """The page that the text is of, and its text. Raises ToolError that says why not."""
        for _ in range(MAX_HOPS + 1):
            reading = await self._reading(page)
            match reading:
                case Article():
                    return page, reading
                case ClientRedirect(urls=(url,)):
                    page = await self._fetcher.get(url, self._note)
                case ClientRedirect(urls=urls):
                    return page, await self._frames(urls)
                case NeedsStyleSheets():
                    raise ToolError("no text was found on the page")
        raise ToolError(f"the page sends its readers on more than {MAX_HOPS} times")

    async def _reading(self, page: Page) -> Reading:
        for _ in range(MAX_SHEET_ROUNDS):
            reading = await extracted(self._task(page, wait_for_sheets=True))
            if not isinstance(reading, NeedsStyleSheets):
                return reading
            sheets = await asyncio.gather(*map(self._sheet, reading.sheets))
            page = msgspec.structs.replace(page, sheets=(*page.sheets, *sheets))
        return await extracted(self._task(page, wait_for_sheets=False))

    def _task(self, page: Page, *, wait_for_sheets: bool) -> Task:
        return Task(page, self._question, self._part, wait_for_sheets)

    async def _frames(self, urls: tuple[str, ...]) -> Article:
        """What the frames of a page say, one after another."""
        texts, titles, remarks, hidden = [], [], [], 0
        failure: ToolError | None = None
        for url in urls:
            try:
                reading = await self._reading(await self._fetcher.get(url, self._note))
            except ToolError as error:
                failure = error
                remarks.append(f"A frame of the page could not be read: {error}")
                continue
            if isinstance(reading, Article):
                texts.append(reading.text)
                titles.append(reading.title)
                hidden += reading.hidden
                remarks += reading.remarks
        if not texts:
            raise failure or ToolError("no text was found on the page")
        return Article(titles[0], "", "\n\n".join(texts), remarks=tuple(remarks), hidden=hidden)

    async def _sheet(self, url: str) -> StyleSheet:
        """A style sheet; one that does not come is as if it said nothing, as in browsers."""
        ask = Ask(accept=_SHEET_TYPES, max_bytes=MAX_SHEET_BYTES)
        try:
            page = await self._fetcher.get(url, self._note, timeout_s=SHEET_TIMEOUT_S, ask=ask)
        except ToolError:
            return StyleSheet(url, b"")
        if page.status != 200 or page.media_type not in ("", "text/css"):
            return StyleSheet(url, b"")  # of another type: browsers take no such sheet either
        return StyleSheet(url, page.body, page.charset)
