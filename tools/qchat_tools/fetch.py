"""One page from the web, from a checked address alone, within limits of size and time."""

import asyncio
import errno
import ssl
import zlib
from collections.abc import AsyncIterator, Collection
from importlib.metadata import version
from urllib.parse import urljoin

import httpx
import msgspec

from qchat_tools import wording
from qchat_tools.address import Checked, Resolve, check
from qchat_tools.base import ToolError

MOST_BYTES = 10_000_000
"""Of a page, after decompression."""
TIMEOUT_S = 30.0
MOST_REDIRECTS = 5
_STEP_TIMEOUT_S = 10.0
_CHUNK = 64 * 1024
_NO_ROUTE = {errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}


class Page(msgspec.Struct, frozen=True):
    """What a server gave for an address; `url` is where the redirects ended."""

    url: str
    media_type: str
    charset: str
    """As the server named it; may be empty or wrong."""
    body: bytes


async def fetch(
    url: str,
    allow_hosts: Collection[str] = (),
    resolve: Resolve | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Page:
    """Get a page; each redirect is checked like the first address. Raises ToolError by name."""
    try:
        async with asyncio.timeout(timeout_s):
            for _ in range(MOST_REDIRECTS + 1):
                target = await check(url, allow_hosts, resolve)
                found = await _fetch_one(target)
                if isinstance(found, Page):
                    return found
                url = urljoin(target.url, found)
    except TimeoutError as error:
        raise ToolError(f"timed out: {url} took longer than {timeout_s:.0f} s") from error
    raise ToolError(f"too many redirects: more than {MOST_REDIRECTS}, the last to {url[:200]}")


async def _fetch_one(target: Checked) -> Page | str:
    """Ask each checked address until one answers: the page, or where it redirects to."""
    failure: httpx.ConnectError | httpx.ConnectTimeout | None = None
    # No proxy of the environment, which would look the name up again; but its certificates.
    certificates = httpx.create_ssl_context()
    async with httpx.AsyncClient(
        verify=certificates, trust_env=False, timeout=_STEP_TIMEOUT_S
    ) as client:
        for address in target.addresses:
            try:
                return await _ask(client, target, address)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
            except httpx.TimeoutException as error:
                raise ToolError(f"timed out: {target.host} stopped answering") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise ToolError(f"{target.host} broke off or answered nonsense") from error
    raise ToolError(_refusal(target, failure)) from failure


async def _ask(client: httpx.AsyncClient, target: Checked, address: str) -> Page | str:
    url = httpx.URL(target.url)
    request = client.build_request(
        "GET",
        url.copy_with(host=address),
        headers={
            "Host": url.netloc.decode("ascii"),
            "User-Agent": f"qchat/{version('qchat')}",
            "Accept": "text/html, text/plain, application/json;q=0.9, */*;q=0.1",
            "Accept-Encoding": "gzip",
        },
        # The certificate must be the host's, although the connection is to an address.
        extensions={"sni_hostname": url.raw_host.decode("ascii").strip("[]").rstrip(".")},
    )
    response = await client.send(request, stream=True)
    try:
        if response.is_redirect and "location" in response.headers:
            return response.headers["location"]
        _check_status(response, target)
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        _check_text(media_type)
        body = bytearray()
        async for piece in _decoded(response):
            body += piece
            if len(body) > MOST_BYTES:
                raise ToolError(f"too big: more than {MOST_BYTES // 1_000_000} MB")
        return Page(target.url, media_type, response.charset_encoding or "", bytes(body))
    finally:
        await response.aclose()


def _check_status(response: httpx.Response, target: Checked) -> None:
    status = response.status_code
    if status == 404:
        raise ToolError(f"404: there is no such page on {target.host}")
    if status in (401, 402, 403, 407):
        raise ToolError(f"{status}: {target.host} does not allow reading this page")
    if status == 429:
        raise ToolError(f"429: {target.host} has had too many requests, try again later")
    if status != 200:
        raise ToolError(f"{target.host} answered with status {status}")


def _check_text(media_type: str) -> None:
    kind, _, detail = media_type.partition("/")
    textual = detail.endswith(("json", "xml", "yaml", "javascript")) or kind == "text"
    if media_type and not textual:
        raise ToolError(f"not text: the address is of type {media_type[:80]}")


async def _decoded(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body unpacked piece by piece, so that a small bomb never becomes a big piece."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        async for piece in response.aiter_raw(_CHUNK):
            yield piece
        return
    if encoding not in ("gzip", "x-gzip"):
        raise ToolError(f"the page is packed as {encoding[:40]}, which was not asked for")
    inflate = zlib.decompressobj(wbits=31)
    async for packed in response.aiter_raw(_CHUNK):
        rest = packed
        while rest and not inflate.eof:
            try:
                yield inflate.decompress(rest, _CHUNK)
            except zlib.error as error:
                raise ToolError("the page is damaged: its packing cannot be read") from error
            rest = inflate.unconsumed_tail


def _refusal(target: Checked, failure: Exception | None) -> str:
    if isinstance(failure, httpx.ConnectTimeout):
        return f"timed out: {target.host} does not answer"
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", "") or cause.reason or "no secure connection"
            return f"the certificate of {target.host} is not valid: {reason}"
        if isinstance(cause, OSError) and cause.errno in _NO_ROUTE:
            return wording.no_network("web_read")
        cause = cause.__cause__ or cause.__context__
    return f"refused: {target.host} does not take connections on port {target.port}"
