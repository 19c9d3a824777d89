"""Every way in which asking a server can fail, as one clear line; the key is in none of them."""

import html
import re
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import msgspec

from qchat.backends.lessons import unpaid
from qchat.backends.retry_after import wish_s
from qchat.protocol.errors import (
    AuthenticationError,
    BackendError,
    ConnectionFailed,
    ProtocolError,
    RateLimited,
    StatusError,
)
from qchat.protocol.wording import counted
from qchat.runtime import offline
from qchat.runtime.language import Said, tr, verbatim
from qchat.wire.error_bodies import Fault, fault_in, one_line
from qchat.wire.lenient_json import documents, loads
from qchat.wire.sse import SseReader

CLOUDFLARE = frozenset({520, 521, 522, 523, 524})
"""What Cloudflare answers in place of a server that it cannot reach, or that is too slow for it."""
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504, 529}) | CLOUDFLARE
"""Statuses that may pass by themselves."""
LOADING = frozenset({409, 425, 429, 500, 502, 503})
_LOADS = re.compile(
    r"\b(?:loading|starting|warming|waking|initiali[sz]ing)\b|not (?:yet )?(?:ready|loaded)"
    r"|cold start|正在加载|加载中|启动中",
    re.I,
)
"""Statuses and words with which a server says that its model is not there yet."""
UNREADABLE = frozenset({400, 413, 415, 422})
"""Statuses of a request that a server cannot do anything with, as it stands."""
GATEWAY_ALONE = frozenset({502, 504}) | CLOUDFLARE
"""Statuses of one that stands before a server."""
WRONG_PLACE = frozenset({0, 404, 405})
"""Statuses with which servers answer at an address that they do not have; LM Studio says 200."""
NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"})
"""What OpenSSL says of an answer that is no TLS, in its versions."""
_PLAIN = re.compile(r"plain http request|http request.{0,20}https", re.I)
NOT_HTTP = re.compile("not HTTP|illegal status line", re.I)
"""What the transport of our own and httpx say of an answer that is no HTTP."""
_BYTEARRAY = re.compile(r"bytearray\(b(.*)\)")
GONE = re.compile("closed|disconnected", re.I)
"""Likewise of a connection that ended too early; all else that they say is of broken rules."""
REGIONS = (
    "dashscope-intl.aliyuncs.com",
    "dashscope.aliyuncs.com",
    "dashscope-us.aliyuncs.com",
)
"""Where the cloud answers; each knows only the keys that it gave out."""


def from_httpx(error: Exception, host: str, *, streamed: bool) -> BackendError:
    """Say what an httpx error means; `streamed` tells that a part of the reply had come."""
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            return ConnectionFailed(
                tr("{host} does not take the connection: is the network up?", host=host)
            )
        case httpx.ReadTimeout():
            when = tr("in mid-reply") if streamed else tr("before its reply began")
            return ConnectionFailed(
                tr(
                    "{host} stopped responding {when}{waited}; try again",
                    host=host,
                    when=when,
                    waited=_waited(error),
                )
            )
        case httpx.ConnectError():
            return _no_connection(error, host)
        case httpx.ProxyError():
            return ConnectionFailed(
                tr("the proxy on the way to {host} refused: {why}", host=host, why=_short(error))
            )
        case httpx.UnsupportedProtocol() | httpx.InvalidURL() | httpx.LocalProtocolError():
            return ConnectionFailed(
                tr("cannot ask {host}: {why}; check base_url", host=host, why=_short(error))
            )
        case httpx.DecodingError():
            return not_unpacked(host)
        case httpx.RemoteProtocolError() if NOT_HTTP.search(str(error)) and not streamed:
            return ConnectionFailed(
                tr("what answers at {host} does not speak HTTP: is it the right port?", host=host)
            )
        case httpx.RemoteProtocolError() if not (streamed or GONE.search(str(error))):
            return ConnectionFailed(
                tr(
                    "{host} breaks the rules of HTTP ({why}), or a proxy on the way does: its own "
                    "log may say more",
                    host=host,
                    why=one_line(_BYTEARRAY.sub(r"\1", str(error)), 200),
                )
            )
        case httpx.TransportError() if streamed:
            return broke(
                tr("the connection to {host} broke in mid-reply; what came is kept", host=host)
            )
        case _:
            return broke(
                tr(
                    "the connection to {host} broke: {why}",
                    host=host,
                    why=one_line(str(error), 200) or tr("it was cut off"),
                )
            )


