"""The one owner of second tries: a request that failed on its way is made again, from its start.

What was streamed is given up, not lost. Only what will not get better ends it: a wrong key, a
request that cannot work, a refusal for good.
"""

import asyncio
import datetime
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from qchat.backends.base import Backend, Request
from qchat.backends.lessons import overflowed
from qchat.protocol.errors import (
    AuthenticationError,
    BackendError,
    ConnectionFailed,
    EmptyReply,
    OfflineError,
    ProtocolError,
    RateLimited,
    StatusError,
)
from qchat.protocol.events import Event, GivenUp, Notice, Sent
from qchat.runtime.language import tr, verbatim

MAX_BACKOFF_S = 300.0
EMPTY_TRIES = 2
"""A model that has nothing to say twice says nothing a third time either."""
LOADING_TRIES = 12
MAX_LOADING_S = 30.0
"""A large model is loaded in minutes: with these waits it has about four."""
MAX_NAMED_S = 24 * 3600.0
"""A server that wants to be left alone for longer is not waited for."""


class Retries(msgspec.Struct, frozen=True):
    """How long it is gone on: `first_s` is the first wait, doubled each time."""

    first_s: float = 1.0
    tries: int = 5

    def wait_s(self, error: BackendError, attempt: int) -> float | None:
        """Seconds until the next try: the server's wish, else doubling; None for no next try."""
        wish = error.retry_after_s if isinstance(error, RateLimited) else 0.0
        if attempt >= self.tries_of(error) or wish > MAX_NAMED_S:
            return None
        longest_s = MAX_LOADING_S if error.loads else MAX_BACKOFF_S
        doubled: float = min(self.first_s * 2 ** (attempt - 1), longest_s)
        # Not all clients at the same moment.
        return max(wish * random.uniform(1.0, 1.1), doubled * random.uniform(1.0, 1.5))

    def tries_of(self, error: BackendError) -> int:
        """How often a request is made that fails so."""
        if error.loads:
            return max(self.tries, LOADING_TRIES)
        return min(self.tries, EMPTY_TRIES) if isinstance(error, EmptyReply) else self.tries


IN_A_TALK = Retries()
IN_A_RUN = Retries(tries=24)
"""Nobody is there to try it again: with these waits about an hour and a half."""


def may_pass(error: BackendError, *, known: bool) -> bool:
    """Whether the same request may go well later.

    `known` says that this server has answered before, so that its address and name are right and
    whatever it sends now is a fault of the moment.
    """
    match error:
        case AuthenticationError() | OfflineError():
            return False
        case StatusError():
            if error.passes or error.final or overflowed(error):
                return error.passes
            return known and not 300 <= error.status < 500
        case ConnectionFailed() | ProtocolError():
            return error.passes or (known and not error.final)
        case _:
            return error.passes


async def asked(
    backend: Backend, request: Request, retries: Retries = IN_A_TALK, *, known: bool = False
) -> AsyncGenerator[Event, None]:
    """Ask until a reply is whole. Raises BackendError, EngineError: what came before stays valid.

    Where it begins again a GivenUp says so, if something had been streamed, and a Notice why.
    """
    attempt = 1
    while True:
        begun = False
        try:
            async with aclosing(backend.stream(request)) as events:
                async for event in events:
                    begun = begun or not isinstance(event, Sent | Notice)
                    yield event
            return
        except BackendError as error:
            wait_s = retries.wait_s(error, attempt)
            if wait_s is None or not may_pass(error, known=known or begun):
                raise
            attempt += 1
            again = tr("the reply begins again") if begun else tr("trying again")
            when = tr(
                "{when} (attempt {n} of {all})",
                when=_when(wait_s),
                n=attempt,
                all=retries.tries_of(error),
            )
            notice = Notice(verbatim(f"{error}; {again} {when}"), "warning")
        if begun:
            yield GivenUp()
        yield notice
        await asyncio.sleep(wait_s)


def _when(wait_s: float) -> str:
    """When it goes on, as people say it."""
    if wait_s < 100:
        return tr("in {s:.0f} s", s=wait_s)
    at = datetime.datetime.now() + datetime.timedelta(seconds=wait_s)
    return tr("in {m:.0f} min, at {at:%H:%M}", m=wait_s / 60, at=at)
