"""Who runs a goal: one process at a time, which others see, and take over from when it has died."""

import asyncio
import time
from collections.abc import Callable

from qchat.protocol.errors import QchatError, StoreError
from qchat.runtime.language import tr
from qchat.runtime.process_identity import gone, identity, pid_of
from qchat.store import RunRow, Runs, RunState

LEASE_S, RENEW_S = 20.0, 2.0
"""For how long it is held at a time, and how often that is renewed."""


class Held(QchatError):
    """Another process runs it."""


def holder_of(run: RunRow | None) -> str:
    """Who works on a run now; empty where nobody does, or whoever did has died."""
    if run is None or not run.holder or run.held_until <= time.time() or gone(run.holder):
        return ""
    return run.holder


class Lease:
    """Held by this process from `take` to `release`."""

    def __init__(self, runs: Runs, session: str) -> None:
        self._runs = runs
        self._session = session
        self._me = identity()

    def take(self) -> None:
        """Raises Held where another process runs it, StoreError."""
        other = self._runs.take(self._session, self._me, LEASE_S, gone)
        if other is not None:
            raise Held(
                tr(
                    "The run {session} is being worked on by process {other}. Follow it with: "
                    "qchat run --resume {session}",
                    session=self._session,
                    other=pid_of(other),
                )
            )

    async def keep(self, figures: Callable[[], str]) -> None:
        """Renew it for ever; returns when somebody else has taken it."""
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(RENEW_S)
            try:
                if not self._runs.renew(self._session, self._me, LEASE_S, figures()):
                    return
                renewed = time.monotonic()
            except StoreError:  # a full disk, say: it may pass before the lease is over
                if time.monotonic() - renewed > LEASE_S:
                    return

    def release(self, state: RunState, figures: str) -> None:
        """Raises StoreError."""
        self._runs.release(self._session, self._me, state, figures)
