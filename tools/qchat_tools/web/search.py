"""What a search is, whoever answers it: a query, hits, and one list of hits without duplicates."""

import datetime
import html
import re
from collections.abc import Callable, Iterable
from typing import Literal, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import msgspec

from qchat_tools.base import ToolError
from qchat_tools.web.zero_width import drop_zero_width

TimeRange = Literal["", "day", "week", "month", "year"]
MAX_SNIPPET_CHARACTERS = 300
_MAX_URL_CHARACTERS = 2_000
_TRACKING = re.compile(r"utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|igshid|ref_src|srsltid|yclid|dclid")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ISO_DATE = re.compile(r"(?:19|20)\d\d-[01]\d-[0-3]\d")
_LEADING_DATE = re.compile(
    r"(?:(?P<m>[A-Z][a-z]{2})[a-z]*\.? (?P<d>\d{1,2}), (?P<y>\d{4})"
    r"|(?P<d2>\d{1,2})\.? (?P<m2>[A-Z][a-z]{2})[a-z]*\.? (?P<y2>\d{4}))\s*[·—–-]+\s*"
)


class Query(msgspec.Struct, frozen=True):
    """What is searched for; `region` is a country and a language like `us-en`, may be empty."""

    words: str
    number: int
    time_range: TimeRange = ""
    region: str = ""


Note = Callable[[str, int], None]
"""Told of each request before it goes: the host, and how many bytes."""


class Hit(msgspec.Struct, frozen=True):
    """One result as strangers wrote it, tidied."""

    url: str
    title: str
    snippet: str
    date: str = ""


class Provider(Protocol):
    """Somebody who can be asked to search."""

    name: str

    async def search(self, query: Query, note: Note) -> list[Hit]:
        """Ask, and note each request before it goes. Raises SearchFailed, in a few words."""
        ...


class SearchFailed(ToolError):
    """A provider could not answer; others may."""


def hit(url: object, title: object, snippet: object, date: object = "") -> Hit | None:
    """Tidy what a provider gave; None for what has no address that could be read."""
    address = _address(url)
    if not address:
        return None
    text, found = _without_date(_line(snippet))
    if len(text) > MAX_SNIPPET_CHARACTERS:
        text = f"{text[:MAX_SNIPPET_CHARACTERS].rsplit(' ', 1)[0]}…"
    day = _ISO_DATE.search(str(date or ""))
    return Hit(address, _line(title) or address, text, day[0] if day else found)


def _address(url: object) -> str:
    """An address as it would be fetched; empty for what nobody should be led to."""
    text = "".join(str(url or "").split("\n")).replace("\r", "").replace("\t", "").strip()
    if not text.lower().startswith(("http://", "https://")) or len(text) > _MAX_URL_CHARACTERS:
        return ""
    try:
        parsed = httpx.URL(text.replace(" ", "%20"))
        plain = parsed.host and not parsed.userinfo
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return ""
    return str(parsed) if plain else ""


def merged(hits: Iterable[Hit | None]) -> list[Hit]:
    """One of each page, in order; the longer snippet and a date are taken over from its doubles."""
    unique: dict[str, Hit] = {}
    for found in hits:
        if found is None:
            continue
        key = _page_key(found.url)
        known = unique.get(key)
        if known is not None:
            snippet = max(known.snippet, found.snippet, key=len)
            found = msgspec.structs.replace(known, snippet=snippet, date=known.date or found.date)  # noqa: PLW2901
        unique[key] = found
    return list(unique.values())


def _line(text: object) -> str:
    """One line of a stranger's text: entities read, marks of what was found and controls gone."""
    plain = html.unescape(re.sub(r"</?(?:b|strong|em)>", "", str(text or "")))
    return " ".join(drop_zero_width(_CONTROLS.sub("", plain)).split())


def _page_key(url: str) -> str:
    """What all addresses of one page share: no `www.`, tracking, fragment or final slash."""
    parts = urlsplit(url)
    query = [(k, v) for k, v in parse_qsl(parts.query) if not _TRACKING.fullmatch(k.lower())]
    host = (
        (parts.netloc.rpartition("@")[2])
        .lower()
        .removeprefix("www.")
        .removesuffix(":443")
        .removesuffix(":80")
    )
    return f"{host}{parts.path.rstrip('/')}?{urlencode(sorted(query))}"


def _without_date(snippet: str) -> tuple[str, str]:
    """Engines put a date before the text ("Mar 4, 2026 — "): take it out."""
    found = _LEADING_DATE.match(snippet)
    if found is None:
        return snippet, ""
    month, day = (found["m"] or found["m2"]).lower(), found["d"] or found["d2"]
    if month not in _MONTHS:
        return snippet, ""
    try:
        date = datetime.date(int(found["y"] or found["y2"]), _MONTHS.index(month) + 1, int(day))
    except ValueError:
        return snippet, ""
    return snippet[found.end() :], date.isoformat()
