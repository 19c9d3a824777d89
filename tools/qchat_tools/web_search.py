"""Searching the web with `ddgs`, which asks several public engines and needs no key."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import msgspec

from qchat_tools import wording
from qchat_tools.address import online
from qchat_tools.base import Call, ToolError, parse, spec
from qchat_tools.deadline import within
from qchat_tools.parts import Part
from qchat_tools.sources import Sources

TIMEOUT_S = 15.0
_ENGINE_TIMEOUT_S = 5
_MOST_RESULTS = 10
_LONGEST_EXTRACT = 500


class SearchArguments(msgspec.Struct, forbid_unknown_fields=True):
    query: Annotated[str, msgspec.Meta(description="Words to search for")]
    max_results: Annotated[int, msgspec.Meta(description="How many results, 1 to 10")] = 5


class WebSearchTool:
    """Finds pages; the model reads the extracts, and a page itself with `web_read`."""

    spec = spec(
        "web_search",
        "Search the web. Results are numbered: cite them as [number].",
        SearchArguments,
    )
    taints = True

    def __init__(self, sources: Sources, timeout_s: float = TIMEOUT_S) -> None:
        self._sources = sources
        self._timeout_s = timeout_s

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Search. Raises ToolError by name: no network, timed out, or what the engines said."""
        arguments = parse(SearchArguments, call.arguments)
        query = " ".join(arguments.query.split())
        if not query:
            raise ToolError("web_search failed: the query is empty")
        number = min(max(arguments.max_results, 1), _MOST_RESULTS)
        # Without network each engine would fail by itself, one after another.
        if not await online():
            raise ToolError(wording.no_network("web_search"))
        try:
            rows = await within(self._timeout_s, lambda: _search(query, number))
        except TimeoutError as error:
            raise ToolError(
                f"web_search failed: timed out after {self._timeout_s:.0f} s"
            ) from error
        found = [row for row in map(_readable, rows) if row is not None]
        unique = {url: (url, title, extract) for url, title, extract in reversed(found)}
        sources = [self._sources.add(*row) for row in list(reversed(unique.values()))[:number]]
        for part in wording.search_results(sources):
            yield part


def _search(query: str, number: int) -> list[dict[str, Any]]:
    from ddgs import DDGS  # noqa: PLC0415  heavy: only when first needed
    from ddgs.exceptions import DDGSException, TimeoutException  # noqa: PLC0415

    try:
        return DDGS(timeout=_ENGINE_TIMEOUT_S).text(query, max_results=number)
    except TimeoutException as error:
        raise TimeoutError from error
    except DDGSException as error:
        said = str(error)
        if "No results" in said:
            return []
        if "dns" in said.lower():
            raise ToolError(wording.no_network("web_search")) from error
        reason = " ".join(said.split())[:160]
        raise ToolError(f"web_search failed: no search engine answered ({reason})") from error


def _readable(row: dict[str, Any]) -> tuple[str, str, str] | None:
    """Address, title and extract of a result that strangers wrote; None without an address."""
    url = str(row.get("href", "")).strip()
    if not url.startswith(("http://", "https://")) or len(url) > 2_000:
        return None
    extract = " ".join(str(row.get("body") or "").split())
    if len(extract) > _LONGEST_EXTRACT:
        extract = f"{extract[:_LONGEST_EXTRACT]}…"
    return url, str(row.get("title") or url), extract
