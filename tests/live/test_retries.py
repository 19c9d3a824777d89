"""Second tries have one owner: what may pass is asked again, and what will not ends at once."""

import socket
from contextlib import aclosing

import pytest

from qchat.backends.base import Request
from qchat.backends.openai import OpenAIBackend
from qchat.backends.retries import Retries, asked
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import BackendError, ConnectionFailed, RateLimited, StatusError
from qchat.protocol.events import Event, GivenUp, Notice, Sent, StepFinished, Text
from qchat.protocol.messages import User
from tests.faulty import http, server, stream

HELLO = b'data: {"id":"r","choices":[{"delta":{"content":"Hello"}}]}\n\n'
STOP = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
QUICK = Retries(first_s=0.001)


async def ask(
    url: str, retries: Retries = QUICK, *, known: bool = False
) -> tuple[list[Event], BackendError | None]:
    """What came of one request, and the error that ended it."""
    settings = BackendSettings(kind="openai", base_url=url, model="m")
    there, events = OpenAIBackend("there", settings), []
    request = Request((User("hi"),))
    try:
        async with aclosing(asked(there, request, retries, known=known)) as stream_:
            async for event in stream_:
                if not isinstance(event, Sent):
                    events.append(event)
    except BackendError as error:
        return events, error
    finally:
        await there.aclose()
    return events, None


@pytest.mark.parametrize("status", ["429 Too Many", "500 Oops", "503 Busy", "522 Late"])
async def test_what_may_pass_is_tried_again_and_shown(status: str) -> None:
    busy = http(status, b'{"error":{"message":"later"}}', "retry-after: 0.02")
    async with server(busy, busy, stream(HELLO + STOP)) as (url, posts):
        events, error = await ask(url)
    assert error is None
    first, second, text, _ = events
    assert isinstance(first, Notice)
    assert isinstance(second, Notice)
    assert "later; " in first.text
    assert "; trying again in" in first.text
    assert "3 of 5" in second.text
    assert text == Text("Hello")
    assert len(posts) == 3


async def test_a_handful_of_tries_and_no_more() -> None:
    async with server(http("500 Oops", b"")) as (url, posts):
        events, error = await ask(url)
    assert isinstance(error, StatusError)
    assert (len(events), len(posts), error.status) == (4, 5, 500)


async def test_what_was_streamed_is_given_up_each_time_and_the_step_begins_again() -> None:
    torn = stream(HELLO + b'data: {"choices":[{"de')
    broken = stream(HELLO + b'data: {"error":{"message":"worker died"}}\n\n')
    async with server(torn, broken, stream(HELLO + STOP)) as (url, posts):
        events, error = await ask(url)
    assert error is None
    kinds = [type(event) for event in events if not isinstance(event, StepFinished)]
    assert kinds == [Text, GivenUp, Notice, Text, GivenUp, Notice, Text]
    bodies = {post.partition(b"\r\n\r\n")[2] for post in posts}
    assert len(posts) == 3 and len(bodies) == 1


@pytest.mark.parametrize(
    "answer",
    [
        http("401 No", b'{"error":{"message":"Wrong key"}}'),
        http("400 No", b'{"error":{"message":"bad field"}}'),
        http("429 No", b'{"error":{"code":"insufficient_quota","message":"m"}}'),
        http("400 No", b'{"error":{"message":"maximum context length is 100 tokens"}}'),
        stream(HELLO + STOP.replace(b'"stop"', b'"content_filter"')),
    ],
)
async def test_what_will_not_get_better_ends_it_although_the_server_is_known(answer: bytes) -> None:
    async with server(answer) as (url, posts):
        _events, error = await ask(url, known=True)
    assert error is not None
    assert len(posts) == 1


async def test_a_server_that_is_gone_is_waited_for_only_if_it_has_answered_before() -> None:
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{plug.getsockname()[1]}/v1"
    events, error = await ask(url)
    assert isinstance(error, ConnectionFailed)
    assert events == []
    events, error = await ask(url, known=True)
    assert isinstance(error, ConnectionFailed)
    assert len(events) == 4


def test_waits_grow_to_minutes_and_a_named_time_is_kept() -> None:
    long = Retries(tries=24)
    busy = StatusError("busy", 503)
    waits = [long.wait_s(busy, attempt) or 0 for attempt in range(1, 24)]
    assert 1 <= waits[0] <= 1.5
    assert waits[7] >= 128
    assert 300 <= waits[-1] <= 450
    limited = RateLimited("later", 429)
    limited.retry_after_s = 3600
    assert 3600 <= (long.wait_s(limited, 1) or 0) <= 3960
    limited.retry_after_s = 90_000
    assert long.wait_s(limited, 1) is None
