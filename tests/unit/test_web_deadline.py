"""Blocking work gives its result, its error, or up; and never holds the program."""

import asyncio
import threading

import pytest

from qchat_tools.web.deadline import within


async def test_the_result_and_the_error_come_through() -> None:
    assert await within(5, lambda: 6 * 7) == 42
    with pytest.raises(ZeroDivisionError):
        await within(5, lambda: 1 // 0)


async def test_overrun_is_a_timeout_and_the_loop_goes_on() -> None:
    release = threading.Event()
    with pytest.raises(TimeoutError):
        await within(0.02, lambda: release.wait(10))
    release.set()
    await asyncio.sleep(0)
