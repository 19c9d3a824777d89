"""HTTP on this machine: nothing lost however it is cut or ends, few reads, nobody hurried."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchat.backends import loopback
from qchat.backends.loopback import MAX_HEAD_BYTES, Loopback
from qchat.backends.pace import BESIDE_S, REST_S, Pace
from tests.faulty import server, stream

Writes = Callable[[asyncio.StreamWriter], Awaitable[None]]
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


async def send(writer: asyncio.StreamWriter, *pieces: bytes) -> None:
    """Each piece by itself, so that it can be read by itself."""
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)


@asynccontextmanager
async def asked(
    url: str, *, usually: bool = False, **options: float
) -> AsyncIterator[httpx.Response]:
    """Ask as a program on this machine is asked, or `usually` as one on another."""
    transport = httpx.AsyncHTTPTransport() if usually else Loopback()
    async with (
        httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(5, **options)) as client,
        client.stream("POST", f"{url}/ask?what=1", content=b"question") as response,
    ):
        yield response


async def pieces(answer: bytes | Writes) -> tuple[list[bytes], httpx.TransportError | None]:
    """What comes of an answer, read by read, and how it ends."""

    async def write(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert not isinstance(answer, bytes)
        await answer(writer)

    got: list[bytes] = []
    async with server(answer if isinstance(answer, bytes) else write) as (url, _):
        try:
            async with asked(url) as response:
                async for piece in response.aiter_raw():
                    got.append(piece)
        except httpx.TransportError as error:
            return got, error
    return got, None


async def test_what_is_asked_and_answered() -> None:
    tea = b"HTTP/1.1 418 Tea\r\nA: 1\r\nA: 2\r\ncontent-length: 3\r\n\r\npot!"
    async with server(tea) as (url, requests), asked(url) as response:
        body = await response.aread()
    assert (response.status_code, response.headers["a"], body) == (418, "1, 2", b"pot")
    assert requests[0].startswith(b"POST /v1/ask?what=1 HTTP/1.1\r\nHost: 127.0.0.1")
    assert requests[0].lower().count(b"connection: close") == 1
    assert requests[0].endswith(b"\r\n\r\nquestion")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=6),
    st.lists(st.integers(1, 400), max_size=8),
    st.booleans(),
)
def test_a_reply_is_whole_however_it_is_cut_and_a_torn_one_is_told(
    parts: list[bytes], cuts: list[int], whole: bool
) -> None:
    sent = CHUNKED + b"".join(map(chunk, parts)) + (END if whole else b"")
    edges = [0, *sorted({min(cut, len(sent)) for cut in cuts}), len(sent)]

    async def write(writer: asyncio.StreamWriter) -> None:
        await send(writer, *(sent[a:b] for a, b in pairwise(edges)))

    got, error = asyncio.run(pieces(write))
    assert b"".join(got) == b"".join(parts)
    assert isinstance(error, httpx.RemoteProtocolError) is not whole


BODY = b'data: {"choices": []}\n\n'


LENGTH, IN_CHUNKS = b"Content-Length: %d" % len(BODY), b"Transfer-Encoding: chunked"
ODD_HEADERS = (
    b"X-Long: a\n  folded", b"X-Control: a\x01b", b"Server: \xe4\xbd\xa0", b"Empty:",
    b"Connection: close", b"Upgrade: h2c", b"Content-Length : 3", b"no colon", b"X: a\rb",
)  # fmt: skip


def reply(status: bytes, headers: list[bytes], end: bytes, before: bytes, behind: bytes) -> bytes:
    """BODY in one of the ways that servers and proxies have; `behind` pads the size of a chunk."""
    head = before + b"\n".join([status, *headers, b"", b""])
    sized = b"%x%s\r\n%s\r\n" % (len(BODY), behind, BODY) + END
    return head.replace(b"\n", end) + (sized if IN_CHUNKS in headers else BODY)


REPLIES = st.builds(
    reply,
    st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.1 200", b"HTTP/1.0 200 OK"]),
    st.builds(
        lambda odd, framing: [*odd, *framing],
        st.lists(st.sampled_from(ODD_HEADERS), max_size=2),
        st.lists(st.sampled_from([LENGTH, IN_CHUNKS]), max_size=2),
    ),
    st.sampled_from([b"\r\n", b"\n"]),
    st.sampled_from([b"", b"HTTP/1.1 100 Continue\n\n"]),
    st.sampled_from([b"", b";ext=1", b"  "]),
)


@settings(max_examples=150, deadline=None)
@given(REPLIES)
def test_what_is_read_from_another_machine_is_read_from_this_one(reply: bytes) -> None:
    async def read(url: str, usually: bool) -> tuple[int, bytes, str | None]:
        try:
            async with asked(url, usually=usually) as response:
                return response.status_code, await response.aread(), response.headers.get("x-long")
        except httpx.TransportError:
            return 0, b"", None

    async def both() -> None:
        async with server(reply) as (url, _):
            near, far = await read(url, False), await read(url, True)
        assert near == far or not far[0]
        assert near[1] in (b"", BODY)

    asyncio.run(both())


async def test_a_flood_of_small_pieces_is_read_in_few() -> None:
    async def write(writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await send(writer, CHUNKED)
        for number in range(300):  # as a fast engine does
            await send(writer, chunk(b"x"))
            await asyncio.sleep(max(0.0, began + number * 1e-3 - loop.time()))
        await send(writer, END)

    got, error = await pieces(write)
    assert (sum(map(len, got)), error) == (300, None)
    assert len(got) < 60


async def test_a_piece_is_given_on_before_the_next_has_come() -> None:
    """However long that takes: here it does not come before the first has been seen."""
    seen = asyncio.Event()

    async def write(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await send(writer, CHUNKED)
        for number in range(3):
            await send(writer, chunk(b"%d" % number))
            await seen.wait()
            seen.clear()
        await send(writer, END)

    got = []
    async with server(write) as (url, _), asked(url) as response, asyncio.timeout(20):
        async for piece in response.aiter_raw():
            got.append(piece)
            seen.set()
    assert got == [b"0", b"1", b"2"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot wait for much")
async def test_the_end_of_a_reply_ends_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here a rest would last for days."""
    monkeypatch.setattr(loopback, "resting_s", lambda _now, _began: 1e6)
    seen = asyncio.Event()

    async def write(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await send(writer, CHUNKED, chunk(b"a"))
        await seen.wait()
        await send(writer, chunk(b"b"), END)

    got = b""
    async with server(write) as (url, _), asked(url) as response, asyncio.timeout(20):
        async for piece in response.aiter_raw():
            got += piece
            seen.set()
    assert got == b"ab"


async def test_whoever_does_not_read_is_waited_for() -> None:
    many, sent, far = 32 << 20, 0, asyncio.Event()

    async def write(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await send(writer, CHUNKED)
        while sent < many:
            await send(writer, chunk(bytes(1 << 20)))
            sent += 1 << 20
            if sent > many // 2:
                far.set()
        await send(writer, END)

    got = 0
    async with server(write) as (url, _), asked(url) as response:
        raw = response.aiter_raw()
        got += len(await anext(raw))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(far.wait(), 10 * REST_S)
        async for piece in raw:
            got += len(piece)
    assert got == many


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (stream(b"until the end of the connection"), b"until the end of the connection"),
        (b"HTTP/1.1 204 None\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", b""),
        (
            b"HTTP/1.1 100 Go on\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
            b"ok",
        ),
    ],
)
async def test_where_a_reply_ends(answer: bytes, body: bytes) -> None:
    got, error = await pieces(answer)
    assert (b"".join(got), error) == (body, None)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "closed the connection before"),
        (b"HTTP/1.1 200 OK\r\ncontent-le", "closed the connection before"),
        (b"220 mail.example ready\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * (2 * MAX_HEAD_BYTES), "endless headers"),
    ],
)
async def test_what_is_no_reply(answer: bytes, says: str) -> None:
    got, error = await pieces(answer)
    assert got == []
    assert says in str(error)
    assert isinstance(error, httpx.RemoteProtocolError)


