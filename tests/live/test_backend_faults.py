"""Everything a server can do wrong, done by a real one on loopback that the tests start."""

import asyncio
import gzip
import inspect
import socket
import ssl
import zlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from qchat.backends import failures
from qchat.backends.base import Request
from qchat.backends.endpoint import Endpoint
from qchat.backends.openai import OpenAIBackend
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import (
    AuthenticationError,
    BackendError,
    ConnectionFailed,
    EmptyReply,
    ProtocolError,
    RateLimited,
    SettingsError,
    StatusError,
)
from qchat.protocol.events import Event, Sent, StepFinished, Text
from qchat.protocol.messages import User
from tests.faulty import http, server, stream

KEY = "sk-very-secret-7"
REQUEST = Request((User("hi"),))
HELLO = b'data: {"id":"r","choices":[{"delta":{"content":"Hello"}}]}\n\n'
STOP = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'


@pytest.fixture(autouse=True, params=["near", "far"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything happens as on this machine, and as on the way to another one."""
    if request.param == "far":
        monkeypatch.setattr(Endpoint, "_near", False)


def backend(base_url: str, **options: Any) -> OpenAIBackend:
    settings = BackendSettings(kind="openai", base_url=base_url, model="m", api_key=KEY)
    return OpenAIBackend("test", settings, **options)


async def ask(base_url: str, **options: Any) -> tuple[list[Event], BackendError | None]:
    """One request: what was streamed, and the error that ended it."""
    asked, events = backend(base_url, **options), []
    try:
        async for event in asked.stream(REQUEST):
            if not isinstance(event, Sent):
                events.append(event)
    except BackendError as error:
        assert "\n" not in str(error)
        assert KEY not in repr(error)
        return events, error
    finally:
        await asked.aclose()
    return events, None


async def test_a_reply_with_key_and_usage():
    async with server(stream(HELLO + STOP + b"data: [DONE]\n\n")) as (url, asked):
        events, error = await ask(url)
    assert error is None
    text, finished = events
    assert text == Text("Hello")
    assert isinstance(finished, StepFinished)
    assert 0 < finished.timings.first_token_s <= finished.timings.total_s
    assert asked[0].startswith(b"POST /v1/chat/completions ")
    assert f"authorization: Bearer {KEY}".encode() in asked[0]


async def test_a_reply_that_a_proxy_compressed_without_a_word():
    packed = gzip.compress(HELLO + STOP)
    refused = http("400 No", gzip.compress(b'{"error":{"message":"no such model"}}'))
    async with server(stream(packed), stream(packed[:30]), refused) as (url, _):
        events, error = await ask(url)
        assert (error, events[:1]) == (None, [Text("Hello")])
        _, torn = await ask(url)
        assert "empty reply" in str(torn)
        _, error = await ask(url)
    assert "400: no such model" in str(error)


@pytest.mark.parametrize(
    ("said", "body"),
    [
        ("gzip", HELLO + STOP),
        ("identity", zlib.compress(HELLO + STOP)),
        ("deflate", zlib.compress(HELLO + STOP)[2:-4]),
        ("deflate", HELLO + STOP),
        ("gzip, gzip", gzip.compress(gzip.compress(HELLO + STOP))),
        ("UTF-8", HELLO + STOP),
    ],
)
async def test_a_reply_whose_headers_say_another_packing_than_it_has(said: str, body: bytes):
    answer = http("200 OK", body, f"content-encoding: {said}", kind="text/event-stream")
    async with server(answer) as (url, _):
        events, error = await ask(url)
    assert (error, events[:1]) == (None, [Text("Hello")])


async def test_a_reply_that_was_compressed_in_a_way_of_its_own():
    async with server(http("200 OK", b"\x8b\3\x80abc", "content-encoding: br")) as (url, _):
        _, error = await ask(url)
    assert "cannot be decompressed" in str(error)


async def test_no_done_and_no_blank_line_at_the_end():
    async with server(stream(HELLO + STOP.rstrip())) as (url, _):
        events, error = await ask(url)
    assert (error, len(events)) == (None, 2)


BODY_401 = b'{"error":{"code":"invalid_api_key","message":"Wrong key: %s"}}' % KEY.encode()


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (
            http(
                "400 Bad Request",
                b'{"error":{"code":"InvalidParameter","message":"thinking_budget is not\\n ok"},'
                b'"request_id":"q-1"}',
            ),
            StatusError,
            r"400: InvalidParameter: thinking_budget is not ok \(request id q-1\)",
        ),
        (
            http("401 Unauthorized", BODY_401),
            AuthenticationError,
            r"Wrong key: \*\*\*; check",
        ),
        (http("404 Not Found", b"", "x-request-id: q-2"), StatusError, r"404: .*q-2.*check base_u"),
        (
            http("401 No", b'{"error":{"message":"Incorrect API key provided."}}'),
            AuthenticationError,
            "Incorrect API key provided; check the key$",
        ),
        (
            http("404 No", '{"error":{"message":"没有这个模型。"}}'.encode()),
            StatusError,
            "没有这个模型; asked was",
        ),
        (
            http("502 Bad Gateway", b"<html><title>502 Bad Gateway</title></html>"),
            StatusError,
            "502: 502 Bad Gateway; what answers for the server cannot reach it: is it still",
        ),
        (http("504 Late", b"timed out."), StatusError, "timed out; what answers for the server"),
        (http("503 Busy", b"loading."), StatusError, "503: loading.$"),
        (http("302 Found", b"", "location: https://b.example/"), StatusError, "redirects .302. to"),
        (http("302 Found", b"", f"location: /?key={KEY}"), StatusError, r"to /\?key=\*\*\*: set"),
        (http("422 No", b"<html>no</html>", kind="text/html"), StatusError, "422: no$"),
        (http("200 OK", b"<html>", kind="text/html"), ProtocolError, "web page.*check base_url"),
        (stream(b""), ProtocolError, "empty reply"),
        (stream(STOP), EmptyReply, "empty reply"),
        (stream(b"hello there\n"), ProtocolError, "is no reply: 'hello there'"),
        (stream(b"data: {nonsense}\n\n"), ProtocolError, "not a piece of a reply"),
        (http("200 OK", b'{"error":"gone"}'), StatusError, "gone"),
    ],
)
async def test_refusals_in_one_clear_line(answer: bytes, kind: type[BackendError], says: str):
    async with server(answer) as (url, asked):
        events, error = await ask(url)
    assert events == []
    assert type(error) is kind
    assert str(error).startswith("127.0.0.1 ")
    with pytest.raises(kind, match=says):
        raise error
    assert [line for line in asked if line.startswith(b"POST")] == asked[:1]


async def test_a_reply_that_a_filter_ended_does_not_look_whole():
    filtered = HELLO + STOP.replace(b'"stop"', b'"content_filter"')
    async with server(stream(filtered)) as (url, _asked):
        events, error = await ask(url)
    text, finished = events
    assert text == Text("Hello")
    assert isinstance(finished, StepFinished)
    assert "content filter" in str(error)  # raised, so that a script sees it too


def left_alone_s(wish: str, name: str = "retry-after", said: str = "") -> float:
    response = httpx.Response(429, headers={name: wish})
    error = failures.from_status(response, said.encode(), "here", "")
    assert isinstance(error, RateLimited)
    return error.retry_after_s


@pytest.mark.parametrize(
    ("wish", "seconds"), [("7", 7), ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("soon", 0)]
)
def test_a_wish_to_be_left_alone_is_seconds_or_a_date(wish: str, seconds: float):
    assert left_alone_s(wish) == seconds


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Rate limit reached for x. Please try again in 7m12.5s. Visit y.", 432.5),
        ("You exceeded your quota.\nPlease retry in 34.07s.", 34.07),
        ("Too many requests, retry after 2 minutes", 120),
        ("try again in 850ms", 0.85),
        ("Limit 6000 tokens per min; try again later, 3 messages are left", 0),
    ],
)
def test_a_wish_to_be_left_alone_may_stand_in_the_message(said: str, seconds: float):
    assert left_alone_s("", said=said) == pytest.approx(seconds)
    assert left_alone_s("7", said=said) == 7
    assert left_alone_s("1500", "retry-after-ms", said) == 1.5


def test_a_date_in_an_hour_is_about_an_hour_away():
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    assert 3500 <= left_alone_s(format_datetime(in_an_hour, usegmt=True)) <= 3600


@pytest.mark.parametrize(
    ("rest", "kind", "says"),
    [
        (
            b'data: {"no": "' + KEY.encode() + b"\n\n",
            ConnectionFailed,
            r"ended in mid-reply; what came is kept \(1 pieces? could not be read, .*\*\*\*",
        ),
        (b"", ConnectionFailed, "ended in mid-reply; what came is kept"),
        (b'data: {"choices":[{"del', ConnectionFailed, "ended in mid-reply"),
        (b'data: {"error":{"code":500,"message":"slot died"}}\n\n', StatusError, "slot died"),
    ],
)
async def test_what_was_streamed_is_kept_and_never_asked_again(
    rest: bytes, kind: type[BackendError], says: str
):
    async with server(stream(HELLO + rest)) as (url, asked):
        events, error = await ask(url)
    assert events == [Text("Hello")]
    with pytest.raises(kind, match=says):
        raise error or AssertionError
    assert len(asked) == 1


async def test_a_reset_in_mid_reply():
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(stream(HELLO))
        await writer.drain()
        plug = writer.get_extra_info("socket")
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    async with server(reset) as (url, _):
        events, error = await ask(url)
    assert events in ([Text("Hello")], [])
    assert isinstance(error, ConnectionFailed)


async def test_silence_in_mid_reply():
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(stream(HELLO))
        await reader.read()  # until the client gives up
        gone.set()

    async with server(silent) as (url, _):
        events, error = await ask(url, silence_s=2)
        await asyncio.wait_for(gone.wait(), 20)
    assert events == [Text("Hello")]
    assert "stopped responding in mid-reply" in str(error)


async def test_closing_the_generator_closes_the_connection():
    gone = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(stream(HELLO))
        await reader.read()
        gone.set()

    async with server(endless) as (url, _):
        asked = backend(url)
        events = asked.stream(REQUEST)
        assert isinstance(await anext(events), Sent)
        assert await anext(events) == Text("Hello")
        await events.aclose()
        await asyncio.wait_for(gone.wait(), 20)
        await asked.aclose()


async def test_a_connection_that_was_closed_while_idle_is_opened_again():
    """Each connection answers once, and hangs up when it is asked again."""
    ended: asyncio.Queue[None] = asyncio.Queue()
    body = HELLO + STOP
    answer = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n"
        % len(body)
    ) + body

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
            await reader.readuntil(b"user-agent")  # the next request has come
        writer.close()
        ended.put_nowait(None)

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        asked = backend(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1")
        for _ in range(3):
            *_, text, finished = [event async for event in asked.stream(REQUEST)]
            assert text == Text("Hello")
            assert isinstance(finished, StepFinished)
        await asked.aclose()
        for _ in range(3):
            await asyncio.wait_for(ended.get(), 20)
    assert ended.empty()


async def test_nothing_listens():
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        events, error = await ask(f"http://127.0.0.1:{plug.getsockname()[1]}/v1")
    assert events == []
    assert "connection refused by 127.0.0.1:" in str(error)


async def test_no_such_host():
    _, error = await ask("http://no-such-host.invalid/v1")
    assert "no address is known for no-such-host.invalid" in str(error)


@pytest.mark.parametrize("proxy", ["http://me:pw@127.0.0.1:9", "http://no-such-proxy.invalid:8"])
async def test_a_proxy_that_is_not_there_is_named(proxy: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    for name in ("NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    _, error = await ask("https://models.example/v1")
    assert f"the proxy {proxy[7:].rpartition('@')[2]} on the way to models.example" in str(error)
    assert "pw" not in str(error)


async def test_a_server_without_http():
    async def mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example ready\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(mail, "127.0.0.1", 0)
    async with listening:
        _, error = await ask(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1")
    assert "does not speak HTTP: is it the right port?" in str(error)


async def test_a_server_that_breaks_the_rules_of_http():
    async with server(b"HTTP/1.1 200 OK\r\nmade by: hand\r\n\r\n") as (url, asked):
        _, error = await ask(url)
    assert "127.0.0.1 breaks the rules of HTTP" in str(error)
    assert "made by: hand" in str(error)
    assert "bytearray" not in str(error)
    assert error is not None
    assert not error.passes  # nor is it asked again
    assert len(asked) == 1


async def test_a_server_without_tls():
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 no\r\n\r\n")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await plain(reader, writer)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        _, error = await ask(f"https://127.0.0.1:{port}/v1")
    assert "no secure connection to 127.0.0.1" in str(error)
    assert "does not speak TLS; if it speaks plain HTTP, base_url begins with http://" in str(error)


def test_a_connection_that_broke_without_a_word_was_cut_off():
    error = failures.from_httpx(httpx.ReadError(""), "h", streamed=False)
    assert str(error) == "the connection to h broke: it was cut off"


def test_every_error_of_httpx_has_its_line():
    kinds = [
        kind
        for _, kind in inspect.getmembers(httpx, inspect.isclass)
        if issubclass(kind, httpx.RequestError)
    ]
    assert len(kinds) > 15
    for kind in kinds:
        for streamed in (False, True):
            error = failures.from_httpx(kind("why"), "h.example", streamed=streamed)
            assert "h.example" in str(error)
    wrong_name = httpx.ConnectError("x")
    wrong_name.__cause__ = ssl.SSLCertVerificationError("self-signed")
    assert "secure" in str(failures.from_httpx(wrong_name, "h", streamed=False))


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "aliyuncs.com/v1",
        "ftp://h/v1",
        "http://",
        "http://h:x/",
        "http://k@h/",
        "http://h:99999",
    ],
)
def test_an_address_that_is_none(base_url: str):
    with pytest.raises(SettingsError, match=r"\[backends.test\] base_url"):
        backend(base_url)


async def test_a_missing_key_is_said_before_asking(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("QCHAT_TEST_KEY", raising=False)
    cloud = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"
    settings = BackendSettings(
        kind="openai", base_url=cloud, model="m", api_key_env="QCHAT_TEST_KEY"
    )
    asked = OpenAIBackend("cloud", settings)
    with pytest.raises(AuthenticationError, match="set the environment variable QCHAT_TEST_KEY"):
        await asked.start()
    with pytest.raises(AuthenticationError, match="QCHAT_TEST_KEY"):
        await anext(asked.stream(REQUEST))
    monkeypatch.setenv("QCHAT_TEST_KEY", "schlüssel")
    with pytest.raises(AuthenticationError, match="Invalid API key"):
        await asked.start()


def test_the_wrong_region_is_named():
    response = httpx.Response(401)
    error = failures.from_status(response, b"", "dashscope.aliyuncs.com", KEY)
    assert "one region" in str(error)