def not_unpacked(host: str) -> ProtocolError:
    """A reply was compressed, although none such was asked for, and cannot be read."""
    return ProtocolError(tr("{host} sent a reply that cannot be decompressed", host=host))


def broke(message: Said) -> ConnectionFailed:
    """A connection that was there, and is gone: another one may hold."""
    failure = ConnectionFailed(message)
    failure.passes = True
    return failure


def _waited(error: httpx.TransportError) -> str:
    try:
        return tr(" (no data for {s:g} s)", s=error.request.extensions["timeout"]["read"])
    except (RuntimeError, KeyError, TypeError, ValueError):
        return ""


def _no_connection(error: httpx.ConnectError, host: str) -> ConnectionFailed:
    causes = list(_causes(error))
    proxy = _proxy_of(error)
    if proxy and not any(isinstance(cause, ssl.SSLError) for cause in causes):
        return ConnectionFailed(
            tr(
                "the proxy {proxy} on the way to {host} cannot be reached: check HTTPS_PROXY, or "
                "name {host} in NO_PROXY",
                proxy=proxy,
                host=host,
            )
        )
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return ConnectionFailed(
            tr("no address is known for {host}: check base_url and the network", host=host)
        )
    if tls := next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None):
        plain = isinstance(tls, ssl.SSLEOFError) or getattr(tls, "reason", "") in NOT_TLS
        hint = tr("; if it speaks plain HTTP, base_url begins with http://") if plain else ""
        return ConnectionFailed(
            tr(
                "no secure connection to {host}: {why}{hint}",
                host=host,
                why=_of_tls(tls),
                hint=hint,
            )
        )
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        url = error.request.url
        unsaid = tr(" (no port was named)") if url.port is None else ""
        return ConnectionFailed(
            tr(
                "connection refused by {place}: is the server running there?",
                place=f"{url.netloc.decode()}{unsaid}",
            )
        )
    return ConnectionFailed(tr("no connection to {host}: {why}", host=host, why=_short(error)))


def _proxy_of(error: httpx.ConnectError) -> str:
    """The proxy that the environment puts before an address, without its password; or nothing.

    Asked only once there was no connection: whoever was not reached is then the proxy.
    """
    try:
        url = error.request.url
    except RuntimeError:  # it belongs to no request
        return ""
    if offline.loopback(url.host):  # nothing stands before this machine itself
        return ""
    named = urllib.request.getproxies()
    proxy = named.get(url.scheme) or named.get("all") or ""
    if not proxy or urllib.request.proxy_bypass(url.host):
        return ""
    return proxy.rpartition("@")[2].rpartition("//")[2].rstrip("/")


