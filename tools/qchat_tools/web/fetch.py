"""Getting one page over HTTP from a judged address alone, within limits of size and time."""

import asyncio
import errno
import functools
import os
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Callable, Collection
from importlib.metadata import version
from urllib.parse import urljoin

import httpx
import msgspec

from qchat_tools import wording
from qchat_tools.base import ToolError
from qchat_tools.web.address import Checked, NoNetwork, Resolve, check, parse_url
from qchat_tools.web.cache import Answer, Cache, Held
from qchat_tools.web.gate import Gate
from qchat_tools.web.page import Page

MOST_BYTES = 10_000_000
"""Of a page, after decompression."""
TIMEOUT_S = 30.0
MOST_REDIRECTS = 5
_STEP_TIMEOUT_S = 10.0
_CONNECT_TIMEOUT_S = 8.0
_CHUNK = 64 * 1024
_NO_ROUTE = {errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}
_KEPT_HEADERS = (
    *("content-type", "location", "cache-control", "expires", "date", "age", "etag"),
    *("last-modified", "vary", "pragma"),
)
_NOTHING_HELD = Held(None, None, {})

Note = Callable[[str, int], None]
"""Told of each request before it goes: the host, and how many bytes."""


class Fetcher:
    """Gets pages for one session: its own hosts, its cache, and how many at once.

    `resolve` stands in for the system's resolver.
    """

    def __init__(
        self,
        allow_hosts: Collection[str] = (),
        resolve: Resolve | None = None,
        cache: Cache | None = None,
    ) -> None:
        self._allow_hosts = allow_hosts
        self._resolve = resolve
        self._cache = cache
        self._gate = Gate()

    async def get(
        self, url: str, note: Note, *, fresh: bool = False, timeout_s: float = TIMEOUT_S
    ) -> Page:
        """Get a page; each redirect is checked like the first address.

        `fresh` asks the server even where the cache would do. The deadline holds from now on,
        waiting for a turn included: pages that are asked for together end together. Raises
        ToolError by name.
        """
        url = str(parse_url(url))
        try:
            async with asyncio.timeout(timeout_s):
                for _ in range(MOST_REDIRECTS + 1):
                    answer = await self._answer(url, note, fresh=fresh)
                    if not answer.location:
                        return _page(answer)
                    url = str(parse_url(urljoin(url, answer.location)))
        except TimeoutError as error:
            raise ToolError(f"timed out: {url[:200]} took longer than {timeout_s:.0f} s") from error
        raise ToolError(f"too many redirects: more than {MOST_REDIRECTS}, the last to {url[:200]}")

    async def _answer(self, url: str, note: Note, *, fresh: bool) -> Answer:
        """One step of the way: from the disk where that may be, else from the server."""
        cache = self._cache
        held = await cache.look(url, again=fresh) if cache is not None else _NOTHING_HELD
        if held.fresh is not None:
            return held.fresh
        try:
            target = await check(url, self._allow_hosts, self._resolve)
            async with self._gate.through(target.host):
                answer = await _ask_each(target, held.conditions, note)
        except NoNetwork:
            if held.stale is None:
                raise
            return held.stale
        if answer.status == 304 and held.stale is not None and cache is not None:
            return await cache.renew(held.stale, answer.headers)
        if cache is not None:
            await cache.keep(answer)
        return answer


def _page(answer: Answer) -> Page:
    kind, _, parameters = answer.headers.get("content-type", "").partition(";")
    charset = httpx.Response(200, headers={"content-type": f"a/b;{parameters}"}).charset_encoding
    return Page(
        answer.url,
        kind.strip().lower(),
        charset or "",
        answer.body,
        answer.asked_at,
        answer.stored,
    )


async def _ask_each(target: Checked, conditions: dict[str, str], note: Note) -> Answer:
    """Ask each checked address until one answers. Raises ToolError that says why none did."""
    failure: httpx.ConnectError | httpx.ConnectTimeout | None = None
    # The proxy is the one that was judged with; httpx must not look for others by itself.
    async with httpx.AsyncClient(
        verify=_certificates() if target.url.startswith("https") else False,
        proxy=target.proxy or None,
        trust_env=False,
        timeout=httpx.Timeout(_STEP_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S),
    ) as client:
        for address in target.addresses or (target.host,):
            try:
                return await _ask(
                    client, _request(client, target, address, conditions), target, note
                )
            except httpx.ProxyError as error:
                raise ToolError(f"the proxy did not reach {target.host}: {error}") from error
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
            except httpx.TimeoutException as error:
                raise ToolError(f"timed out: {target.host} stopped answering") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise ToolError(f"{target.host} broke off or answered nonsense") from error
    raise _refusal(target, failure) from failure


