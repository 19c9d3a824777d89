"""Deep work as one step of a run: the model hands over one hard question, and gets what was found.

Its trails see the question and nothing of the run: so the window of a long run is spent on what
came of it, and not on how, and a trail that is begun again after a kill is asked the same.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from qchat.conversation.session import Session
from qchat.conversation.steering import Saying
from qchat.depth.kinds.deep import Deep
from qchat.depth.mode import enough
from qchat.depth.prompts import experience_text
from qchat.depth.trails import Trails
from qchat.protocol.errors import QchatError
from qchat.protocol.events import (
    Delegated,
    DepthStarted,
    Event,
    RoundFinished,
    ToolFinished,
    TrailFinished,
)
from qchat.protocol.experience import Experience
from qchat_memory.origin import MAX_ORIGINS, Origin
from qchat_tools.base import Call, ToolError, parse, spec
from qchat_tools.parts import Part, TextPart

NAME = "think_deeper"
MAX_ROUNDS, MAX_WIDTH = 8, 4
HELP = (
    "Hand over one hard question that needs many tries: it is worked on in rounds by trails that "
    "build on each other, each with Python and a copy of your folder. They see the question and "
    "nothing of your steps, so say in it all that they must know. You get the answer and what was "
    "established; files that they write are not kept."
)


class DeepArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    question: Annotated[str, Meta(description="Whole, with all that must be known", min_length=1)]
    rounds: Annotated[int, Meta(ge=1, le=MAX_ROUNDS)] = 3
    width: Annotated[int, Meta(description="Trails side by side", ge=1, le=MAX_WIDTH)] = 1


class DeepTool:
    """Works on a question in rounds, as a step of the session's running turn."""

    spec = spec(NAME, HELP, DeepArguments)
    origin = Origin("tool", NAME)

    def __init__(self, session: Session, left: Callable[[], int] = lambda: 0) -> None:
        """`left` says how many tokens may still be written in all; 0 for no limit."""
        self._session = session
        self._left = left
        self._one = asyncio.Lock()

    def run(self, call: Call) -> AsyncGenerator[Part, None]:
        return self.run_in_turn(call, lambda _event: None)

    async def run_in_turn(
        self, call: Call, tell: Callable[[Event], None]
    ) -> AsyncGenerator[Part, None]:
        """Do it; what its trails tell becomes events of the turn. Raises ToolError."""
        asked = parse(DeepArguments, call.arguments)
        deep, tokens = Deep(asked.rounds, asked.width), self._left()
        async with self._one:  # the user steers one at a time, and one shares the tokens
            try:
                enough(deep, tokens)
                handed = Delegated(call.provenance.untrusted[:MAX_ORIGINS])
                yield TextPart(
                    await self._answer(call.id, asked.question, handed, deep, tokens, tell)
                )
            except QchatError as error:
                raise ToolError(str(error)) from error

    async def _answer(
        self,
        call_id: str,
        question: str,
        handed: Delegated,
        deep: Deep,
        tokens: int,
        tell: Callable[[Event], None],
    ) -> str:
        session = self._session
        step = _Step(tell)
        trails = Trails(
            session,
            session.turns[-1],
            (handed,),
            step.tell,
            known=self._paid(question),
            apart=True,
        )
        step.trails = trails
        tell(DepthStarted(deep.name, deep.rounds, deep.width, tokens, call=call_id))
        session.steering = step
        try:
            outcome = await deep.answer(question, trails, tokens)
        finally:
            session.steering = None
            await trails.aclose()
        unsure = f"\n\n{outcome.doubt}" if outcome.unsure else ""
        known = experience_text(msgspec.structs.replace(step.experience, answer=""))
        found = f"\n\nWhat was found:\n{known}" if known else ""
        return f"{outcome.answer or 'No trail came to an answer.'}{unsure}{found}"

    def _paid(self, question: str) -> dict[str, TrailFinished]:
        """The trails of a call with this question that was cut off: none is paid twice."""
        for head in reversed(self._session.turns.heads[-2:]):
            turn = self._session.trail(head.id)
            for trails in reversed(list(_cut_off(turn.events if turn is not None else ()))):
                first = self._session.trail(trails[0].turn) if trails else None
                if first is not None and first.prompt == question:
                    return {event.label: event for event in trails}
        return {}


class _Step:
    """What the session knows of it while it runs, as of any turn of several trails."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self.trails: Trails | None = None
        self.experience = Experience()

    def tell(self, event: Event) -> None:
        """Pass an event on to the turn."""
        if isinstance(event, RoundFinished):
            self.experience = event.experience
        self._tell(event)

    def answer_now(self) -> None:
        if self.trails is not None:
            self.trails.hurry()

    def hint(self, text: str) -> None:
        if self.trails is not None:
            self.trails.steer(hint=text)

    def strike(self, result: str) -> bool:
        if self.trails is None or self.experience.result(result) is None:
            return False
        self.trails.steer(strike=result)
        return True

    def saying(self, trail: int) -> Saying | None:
        return self.trails.saying(trail) if self.trails is not None else None


def _cut_off(events: Iterable[Event]) -> Iterable[list[TrailFinished]]:
    """The finished trails of each call that has no result."""
    open_: dict[str, list[TrailFinished]] = {}
    here: list[TrailFinished] = []
    for event in events:
        if isinstance(event, DepthStarted):
            here = open_[event.call] = []
        elif isinstance(event, TrailFinished):
            here.append(event)
        elif isinstance(event, ToolFinished):
            open_.pop(event.call_id, None)
    return open_.values()