async def test_silence_ends_the_waiting_before_the_reply_and_in_it() -> None:
    for begun in (b"", CHUNKED + chunk(b"a")):
        gone = asyncio.Event()

        async def silent(
            reader: asyncio.StreamReader,
            writer: asyncio.StreamWriter,
            begun: bytes = begun,
            gone: asyncio.Event = gone,
        ) -> None:
            await send(writer, begun)
            await reader.read()  # until the client is gone
            gone.set()

        async with server(silent) as (url, _), asyncio.timeout(20):
            with pytest.raises(httpx.ReadTimeout):
                async with asked(url, read=0.05) as response:
                    await response.aread()
            await gone.wait()


async def test_whoever_stops_reading_ends_the_connection() -> None:
    gone = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await send(writer, CHUNKED, chunk(b"a"))
        await reader.read()
        gone.set()

    async with server(endless) as (url, _), asyncio.timeout(20):
        async with asked(url) as response:
            async for _ in response.aiter_raw():
                break
        await gone.wait()


async def test_whoever_is_cancelled_while_waiting_ends_the_connection() -> None:
    came, gone = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        came.set()
        await reader.read()
        gone.set()

    async def ask(url: str) -> None:
        async with asked(url):
            pass

    async with server(silent) as (url, _), asyncio.timeout(20):
        asking = asyncio.create_task(ask(url))
        await came.wait()
        asking.cancel()
        await gone.wait()
    with pytest.raises(asyncio.CancelledError):
        await asking


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_nobody_listens(host: str) -> None:
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        with pytest.raises(httpx.ConnectError) as caught:
            async with asked(f"http://{host}:{plug.getsockname()[1]}"):
                pass
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_what_runs_side_by_side_is_looked_at_at_one_time() -> None:
    beside = Pace()
    clock = [1000.01, 1000.2, 1000.49]
    assert {round(now + beside.rest_s(now), 6) for now in clock} == {1000.5}
    beside.watched()
    assert max(beside.rest_s(now) for now in clock) <= BESIDE_S