def _certificates() -> ssl.SSLContext:
    """Whom to trust: certifi's list, or what these variables of the environment name."""
    return _context(os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))


@functools.lru_cache(maxsize=1)
def _context(_file: str, _folder: str) -> ssl.SSLContext:
    return httpx.create_ssl_context()  # reads the variables itself; loading takes 20 ms


def _request(
    client: httpx.AsyncClient, target: Checked, address: str, conditions: dict[str, str]
) -> httpx.Request:
    url = httpx.URL(target.url)
    headers = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": f"qchat/{version('qchat')}",
        "Accept": "text/html, application/pdf, text/plain, application/json;q=0.9, */*;q=0.1",
        "Accept-Encoding": "gzip",
    }
    return client.build_request(
        "GET",
        url if target.proxy else url.copy_with(host=address),
        headers=headers | conditions,
        # The certificate must be the host's, although the connection is to an address.
        extensions={"sni_hostname": url.raw_host.decode("ascii").strip("[]").rstrip(".")},
    )


async def _ask(
    client: httpx.AsyncClient, request: httpx.Request, target: Checked, note: Note
) -> Answer:
    conditional = "if-none-match" in request.headers or "if-modified-since" in request.headers
    note(
        target.host,
        len(request.url.raw_path) + sum(len(k) + len(v) + 4 for k, v in request.headers.raw),
    )
    response = await client.send(request, stream=True)
    try:
        kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        answer = Answer(target.url, response.status_code, kept, b"", time.time())
        if answer.location or (answer.status == 304 and conditional):
            return answer
        _check_status(response.status_code, target)
        _check_readable(kept.get("content-type", ""))
        return msgspec.structs.replace(answer, body=await _body(response))
    finally:
        await response.aclose()


def _check_status(status: int, target: Checked) -> None:
    if status in (404, 410):
        raise ToolError(f"{status}: there is no such page on {target.host}")
    if status == 401:
        raise ToolError(f"401: {target.host} asks for a login")
    if status in (402, 403, 407, 451):
        raise ToolError(f"{status}: {target.host} does not allow reading this page")
    if status == 429:
        raise ToolError(f"429: {target.host} has had too many requests, try again later")
    if status != 200:
        raise ToolError(f"{target.host} answered with status {status}")


def _check_readable(content_type: str) -> None:
    """Refuse before anything of it is loaded what holds no text."""
    media_type = content_type.partition(";")[0].strip().lower()
    kind, _, detail = media_type.partition("/")
    readable = detail.endswith(("json", "xml", "yaml", "javascript", "pdf")) or kind == "text"
    # Servers call anything an octet stream: such a body is looked at.
    if media_type and not readable and detail != "octet-stream":
        raise ToolError(f"not text: the address is of type {media_type[:80]}")


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in _decoded(response):
        body += piece
        if len(body) > MOST_BYTES:
            raise ToolError(f"too big: more than {MOST_BYTES // 1_000_000} MB")
    return bytes(body)


async def _decoded(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body unpacked piece by piece, so that a small bomb never becomes a big piece."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        async for piece in response.aiter_raw(_CHUNK):
            yield piece
        return
    if encoding not in ("gzip", "x-gzip"):
        raise ToolError(f"the page is packed as {encoding[:40]!r}, which was not asked for")
    inflate = zlib.decompressobj(wbits=31)
    async for packed in response.aiter_raw(_CHUNK):
        rest = packed
        while rest and not inflate.eof:
            try:
                yield inflate.decompress(rest, _CHUNK)
            except zlib.error as error:
                raise ToolError("the page is damaged: its packing cannot be read") from error
            rest = inflate.unconsumed_tail
    yield inflate.flush()
    if not inflate.eof:
        raise ToolError("the page is damaged: its end is missing")


def _refusal(target: Checked, failure: Exception | None) -> ToolError:
    if target.proxy:
        return ToolError("the proxy of this machine's settings does not answer")
    if isinstance(failure, httpx.ConnectTimeout):
        return ToolError(f"timed out: {target.host} does not answer")
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", "") or cause.reason or "no secure connection"
            return ToolError(f"the certificate of {target.host} is not valid: {reason}")
        if isinstance(cause, OSError) and cause.errno in _NO_ROUTE:
            return NoNetwork(wording.no_network("web_read"))
        cause = cause.__cause__ or cause.__context__
    return ToolError(f"refused: {target.host} does not take connections on port {target.port}")
