"""Blocking work that must not hold up the chat: a thread of its own, and a latest moment."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


async def within(timeout_s: float, work: Callable[[], T]) -> T:
    """Run `work` in a thread and wait at most `timeout_s` seconds. Raises TimeoutError.

    Work that overruns is left to end by itself. The thread is a daemon and none of asyncio's
    own: those are waited for when the program ends.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(result)  # type: ignore[arg-type]  # None only where T allows it

    def run() -> None:
        result: T | None = None
        failure: BaseException | None = None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  it is raised where it is awaited
            failure = error
        with suppress(RuntimeError):  # the program has ended meanwhile, nobody waits
            loop.call_soon_threadsafe(settle, result, failure)

    Thread(target=run, name="qchat-work", daemon=True).start()
    async with asyncio.timeout(timeout_s):
        return await done
