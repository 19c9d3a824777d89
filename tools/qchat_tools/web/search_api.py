"""Search services that answer in JSON: one's own SearXNG, and Brave and Tavily by key."""

from typing import Any, TypeVar

import httpx
import msgspec

from qchat_tools.web.proxies import proxy_for
from qchat_tools.web.search import Hit, Note, Query, SearchFailed, hit, merged

BRAVE_URL = "https://api.search.brave.com"
TAVILY_URL = "https://api.tavily.com"
_TIMEOUT_S = 10.0
_MAX_BYTES = 2_000_000
_FRESHNESS = {"day": "pd", "week": "pw", "month": "pm", "year": "py"}

MAX_ROWS = 1_000


class _Results(msgspec.Struct):
    results: list[Any] = []
    unresponsive_engines: list[Any] = []
    """Of SearXNG: which of the engines that it asks did not answer, and why."""

    def rows(self) -> list[dict[str, Any]]:
        """The rows that are rows, and not more than anybody reads."""
        return [row for row in self.results[:MAX_ROWS] if isinstance(row, dict)]


class _BraveAnswer(msgspec.Struct):
    web: _Results = msgspec.field(default_factory=_Results)


class SearXNG:
    """An instance of one's own, which must allow `format=json` (docs.searxng.org, Search API)."""

    name = "searxng"

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")

    async def search(self, query: Query, note: Note) -> list[Hit]:
        """Ask the instance. Raises SearchFailed."""
        wanted = {"q": query.words, "format": "json"}
        if query.time_range:
            wanted["time_range"] = query.time_range
        if query.region:
            country, _, language = query.region.partition("-")
            wanted["language"] = f"{language}-{country.upper()}" if language else country
        answer = await _asked("GET", f"{self._address}/search", _Results, note, params=wanted)
        hits = merged(
            hit(row.get("url"), row.get("title"), row.get("content"), row.get("publishedDate"))
            for row in answer.rows()
        )
        if not hits and answer.unresponsive_engines:
            raise SearchFailed(f"no engine answered ({_reasons(answer.unresponsive_engines)})")
        return hits


class Brave:
    """Brave's web search (api-dashboard.search.brave.com, Web Search)."""

    name = "brave"

    def __init__(self, key: str, address: str = "") -> None:
        self._key = key
        self._address = (address or BRAVE_URL).rstrip("/")

    async def search(self, query: Query, note: Note) -> list[Hit]:
        """Ask the service. Raises SearchFailed."""
        wanted = {"q": query.words, "count": str(min(query.number * 2, 20))}
        if query.time_range:
            wanted["freshness"] = _FRESHNESS[query.time_range]
        if query.region:
            country, _, language = query.region.partition("-")
            wanted |= {"country": country.upper()} | ({"search_lang": language} if language else {})
        answer = await _asked(
            "GET",
            f"{self._address}/res/v1/web/search",
            _BraveAnswer,
            note,
            params=wanted,
            headers={"X-Subscription-Token": self._key},
        )
        return merged(
            hit(row.get("url"), row.get("title"), row.get("description"), row.get("page_age"))
            for row in answer.web.rows()
        )


class Tavily:
    """Tavily's search (docs.tavily.com, Search)."""

    name = "tavily"

    def __init__(self, key: str, address: str = "") -> None:
        self._key = key
        self._address = (address or TAVILY_URL).rstrip("/")

    async def search(self, query: Query, note: Note) -> list[Hit]:
        """Ask the service; it takes no language. Raises SearchFailed."""
        wanted: dict[str, Any] = {"query": query.words, "max_results": min(query.number * 2, 20)}
        if query.time_range:
            wanted["time_range"] = query.time_range
        answer = await _asked(
            "POST",
            f"{self._address}/search",
            _Results,
            note,
            json=wanted,
            headers={"Authorization": f"Bearer {self._key}"},
        )
        return merged(
            hit(row.get("url"), row.get("title"), row.get("content"), row.get("published_date"))
            for row in answer.rows()
        )


def _reasons(engines: list[Any]) -> str:
    """`google: CAPTCHA; bing: too many requests`."""
    pairs = [pair for pair in engines if isinstance(pair, list) and pair]
    return "; ".join(": ".join(str(part)[:60] for part in pair[:2]) for pair in pairs[:6])


T = TypeVar("T", _Results, _BraveAnswer)


async def _asked(method: str, url: str, kind: type[T], note: Note, **request: Any) -> T:
    """One request to a service that the user named himself; its answer is bounded and checked."""
    try:
        note(httpx.URL(url).host, len(url) + len(msgspec.json.encode(request)))
        async with (
            httpx.AsyncClient(
                timeout=_TIMEOUT_S, proxy=proxy_for(url) or None, trust_env=False
            ) as client,
            client.stream(method, url, **request) as response,
        ):
            _check_status(response.status_code)
            body = bytearray()
            async for piece in response.aiter_bytes(64 * 1024):
                body += piece
                if len(body) > _MAX_BYTES:
                    raise SearchFailed("its answer is too big")
    except httpx.TimeoutException as error:
        raise SearchFailed("timed out") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SearchFailed("no connection") from error
    try:
        return msgspec.json.decode(bytes(body), type=kind)
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise SearchFailed("its answer is not what was expected") from error


def _check_status(status: int) -> None:
    if status in (401, 403, 422):
        raise SearchFailed(f"{status}: it does not take the key, or does not allow JSON")
    if status in (429, 432, 433):
        raise SearchFailed(f"{status}: too many requests, or the plan is used up")
    if status != 200:
        raise SearchFailed(f"it answered with status {status}")
