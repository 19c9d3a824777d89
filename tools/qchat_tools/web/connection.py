"""One HTTP request to a judged address, within limits of size and time."""

import errno
import functools
import os
import ssl
import time

import httpx
import msgspec

from qchat_tools import __version__, wording
from qchat_tools.base import ToolError
from qchat_tools.web.address import CheckedUrl, NoNetwork
from qchat_tools.web.cache import Answer
from qchat_tools.web.content_coding import MAX_PIECE, Inflate, coding_of
from qchat_tools.web.search import Note

MAX_BYTES = 10_000_000
"""Of a page, after decompression."""
MAX_ERROR_BYTES = 200_000
"""Of a page that only says why there is none."""
STEP_TIMEOUT_S = 10.0
CONNECT_TIMEOUT_S = 8.0
_NO_ROUTE = {errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL}
_KEPT_HEADERS = (
    *("content-type", "location", "cache-control", "expires", "date", "age", "etag"),
    *("last-modified", "vary", "pragma", "refresh", "set-cookie"),
)
_UNREADABLE = ("image", "audio", "video", "font", "model")
_UNREADABLE_DETAILS = ("zip", "gzip", "x-tar", "wasm", "msword", "x-msdownload", "vnd.rar")
PAGE_TYPES = "text/html, application/pdf, text/plain, application/json;q=0.9, */*;q=0.1"


class Ask(msgspec.Struct, frozen=True):
    """What is asked for beside the address."""

    accept: str = PAGE_TYPES
    cookie: str = ""
    conditions: dict[str, str] = {}
    """Headers that let the server say that nothing has changed."""
    max_bytes: int = MAX_BYTES


async def ask_each(target: CheckedUrl, ask: Ask, note: Note) -> Answer:
    """Ask each checked address until one answers; `note` is told of every request before it goes.

    Raises ToolError that says why none did.
    """
    failure: httpx.ConnectError | httpx.ConnectTimeout | None = None
    # The proxy is the one that was judged with; httpx must not look for others by itself.
    async with httpx.AsyncClient(
        verify=_certificates() if target.url.startswith("https") else False,
        proxy=target.proxy or None,
        trust_env=False,
        timeout=httpx.Timeout(STEP_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
    ) as client:
        for address in target.addresses or (target.host,):
            try:
                return await _ask(client, _request(client, target, address, ask), target, ask, note)
            except httpx.ProxyError as error:
                raise ToolError(f"the proxy did not reach {target.host}: {error}") from error
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
            except httpx.TimeoutException as error:
                raise ToolError(f"timed out: {target.host} stopped answering") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise ToolError(
                    f"{target.host} closed the connection or sent no valid HTTP answer"
                ) from error
    raise _refusal(target, failure) from failure


def _certificates() -> ssl.SSLContext:
    """Whom to trust: certifi's list, or what these variables of the environment name."""
    return _context(os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))


@functools.lru_cache(maxsize=1)
def _context(_file: str, _folder: str) -> ssl.SSLContext:
    return httpx.create_ssl_context()  # reads the variables itself; loading takes 20 ms


def _request(
    client: httpx.AsyncClient, target: CheckedUrl, address: str, ask: Ask
) -> httpx.Request:
    url = httpx.URL(target.url)
    headers = {
        "Host": url.netloc.decode("ascii"),
        "User-Agent": f"qchat/{__version__}",
        "Accept": ask.accept,
        "Accept-Encoding": "gzip",
        **({"Cookie": ask.cookie} if ask.cookie else {}),
        **ask.conditions,
    }
    return client.build_request(
        "GET",
        url if target.proxy else url.copy_with(host=address),
        headers=headers,
        # The certificate must be the host's, although the connection is to an address.
        extensions={"sni_hostname": url.raw_host.decode("ascii").strip("[]").rstrip(".")},
    )


async def _ask(
    client: httpx.AsyncClient, request: httpx.Request, target: CheckedUrl, ask: Ask, note: Note
) -> Answer:
    note(
        target.host,
        len(request.url.raw_path) + sum(len(k) + len(v) + 4 for k, v in request.headers.raw),
    )
    response = await client.send(request, stream=True)
    try:
        kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        cookies = response.headers.get_list("set-cookie")
        if cookies:
            kept["set-cookie"] = "\n".join(cookies[:20])
        answer = Answer(target.url, response.status_code, kept, b"", time.time())
        if answer.location or (answer.status == 304 and ask.conditions):
            return answer
        if not is_success(answer.status):
            return msgspec.structs.replace(answer, body=await _error_body(response))
        _check_readable(kept.get("content-type", ""))
        return msgspec.structs.replace(answer, body=await _body(response, ask.max_bytes))
    finally:
        await response.aclose()


def is_success(status: int) -> bool:
    """Whether a browser would take the body for the page; 300 lists choices in its body."""
    return 200 <= status <= 300 and status not in (204, 205)


def status_error(status: int, host: str) -> str:
    """What a status that is no success means, in one line."""
    if status in (404, 410):
        return f"{status}: there is no such page on {host}"
    if status == 401:
        return f"401: {host} asks for a login"
    if status in (402, 403, 407, 451):
        return f"{status}: {host} does not allow reading this page"
    if status == 429:
        return f"429: {host} has had too many requests, try again later"
    if status in (204, 205):
        return f"{status}: the page is empty"
    return f"{host} answered with status {status}"


def _check_readable(content_type: str) -> None:
    """Refuse before anything of it is loaded what holds no text.

    Servers call anything an octet stream or by types of their own: such a body is looked at.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    kind, _, detail = media_type.partition("/")
    if kind in _UNREADABLE or detail in _UNREADABLE_DETAILS or len(media_type) > 200:
        raise ToolError(f"not text: the address is of type {media_type[:80]}")


async def _body(response: httpx.Response, max_bytes: int) -> bytes:
    """The body, unpacked. Raises ToolError when it grows beyond `max_bytes`, or is damaged."""
    body = bytearray()

    def take(piece: bytes) -> None:
        body.extend(piece)
        if len(body) > max_bytes:
            raise ToolError(f"too big: more than {max_bytes // 1_000_000} MB")

    coding = coding_of(response.headers.get("content-encoding", ""))
    inflate = Inflate(coding) if coding else None
    async for piece in response.aiter_raw(MAX_PIECE):
        if inflate is None:
            take(piece)
        else:
            inflate.feed(piece, take)
    if inflate is not None and response.num_bytes_downloaded:
        inflate.finish(take)
    return bytes(body)


async def _error_body(response: httpx.Response) -> bytes:
    """What a server says beside an error; nothing where that cannot be read."""
    try:
        _check_readable(response.headers.get("content-type", ""))
        return await _body(response, MAX_ERROR_BYTES)
    except (ToolError, httpx.HTTPError):
        return b""


def _refusal(target: CheckedUrl, failure: Exception | None) -> ToolError:
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
