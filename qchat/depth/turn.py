"""A turn that a mode answers: its trails run beside it, and what they tell are its events."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import msgspec

from qchat.backends.base import Backend
from qchat.conversation.session import Session
from qchat.conversation.steering import Saying
from qchat.depth.mode import Mode, Outcome, enough
from qchat.depth.trails import Trails
from qchat.protocol.events import (
    Attached,
    Delegated,
    DepthStarted,
    Event,
    Notice,
    RoundFinished,
    Steered,
    Text,
    TrailFinished,
    TurnFinished,
)
from qchat.protocol.experience import Experience
from qchat.runtime.language import tr
from qchat.store import Turn


class DepthTurn:
    """One turn of a session, answered by a mode. The session steers it while it runs."""

    def __init__(
        self,
        session: Session,
        mode: Mode,
        question: str,
        attached: Sequence[Attached | Delegated] = (),
        *,
        tokens: int = 0,
        backend: Backend | None = None,
        tools: bool = True,
        seed: int | None = None,
        resume: Turn | None = None,
        steered: Sequence[Steered] = (),
        beside: int = 0,
    ) -> None:
        """At most `tokens` are written in all trails together (0: no limit).

        `backend` answers in place of the session's own; `seed` makes trails repeatable. `resume` is
        a turn of this branch that was stopped: this one takes its place, and pays none of its
        finished trails again. `steered` is what the user said since then. `beside` is the number
        of a prompt: this turn stands beside it. Raises UsageError where the tokens are too few.
        """
        enough(mode, tokens)
        self._session = session
        self._mode = mode
        self._question = question
        self._attached = attached
        self._tokens = tokens
        self._backend = backend
        self._tools = tools
        self._seed = seed
        self._resume = resume
        self._steered = steered
        self._beside = beside
        self._trails: Trails | None = None
        self._experience = Experience()
        self.outcome: Outcome | None = None
        """What it came to, once its last event was given."""

    def events(self) -> AsyncGenerator[Event, None]:
        """Run it, as any turn: ends with TurnFinished, failures come as a Notice of level error.

        Raises UsageError where the turn to resume is not on the branch.
        """
        place = None
        if self._beside:
            place = self._session.cursor.place(self._beside)
        elif self._resume is not None:
            ids = [head.id for head in self._session.turns.heads]
            place = self._session.cursor.place(ids.index(self._resume.id) + 1)
        return self._session.answer_by(
            self._runs, self._question, self._attached, place, beside=bool(self._beside)
        )

    def answer_now(self) -> None:
        """Stop the trails, and write the answer from what is known."""
        if self._trails is not None:
            self._trails.hurry()

    def hint(self, text: str) -> None:
        """Tell the next round something."""
        if self._trails is not None:
            self._trails.steer(hint=text)

    def saying(self, trail: int) -> Saying | None:
        """What a trail has said so far, by the id of its turn; None for one that does not run."""
        return self._trails.saying(trail) if self._trails is not None else None

    def strike(self, result: str) -> bool:
        """Strike out a result by its name before the next round; False if there is none."""
        if self._trails is None or self._experience.result(result) is None:
            return False
        self._trails.steer(strike=result)
        return True

    async def _runs(self, turn: Turn, begun: Sequence[Event]) -> AsyncGenerator[Event, None]:
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        before = self._resume.events if self._resume is not None else ()
        self._trails = Trails(
            self._session,
            turn,
            begun,
            queue.put_nowait,
            known={e.label: e for e in before if isinstance(e, TrailFinished)},
            steered=[*_said(before), *self._steered],
            backend=self._backend,
            tools=self._tools,
            seed=self._seed,
        )
        mode = self._mode
        resumed = self._resume.id if self._resume is not None else 0
        yield DepthStarted(mode.name, mode.rounds, mode.width, self._tokens, resumed)

        async def answer() -> Outcome:
            assert self._trails is not None
            try:
                return await mode.answer(turn.prompt, self._trails, self._tokens)
            finally:
                queue.put_nowait(None)

        running = asyncio.create_task(answer(), name=mode.name)
        self._session.steering = self
        try:
            while (event := await queue.get()) is not None:
                if isinstance(event, RoundFinished):
                    self._experience = event.experience
                yield event
            outcome = await running
        finally:
            self._session.steering = None
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await self._trails.aclose()
        self.outcome = msgspec.structs.replace(outcome, tokens=self._trails.spent)
        for event in _ending(outcome, self._trails.silence):
            yield event


def _said(before: Sequence[Event]) -> list[Steered]:
    """What the user said to the turn that was stopped: of a round that is run again, at once."""
    next_round = 1 + sum(isinstance(event, RoundFinished) for event in before)
    said = [event for event in before if isinstance(event, Steered)]
    return [msgspec.structs.replace(e, round=min(e.round, next_round)) for e in said]


def _ending(outcome: Outcome, silence: str) -> list[Event]:
    """The last events of a turn: its answer where no model wrote it there, and what is unsure."""
    if not outcome.answer:
        why = silence or tr("no trail came to an answer")
        return [Notice(why, "error"), TurnFinished("error")]
    said: list[Event] = [] if outcome.written else [Text(outcome.answer)]
    said += [Notice(outcome.doubt)] if outcome.unsure else []
    return [*said, TurnFinished("stop")]
