"""How long a server wants to be left alone, in whatever way it says so."""

import time

import httpx
import pytest

from qchat.backends.failures import from_status
from qchat.backends.retries import LOADING_TRIES, Retries
from qchat.backends.retry_after import wish_s
from qchat.protocol.errors import RateLimited

WISHES = (
    ({"retry-after": "4"}, "", None),
    ({"retry-after-ms": "4000"}, "", None),
    ({"x-ratelimit-reset-requests": "4s", "x-ratelimit-remaining-requests": "0"}, "", None),
    ({"ratelimit-reset": "4"}, "", None),
    ({}, "Please try again in 4s.", None),
    ({}, "", [{"error": {"details": [{"@type": "RetryInfo", "retryDelay": "4s"}]}}]),
    ({}, "", {"error": {"message": "slow down", "retry_after": 4}}),
    ({}, "", {"error": "Model m is currently loading", "estimated_time": 4.0}),
)


@pytest.mark.parametrize(("headers", "message", "body"), WISHES)
def test_a_wait_is_read_wherever_it_stands(headers: dict[str, str], message: str, body: object):
    assert wish_s(httpx.Headers(headers), message, body) == 4


def test_a_limit_that_is_not_spent_is_not_waited_for():
    headers = {"x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "900"}
    assert wish_s(httpx.Headers(headers), "", None) == 0


def test_a_wait_until_a_date():
    headers = httpx.Headers({"ratelimit-reset": str(time.time() + 100)})
    assert 0 < wish_s(headers, "", None) <= 100


def test_a_model_that_is_loaded_is_waited_for_longer():
    body = b'{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}'
    loading = from_status(httpx.Response(503), body, "h", "")
    busy = from_status(httpx.Response(503), b'{"error":{"message":"no server is free"}}', "h", "")
    retries = Retries(first_s=0)
    assert (loading.loads, busy.loads) == (True, False)
    assert retries.wait_s(busy, retries.tries) is None
    assert retries.wait_s(loading, LOADING_TRIES - 1) is not None
    assert retries.wait_s(loading, LOADING_TRIES) is None


def test_the_time_that_a_body_tells_makes_a_limit_of_a_refusal():
    body = b'{"error":"Model m is currently loading","estimated_time":20.0}'
    error = from_status(httpx.Response(503), body, "h", "")
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 20
