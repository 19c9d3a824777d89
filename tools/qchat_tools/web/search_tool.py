"""Searching the web: by whichever provider is set, with what was found a moment ago at hand."""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Annotated

import msgspec

from qchat_memory.origin import Origin
from qchat_tools import wording
from qchat_tools.base import Call, ToolError, parse, spec
from qchat_tools.parts import Part, TextPart
from qchat_tools.taint import allow_query
from qchat_tools.web.address import online
from qchat_tools.web.cache import Answer, Cache
from qchat_tools.web.search import Hit, Note, Provider, Query, SearchFailed, TimeRange
from qchat_tools.web.search_ddgs import Engines
from qchat_tools.web.sources import Sources

TIMEOUT_S = 15.0
MAX_RESULTS = 10
DEFAULT_RESULTS = 5
_FRESH_S = 900
"""So long the same search is answered by what it gave before."""


class SearchArguments(msgspec.Struct, forbid_unknown_fields=True):
    query: Annotated[str, msgspec.Meta(description="Words to search for")]
    max_results: Annotated[int, msgspec.Meta(description="How many results, 1 to 10")] = (
        DEFAULT_RESULTS
    )
    time_range: Annotated[
        TimeRange, msgspec.Meta(description="Only what is newer than a day, week, month or year")
    ] = ""
    region: Annotated[
        str,
        msgspec.Meta(
            description="Country and language, such as us-en, de-de or cn-zh",
            pattern="^([a-z]{2}-[a-z]{2,4})?$",
        ),
    ] = ""


class AnyonesSearchArguments(SearchArguments, forbid_unknown_fields=True):
    """What the user may say beside what the model is told of."""

    fresh: bool = False


class WebSearchTool:
    """Finds pages; the model reads the extracts, and a page itself with `web_read`."""

    spec = spec(
        "web_search",
        "Search the web. Results are numbered: cite them as [number].",
        SearchArguments,
    )
    origin = Origin("web")

    def __init__(
        self,
        sources: Sources,
        timeout_s: float = TIMEOUT_S,
        *,
        provider: Provider | None = None,
        cache: Cache | None = None,
    ) -> None:
        self._sources = sources
        self._timeout_s = timeout_s
        self._provider = provider or Engines()
        self._cache = cache

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Search. Raises ToolError by name: no network, timed out, or what the provider said."""
        arguments = parse(AnyonesSearchArguments, call.arguments)
        words = " ".join(arguments.query.split())
        if not words:
            raise ToolError("web_search failed: the query is empty")
        await allow_query(call, words)
        number = min(max(arguments.max_results, 1), MAX_RESULTS)
        query = Query(words, number, arguments.time_range, arguments.region)
        began = time.monotonic()
        hits, asked_at = await self._found(query, call.sent, fresh=arguments.fresh)
        yield _note(self._provider.name, hits, time.monotonic() - began, asked_at)
        sources = [
            self._sources.add(hit.url, hit.title, hit.snippet, hit.date) for hit in hits[:number]
        ]
        for part in wording.search_results(sources):
            yield part

    async def _found(self, query: Query, note: Note, *, fresh: bool) -> tuple[list[Hit], float]:
        """The hits, and when they were found if that was earlier."""
        key = f"search:{self._provider.name}:{msgspec.json.encode(query).decode()}"
        held = await self._cache.lookup(key, again=fresh) if self._cache is not None else None
        if held is not None and held.fresh is not None:
            return _hits(held.fresh), held.fresh.asked_at
        # Without network each engine would fail by itself, one after another.
        if self._provider.name == Engines.name and not await online():
            if held is not None and held.stale is not None:
                return _hits(held.stale), held.stale.asked_at
            raise ToolError(wording.no_network("web_search"))
        hits = await _within(self._provider, query, note, self._timeout_s)
        if self._cache is not None and hits:
            headers = {"cache-control": f"max-age={_FRESH_S}"}
            await self._cache.store(
                Answer(key, 200, headers, msgspec.json.encode(hits), time.time())
            )
        return hits, 0.0


async def _within(provider: Provider, query: Query, note: Note, timeout_s: float) -> list[Hit]:
    try:
        async with asyncio.timeout(timeout_s):
            return await provider.search(query, note)
    except TimeoutError as error:
        raise ToolError(f"web_search failed: timed out after {timeout_s:.0f} s") from error
    except SearchFailed as error:
        who = "" if provider.name == Engines.name else f"{provider.name}: "
        raise ToolError(f"web_search failed: {who}{error}") from error


def _hits(answer: Answer) -> list[Hit]:
    return msgspec.json.decode(answer.body, type=list[Hit])


def _note(provider: str, hits: list[Hit], took_s: float, asked_at: float) -> TextPart:
    """For the reader: who was asked, what came, and when."""
    count = f"{len(hits)} result{'' if len(hits) == 1 else 's'}"
    if asked_at:
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(asked_at))
        return TextPart(f"{count} that {provider} gave on {when}", "note")
    return TextPart(f"{provider}: {count} in {took_s:.1f} s", "note")
