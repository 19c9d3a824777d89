"""Getting pages over HTTP: redirects, deadlines, the cache, and how many at once."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec

from qchat_tools.base import ToolError
from qchat_tools.web.address import NoNetwork, Policy, Resolve, check, check_stored, parse_url
from qchat_tools.web.cache import Answer, Cache, CacheLookup
from qchat_tools.web.connection import Ask, ask_each, is_success
from qchat_tools.web.host_limiter import HostLimiter
from qchat_tools.web.page import Page
from qchat_tools.web.search import Note

TIMEOUT_S = 30.0
MAX_REDIRECTS = 5
_NOT_CACHED = CacheLookup(None, None, {})


class Fetcher:
    """Gets pages for one session: its own hosts, its cache, and how many at once.

    `resolve` stands in for the system's resolver. `fake_ip`: the user runs a proxy in TUN mode,
    which answers for names with addresses of its own (see `address`).
    """

    def __init__(
        self,
        allow_hosts: Collection[str] = (),
        resolve: Resolve | None = None,
        cache: Cache | None = None,
        *,
        fake_ip: bool = False,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._timeout_s = timeout_s
        self._policy = Policy(frozenset(allow_hosts), fake_ip)
        self._resolve = resolve
        self._cache = cache
        self._limiter = HostLimiter()

    async def get(
        self,
        url: str,
        note: Note,
        *,
        fresh: bool = False,
        timeout_s: float = 0.0,
        ask: Ask | None = None,
    ) -> Page:
        """Get a page; each redirect is checked like the first address.

        `fresh` asks the server even where the cache would do. The deadline holds from now on,
        waiting for a turn included: pages that are asked for together end together. Raises
        ToolError by name.
        """
        ask, timeout_s = ask or Ask(), timeout_s or self._timeout_s
        fragment = urlsplit(url).fragment
        url = str(parse_url(url))
        visited: dict[str, None] = {}
        jar: dict[str, dict[str, str]] = {}
        try:
            async with asyncio.timeout(timeout_s):
                for _ in range(MAX_REDIRECTS + 1):
                    cookie = _cookie(jar, url) if url in visited else ""
                    answer = await self._answer(
                        url, note, msgspec.structs.replace(ask, cookie=cookie), fresh=fresh
                    )
                    if not answer.location:
                        return _page(answer, fragment)
                    visited[url] = None
                    _collect(jar, answer)
                    url = str(parse_url(urljoin(url, _tidied(answer.location))))
        except TimeoutError as error:
            raise ToolError(f"timed out: {url[:200]} took longer than {timeout_s:.0f} s") from error
        raise ToolError(f"too many redirects: more than {MAX_REDIRECTS}, the last to {url[:200]}")

    async def _answer(self, url: str, note: Note, ask: Ask, *, fresh: bool) -> Answer:
        """One step of the way: from the disk where that may be, else from the server."""
        cache = None if ask.cookie else self._cache
        held = await cache.lookup(url, again=fresh) if cache is not None else _NOT_CACHED
        if held.stale is not None:
            # What may be read can have changed since it was kept.
            check_stored(url, self._policy, private=held.stale.private)
        if held.fresh is not None:
            return held.fresh
        try:
            target = await check(url, self._policy, self._resolve)
            async with self._limiter.slot(target.host):
                ask = msgspec.structs.replace(ask, conditions=held.conditions)
                answer = await ask_each(target, ask, note)
        except NoNetwork:
            if held.stale is None:
                raise
            return held.stale
        if answer.status == 304 and held.stale is not None and cache is not None:
            return await cache.revalidated(held.stale, answer.headers)
        answer = msgspec.structs.replace(answer, private=target.private)
        if cache is not None and (is_success(answer.status) or answer.location):
            await cache.store(answer)
        return answer


def _page(answer: Answer, fragment: str) -> Page:
    kind, _, parameters = answer.headers.get("content-type", "").partition(";")
    return Page(
        answer.url,
        kind.strip().lower(),
        _charset(parameters),
        answer.body,
        answer.asked_at,
        answer.stored,
        answer.status,
        answer.headers.get("refresh", ""),
        fragment=fragment,
    )


def _charset(parameters: str) -> str:
    """The charset among the parameters of a content type, with or without quotes."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip(" \t\"'")[:40]
    return ""


def _tidied(location: str) -> str:
    """A redirect's address as browsers read it: UTF-8 that was sent bare, spaces, line ends."""
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    return "".join(location.split("\n")).replace("\t", "").strip().replace(" ", "%20")


def _collect(jar: dict[str, dict[str, str]], answer: Answer) -> None:
    """Keep the cookies of a redirect, for the host that set them and this one page alone."""
    host = httpx.URL(answer.url).host
    for line in answer.headers.get("set-cookie", "").split("\n"):
        try:
            for name, morsel in SimpleCookie(line).items():
                jar.setdefault(host, {})[name] = morsel.coded_value
        except CookieError:
            continue


def _cookie(jar: dict[str, dict[str, str]], url: str) -> str:
    """What is sent where a redirect leads back to: such a server waits for its cookie.

    Nowhere else: who does not ask for a cookie in this way is not given one.
    """
    cookies = jar.get(httpx.URL(url).host, {})
    return "; ".join(f"{name}={value}" for name, value in cookies.items())[:4_000]
