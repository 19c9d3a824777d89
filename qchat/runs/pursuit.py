"""A run from its beginning, or from where it was left, to its end: one stream of events."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path

import msgspec

from qchat.backends.retries import IN_A_RUN
from qchat.conversation.session import Session
from qchat.protocol.errors import UsageError
from qchat.protocol.events import Attached, Event, Notice, TurnFinished
from qchat.protocol.permission import refuse
from qchat.runs.approvals import Approvals
from qchat.runs.figures import read_figures
from qchat.runs.goal import Goal, Limits, decode
from qchat.runs.interruptible import guarded
from qchat.runs.lease import Lease
from qchat.runs.overseer import Overseer
from qchat.runs.progress import Progress
from qchat.runtime.language import tr, verbatim
from qchat.store import Runs, RunState
from qchat_tools.base import Tool

Tools = Callable[[Callable[[], int]], Sequence[Tool]]
LIMITS = Limits()
GO_ON = "Go on with the goal."


class Pursuit:
    """One session's run in this process."""

    def __init__(
        self, runs: Runs, session: Session, folder: Path, tools: Tools = lambda _left: ()
    ) -> None:
        """Reports and pictures are written to `folder`.

        `tools` makes what the model may call beside the tools of a run; it is given what says how
        many tokens are left.
        """
        self._runs = runs
        self._tools = tools
        self._folder = folder
        self._session = session
        self.overseer: Overseer | None = None
        """Of the run that goes on, or went on last."""
        self._going = False

    @property
    def _tokens_left(self) -> int:
        return self.overseer.tokens_left if self.overseer is not None else 0

    def begin(self, goal: Goal, attached: Sequence[Attached] = ()) -> AsyncGenerator[Event, None]:
        """Work towards a goal from here on. Raises UsageError, and Held and StoreError later."""
        if not goal.text.strip():
            raise UsageError(tr("Say what the goal is."))
        heads = self._session.turns.heads
        return self._run(goal, heads[-1].id if heads else 0, goal.text, attached, anew=True)

    def resume(self, limits: Limits = LIMITS) -> AsyncGenerator[Event, None]:
        """Go on where it was left, within these limits of all its work or those that it has.

        Raises UsageError for a session without a run, and later where a limit is used up.
        """
        row = self._runs.find(self._session.id)
        if row is None:
            raise UsageError(tr("There is no run in {id}.", id=self._session.id))
        if row.state == "reached":
            raise UsageError(tr("This goal is reached; begin another one."))
        return self._run(limits.of(decode(row.goal)), row.after, GO_ON, (), anew=False)

    async def _run(
        self, goal: Goal, after: int, prompt: str, attached: Sequence[Attached], *, anew: bool
    ) -> AsyncGenerator[Event, None]:
        if self._going:
            raise UsageError(tr("A run goes on here; stop it first."))
        session, lease = self._session, Lease(self._runs, self._session.id)
        if anew:
            row = self._runs.find(session.id)
            if row is not None and row.holder:
                lease.take()  # raises where another process works on the goal before
            self._runs.begin(session.id, after, goal.encode())
        lease.take()
        worked_s = 0.0 if anew else self._worked_s()
        ask = session.ask if session.ask is not refuse else None
        approvals = Approvals(self._runs, session.id, ask)
        progress = Progress()
        heads = enumerate(session.turns.heads)
        places = [at for at, head in heads if head.id > after and head.kind == "chat"]
        progress.before((session.turns[at] for at in places), worked_s)
        more = self._tools(lambda: self._tokens_left)
        self.overseer = overseer = Overseer(
            goal, session, approvals, progress, self._folder, self._runs, more
        )
        session.oversight, self._going = overseer, True
        before = session.retries
        session.retries = msgspec.structs.replace(IN_A_RUN, first_s=before.first_s)
        try:
            if spent := overseer.used_up:
                raise UsageError(verbatim(spent))
            self._runs.set_goal(session.id, goal.encode())
            approvals.reach_all()
            turn = session.send(prompt, attached)
            async with aclosing(self._watched(turn, overseer, lease)) as events:
                async for event in events:
                    yield event
        finally:
            session.oversight, self._going, session.retries = None, False, before
            await approvals.aclose()
            state: RunState = "stopped"
            if overseer.reached or overseer.waits:
                state = "reached" if overseer.reached else "waiting"
            figures = overseer.encoded
            lease.release(state, figures)

    def _worked_s(self) -> float:
        """Seconds in which it was worked on before, as whoever did so has noted."""
        row = self._runs.find(self._session.id)
        noted = read_figures(row) if row is not None else None
        return noted.worked_s if noted is not None else 0.0

    async def _watched(
        self, events: AsyncGenerator[Event, None], overseer: Overseer, lease: Lease
    ) -> AsyncGenerator[Event, None]:
        """The turn, which ends when its time is over or its lease is lost."""

        async def guard() -> None:
            keep = lease.keep(lambda: overseer.encoded)
            left = overseer.goal.hours * 3600 - overseer.progress.worked_s
            try:
                async with asyncio.timeout(left if overseer.goal.hours else None):
                    await keep
                overseer.ended = tr("stopped: another process has taken the run over")
            except TimeoutError:
                overseer.ended = overseer.why_to_stop() or tr("stopped: the time is over")

        def cancelled(why: str) -> None:
            overseer.ended = overseer.ended or why

        async def noted() -> AsyncGenerator[Event, None]:
            async with aclosing(events) as stream:
                async for event in stream:
                    overseer.progress.add(event)
                    yield event

        overseer.progress.begin()
        over = False
        async with aclosing(guarded(noted(), guard, cancelled)) as stream:
            async for event in stream:
                over = isinstance(event, TurnFinished)
                yield event
        if overseer.ended and not over:  # what was said at the end is kept, and was not given yet
            for event in self._session.turns[-1].events[-2:]:
                if isinstance(event, Notice | TurnFinished):
                    yield event