def _of_tls(error: ssl.SSLError) -> str:
    """What OpenSSL says, without its own names and line numbers."""
    if getattr(error, "reason", "") in NOT_TLS:
        return tr("what answers there does not speak TLS")
    return one_line(re.sub(r"^\[[^]]*\]\s*|\s*\(_ssl\.c:\d+\)", "", str(error)), 200) or _short(
        error
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what lies beneath it, through groups (one error for each address tried)."""
    seen = 0
    while error is not None and seen < 10:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for one in error.exceptions:
                yield from _causes(one)
        error, seen = error.__cause__ or error.__context__, seen + 1


def from_status(response: httpx.Response, body: bytes, host: str, key: str) -> StatusError:
    """Say what a refusal means, in the service's own words where it gave any."""
    status = response.status_code
    value = decoded(body)
    fault = fault_in(value) or Fault(page_text(body))
    request_id = fault.request_id or one_line(response.headers.get("x-request-id", ""))
    fault = msgspec.structs.replace(fault, request_id=request_id)
    message = tr(
        "{host} answered {status}: {why}",
        host=host,
        status=status,
        why=followed(str(fault), _advice(status, host, str(fault))),
    )
    if 300 <= status < 400:
        where = one_line(response.headers.get("location", "nowhere"))
        message = tr(
            "{host} redirects ({status}) to {where}: set base_url to the right address",
            host=host,
            status=status,
            where=where,
        )
    message = verbatim(message.replace(key, "***")) if key else message
    kind: type[StatusError] = StatusError
    if status in (401, 403):
        kind = AuthenticationError
    wished_s = wish_s(response.headers, fault.message, value)
    if kind is StatusError and status in RETRIED and (status == 429 or wished_s):
        kind = RateLimited
    error = kind(message, status, fault.code, request_id)
    error.context, error.param = fault.context, fault.param
    if isinstance(error, RateLimited):
        error.retry_after_s = wished_s
    error.loads = status in LOADING and _LOADS.search(str(fault)) is not None
    return error


def followed(said: str, ours: str) -> str:
    """What a service said, and ours behind it: its point goes where a semicolon comes."""
    return f"{said.rstrip().rstrip('.。')}{ours}" if ours else said


def where_asked(address: str) -> str:
    """The address that was asked, and what may be missing in it."""
    version = re.search(r"/(?:v\d|api/v\d|openai)", urlsplit(address).path)
    missing = "" if version else tr(" (for most servers base_url ends in /v1)")
    return tr(
        "asked was {address}{missing}; check base_url and the model's name",
        address=address,
        missing=missing,
    )


def may_be_blind(error: StatusError) -> bool:
    """Whether a refusal may be about pictures; llama.cpp calls that its own error."""
    return error.status in UNREADABLE or (error.status == 500 and "image input" in str(error))


def _advice(status: int, host: str, why: str) -> str:
    if unpaid(why):
        return tr("; asking again does not help: see to the account there, or use another (/model)")
    if status == 400 and _PLAIN.search(why):
        return tr("; base_url begins with https:// there")
    if status == 407:
        return tr("; the proxy on the way wants a name: HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT")
    if status == 413:
        return tr("; the request is too large for it: /compact, attach less, or let it take more")
    if status == 401 and host.endswith(".aliyuncs.com"):
        others = [region for region in REGIONS if region != host]
        return tr(
            "; a key belongs to one region: perhaps it is one of {regions}",
            regions=tr(" or ").join(others),
        )
    if status in (401, 403):
        return tr("; check the key")
    if status in GATEWAY_ALONE:
        return tr("; what answers for the server cannot reach it: is it still starting?")
    return ""


def decoded(body: bytes) -> object:
    """The JSON value of a body, also where it came as an event; None where it holds none."""
    text = body.decode("utf-8", "replace")
    try:
        return loads(text)
    except ValueError:
        pass
    reader = SseReader()
    events = [*reader.feed(body), *reader.close()]
    values = [value for event in events for value in documents(event.data)[0]]
    return next((value for value in values if isinstance(value, dict)), None)


def page_text(body: bytes) -> str:
    """A short quote of a body that is not JSON; of a page its title, the rest says nothing."""
    text = body.decode("utf-8", "replace").strip()
    if not text.startswith("<"):
        return one_line(text, 200)
    title = re.search(r"<title>(.*?)</title>", text, re.I | re.S)
    if title:
        return one_line(title.group(1), 200)
    shown = re.sub(r"(?s)<(script|style)\b.*?</\1>", " ", text)
    return one_line(html.unescape(re.sub(r"(?s)<[^>]*>", " ", shown)), 200)


def rough(wait_s: float) -> str:
    """A wait as people say it."""
    for name, length_s in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if wait_s >= 2 * length_s:
            return f"{min(wait_s / length_s, 999):.0f} {name}"
    return counted(round(wait_s), "second")


def _short(error: Exception) -> str:
    return one_line(str(error), 200) or type(error).__name__
