"""A base address that answers over HTTP: the one place where models' servers are spoken to."""

import asyncio
import importlib
import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any

import httpx
import msgspec

from qchat import __version__
from qchat.backends import failures
from qchat.backends.unpacking import unpacked
from qchat.config import credentials as keys
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import AuthenticationError, BackendError, ProtocolError, SettingsError
from qchat.runtime import offline
from qchat.runtime.language import tr
from qchat.wire.error_bodies import Fault, failure, one_line
from qchat.wire.lenient_json import documents, loads
from qchat.wire.sse import SseEvent, SseReader

CONNECT_S = 15.0
MAX_BODY_BYTES = 16 * 1024 * 1024
_PAGE = re.compile(
    rb"\s*<(?:!doctype html|!--|html|head|body|title|meta|script|center|div|h\d|p)\b", re.I
)


class Endpoint:
    """Where one backend's requests go, and its key.

    `silence_s` is the longest wait between two pieces of a reply; `transport` takes the network's
    place. Raises SettingsError for an address that cannot be asked.
    """

    def __init__(
        self,
        name: str,
        settings: BackendSettings,
        silence_s: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._name = name
        self._settings = settings
        self._url = _checked_url(name, settings.base_url)
        self._silence_s = silence_s
        self._timeout = httpx.Timeout(silence_s, connect=CONNECT_S)
        self._transport = transport
        self._open_client: httpx.AsyncClient | None = None
        self._asked_before = False
        """Whether a connection may still be open from an earlier request."""
        self._key: str | None = None
        """Once it was found; looked for anew after it was refused."""

    @property
    def host(self) -> str:
        """What errors call the other side."""
        return self._url.host

    @property
    def address(self) -> str:
        """The host, with its port where that is not the usual one."""
        return self._url.netloc.decode()

    def url(self, path: str) -> str:
        """Where a path is asked; without anything that should not be shown."""
        return f"{str(self._url).rstrip('/')}/{path}"

    @property
    def silence_s(self) -> float:
        """The longest wait between two pieces of a reply."""
        return self._silence_s

    @property
    def local(self) -> bool:
        """Whether it is this machine itself."""
        return offline.loopback(self.host)

    @property
    def _near(self) -> bool:
        """Whether it may share the cores with this process."""
        return self.local and self._url.scheme == "http"

    async def load(self) -> None:
        """Import what carries requests, which is slow: nothing else shall wait for it."""
        carrier = "qchat.backends.loopback" if self._near else "httpcore"
        await asyncio.to_thread(importlib.import_module, carrier)

    async def ready(self) -> None:
        """Check what can be checked without asking. Raises AuthenticationError, OfflineError."""
        offline.check(self.host)
        await self.key()

    async def key(self) -> str:
        """Give the key, which may be empty only on this machine or for a server without keys.

        Raises AuthenticationError that says where the key should come from.
        """
        if self._key is None:
            found = await asyncio.to_thread(keys.find, self._name, self._settings)
            source = self._settings.api_key_env
            if not found and (source or self.host.endswith(".aliyuncs.com")):
                where = tr("set the environment variable {it}, or ", it=source) if source else ""
                raise AuthenticationError(
                    tr(
                        "backend {name!r} has no key: {where}keep one with: "
                        "qchat backends key {name}",
                        name=self._name,
                        where=where,
                    )
                )
            self._key = keys.checked(self._name, found)
        return self._key

    async def events(self, path: str, content: bytes) -> AsyncGenerator[list[SseEvent], None]:
        """Post and read the reply as server-sent events, those that have come at a time.

        A whole JSON reply is one event. Raises httpx errors as they are, StatusError for a
        refusal, ProtocolError for other things.
        """
        url = self.url(path)
        async with self._asked_at("POST", url, content, any_kind=True) as response:
            reader, start, came = SseReader(), b"", False
            packed = response.headers.get("content-encoding", "identity") != "identity"
            async with aclosing(_pieces(response)) as pieces:
                async for data in pieces:
                    start = start or data[:200]
                    if events := reader.feed(data):
                        came = True
                        yield events
        if events := [event for event in reader.close() if not _is_torn(event.data)]:
            came = True
            yield events
        if not came:
            raise self._no_reply(start, reader.stray, packed=packed)
        if reader.stray.strip():  # a message without any frame, behind what was a reply
            yield [SseEvent("error", reader.stray)]

    async def post(self, path: str, body: Mapping[str, Any]) -> object:
        """Post and read a JSON answer; None where it is not JSON. Raises as `events` does."""
        async with self._asked("POST", path, msgspec.json.encode(body)) as response:
            return failures.decoded(await _body(response))

    async def post_beside(self, path: str, body: Mapping[str, Any]) -> object:
        """As `post`, where a path stands beside the protocol's base instead of below it."""
        root = str(self._url).rstrip("/").removesuffix("/v1")
        async with self._asked_at("POST", f"{root}/{path}", msgspec.json.encode(body)) as response:
            return failures.decoded(await _body(response))

    async def get(self, path: str) -> object:
        """Read a JSON answer; None where it is not JSON. Raises as `events` does."""
        async with self._asked("GET", path, None) as response:
            return failures.decoded(await _body(response))

    async def aclose(self) -> None:
        """Close the connections; a later request opens new ones."""
        if self._open_client is not None:
            await self._open_client.aclose()
            self._open_client = None
            self._asked_before = False

    def hidden(self, text: str) -> str:
        """A stranger's text without the key, should they have sent it back."""
        return text.replace(self._key, "***") if self._key else text

    def _asked(
        self, method: str, path: str, content: bytes | None
    ) -> AbstractAsyncContextManager[httpx.Response]:
        return self._asked_at(method, self.url(path), content)

    @asynccontextmanager
    async def _asked_at(
        self, method: str, url: str, content: bytes | None, *, any_kind: bool = False
    ) -> AsyncGenerator[httpx.Response, None]:
        """Ask; `any_kind`: what is called a page may be a stream all the same."""
        offline.check(self.host)
        headers = self._headers(await self.key())
        response = await self._send(method, url, content, headers)
        try:
            await self._check(response, any_kind=any_kind)
            yield response
        finally:
            await response.aclose()

    async def _send(
        self, method: str, url: str, content: bytes | None, headers: Mapping[str, str]
    ) -> httpx.Response:
        """Ask, once more where the server has just closed the connection that was still open.

        Servers close idle connections whenever they like; a request that meets that moment was
        not read by anyone.
        """
        client = self._client()
        request = client.build_request(method, url, content=content, headers=headers)
        before, self._asked_before = self._asked_before, not self._near  # each has its own there
        try:
            return await client.send(request, stream=True)
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
            if not before:
                raise
        return await client.send(request, stream=True)

    def _client(self) -> httpx.AsyncClient:
        if self._open_client is None:
            self._open_client = httpx.AsyncClient(
                timeout=self._timeout,
                transport=self._transport or self._own_transport(),
                verify=self._url.scheme == "https",  # loading certificates takes 20 ms or more
                trust_env=not self.local,  # no proxy leads to this machine
            )
        return self._open_client

    def _own_transport(self) -> httpx.AsyncBaseTransport | None:
        if not self._near:
            return None
        from qchat.backends.loopback import Loopback  # noqa: PLC0415  others never need it

        return Loopback()

    def _headers(self, key: str) -> dict[str, str]:
        headers = {
            "content-type": "application/json",
            "accept-encoding": "identity",  # compression would hold back the stream
            "user-agent": f"qchat/{__version__}",
        }
        if self._settings.kind == "anthropic":
            headers["anthropic-version"] = "2023-06-01"
            return headers | ({"x-api-key": key} if key else {})
        return headers | ({"authorization": f"Bearer {key}"} if key else {})

    async def _check(self, response: httpx.Response, *, any_kind: bool) -> None:
        """Raise for whatever is not the beginning of a reply."""
        if not response.is_success:
            body = await _body(response)
            key, self._key = self._key or "", None
            raise failures.from_status(response, body, self.host, key)
        page = response.headers.get("content-type", "").startswith("text/html")
        if page and not any_kind:
            raise self._web_page()

    def _no_reply(self, start: bytes, stray: str, *, packed: bool) -> BackendError:
        """What is said of a body in which nothing could be read."""
        if packed and start:  # in a way that httpx does not know, and gives out as it came
            return failures.not_unpacked(self.host)
        if not start.strip():
            return ProtocolError(tr("{host} sent an empty reply; try again", host=self.host))
        if _PAGE.match(start):
            return self._web_page()
        if start.lstrip().startswith(b"<"):  # an error as XML, of storage and older gateways
            told = failures.page_text(stray.encode() or start)
            return failure(self.host, Fault(self.hidden(told)))
        text = stray or start.decode("utf-8", "replace")
        quote = self.hidden(one_line(text, 200))
        return ProtocolError(
            tr("{host} sent something that is no reply: {quote!r}", host=self.host, quote=quote)
        )

    def _web_page(self) -> ProtocolError:
        return ProtocolError(
            tr(
                "{host} sent a web page instead of a reply: check base_url, which for most "
                "servers ends in /v1",
                host=self.host,
            )
        )


def _checked_url(name: str, base_url: str) -> httpx.URL:
    where = f"[backends.{name}] base_url = {base_url!r}"
    base_url = base_url.rstrip("/")
    for path in ("/chat/completions", "/messages"):  # the whole address, as pages quote it
        base_url = base_url.removesuffix(path)
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL as error:
        raise SettingsError(
            tr("{where} is not an address: {error}", where=where, error=error)
        ) from error
    if url.scheme not in ("http", "https") or not url.host or (url.port or 0) > 65_535:
        raise SettingsError(
            tr("{where} is not an address: it should look like https://HOST/v1", where=where)
        )
    if url.query or url.fragment or url.userinfo:
        raise SettingsError(
            tr("[backends.{name}] base_url may hold a scheme, host, port and path", name=name)
        )
    return url


async def _body(response: httpx.Response) -> bytes:
    """Read a body that should be short; what is too long is cut."""
    body = bytearray()
    async for data in unpacked(response):
        body += data
        if len(body) > MAX_BODY_BYTES:
            break
    return bytes(body[:MAX_BODY_BYTES])


async def _pieces(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body as it comes; one JSON value, whatever it is called, in one piece.

    Some servers send a whole reply where a stream was asked for, others call a stream JSON.
    """
    is_json = response.headers.get("content-type", "").startswith("application/json")
    waiting = b""
    async for data in unpacked(response):
        waiting += data
        if is_json and waiting.lstrip()[:1] in (b"", b"{", b"[") and len(waiting) < MAX_BODY_BYTES:
            if not waiting.rstrip().endswith((b"}", b"]")):
                continue
            if (whole := _in_one_line(waiting)) is waiting:
                continue  # goes on
            waiting = whole
        yield waiting
        waiting = b""
    if waiting:
        yield waiting


def _in_one_line(body: bytes) -> bytes:
    """A JSON value in several lines as one event; anything else as it is."""
    try:
        value = loads(body.decode("utf-8", "replace"))
    except ValueError:
        return body
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _is_torn(data: str) -> bool:
    """Whether an event was cut by the end of the connection."""
    _, rest = documents(data)
    return rest.startswith(("{", "["))
