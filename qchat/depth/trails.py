"""Trails: turns beside the running one, each a way to its answer; no head until it is chosen."""

import asyncio
import time
import zlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing

import msgspec

from qchat.backends.base import Backend
from qchat.backends.pace import Pace, pace
from qchat.conversation.agent import run_turn
from qchat.conversation.look_back import AllOf, LookBackTool
from qchat.conversation.planner import Past, StepPlanner
from qchat.conversation.recording import record
from qchat.conversation.request_context import ConversationContext
from qchat.conversation.session import Session
from qchat.conversation.steering import Saying
from qchat.conversation.tool_runner import Confirm
from qchat.conversation.toolbox import Snapshot, Toolbox
from qchat.conversation.view import TurnMessages
from qchat.conversation.window import ContextWindow
from qchat.depth.metered_backend import MeteredBackend
from qchat.depth.trail import Trail, TrailSpec
from qchat.protocol.event_values import TurnReason, Usage
from qchat.protocol.events import (
    Attached,
    Event,
    Notice,
    Recalled,
    Steered,
    StepFinished,
    Text,
    TrailFinished,
    TrailStarted,
    TurnFinished,
)
from qchat.protocol.tokens import estimate
from qchat.runtime.language import tr
from qchat.store import Turn
from qchat_memory.origin import MAX_ORIGINS
from qchat_tools.base import Tool

TOOLS = frozenset({"python", "web_search", "web_read"})
"""What trails may use: nothing that changes what is kept about the user."""
MAX_LEFT = 5
"""Variables that could not be taken along that the user is told with the reason."""
MAX_SEED = 0x7FFFFFFF


class Trails:
    """Opens the trails of one running turn, and counts what they cost."""

    def __init__(
        self,
        session: Session,
        turn: Turn,
        begun: Sequence[Event],
        tell: Callable[[Event], None],
        *,
        known: Mapping[str, TrailFinished] | None = None,
        steered: Sequence[Steered] = (),
        backend: Backend | None = None,
        tools: bool = True,
        seed: int | None = None,
        apart: bool = False,
    ) -> None:
        """`begun` is what the turn begins with, `tell` takes its further events.

        `known` are trails that were paid already, by their labels; `tools` says whether any may be
        used at all. `apart` is for a step of a turn: trails see nothing of what came before, and
        the answer is a trail's too, since the turn has its own to say.
        """
        self._session = session
        self._turn = turn
        self._begun = begun
        self.tell = tell
        """Takes an event of the turn: it is kept and shown."""
        self._known = dict(known or {})
        self._steered = list(steered)
        for event in steered:
            tell(event)
        self._round = 0
        """The one that runs."""
        self._backend = backend or session.backend
        self._tools = tools
        self._seed = seed
        self._apart = apart
        self._snapshot: asyncio.Task[Snapshot | None] | None = None
        """What the kernels of trails begin with; written down when the first of them needs it."""
        self._around: dict[bool, ConversationContext] = {}
        self._pace = Pace()
        self._hurry = asyncio.Event()
        self._asking = asyncio.Lock()
        self.usage = Usage()
        """Of all trails so far, also of those that were paid before."""
        self._saying: dict[int, Saying] = {}
        """What the trails that run have said so far."""
        self._over: list[TurnMessages] = []
        """Trails that may be looked back at."""
        self.silence = ""
        """Why the first trail that said nothing did so, where it is known."""
        self.turns: list[int] = []
        """The ids of all trails that have run, in the order in which they ended."""

    @property
    def think(self) -> bool:
        """Whether trails think that do not say it themselves."""
        turn = self._turn.think
        return self._session.think if turn is None else turn

    @property
    def context(self) -> int:
        """Tokens that the model reads at once; 0 where nobody knows yet."""
        return self._backend.context

    @property
    def spent(self) -> int:
        """Tokens that were written so far."""
        return self.usage.completion

    @property
    def hurried(self) -> bool:
        """Whether the user wants the answer now."""
        return self._hurry.is_set()

    def hurry(self) -> None:
        """Stop the running trails, and begin no other: the answer is wanted."""
        self._hurry.set()

    def steer(self, hint: str = "", strike: str = "") -> None:
        """Keep what the user says for the rounds that have not begun yet.

        It is an event at once: stopped before the next round, the turn goes on with it.
        """
        event = Steered(self._round + 1, hint, strike)
        self._steered.append(event)
        self.tell(event)

    def steering(self, round_: int) -> list[Steered]:
        """What the user has said that holds from this round on, each once."""
        self._round = round_
        now = [s for s in self._steered if s.round <= round_]
        self._steered = [s for s in self._steered if s.round > round_]
        return now

    def saying(self, turn: int) -> "Saying | None":
        """What a trail has said so far; None for one that does not run."""
        self._pace.watched()
        return self._saying.get(turn)

    async def run(self, spec: TrailSpec) -> Trail:
        """Run a trail to its end, or give back the one that ran before under this label.

        One that fails, or is stopped since the user wants the answer, says so in its reason.
        Raises StoreError.
        """
        trail = await self._before(spec) or await self._unless_hurried(spec)
        self.usage += trail.usage
        self.turns.append(trail.turn)
        self.silence = self.silence or ("" if trail.text else _why_silent(trail))
        self._over.append(TurnMessages(trail.turn, trail.messages))
        return trail

    async def side_by_side(self, specs: Sequence[TrailSpec]) -> list[Trail]:
        """Run trails at the same time; what they are to a server is up to it."""
        return list(await asyncio.gather(*(self.run(spec) for spec in specs)))

    async def write(self, spec: TrailSpec) -> str:
        """Let a model write the answer of the turn itself; its events are the turn's."""
        if self._apart:
            trail = await self._before(spec) or await self._play(spec)
            self.usage += trail.usage
            return trail.text
        backend = self._metered(spec)
        said: list[str] = []
        reply = self._reply(spec, self._turn.id, backend, {})
        async with aclosing(reply) as events:
            async for event in events:
                if isinstance(event, Text):
                    said.append(event.text)
                if not isinstance(event, TurnFinished | Attached | Recalled):
                    self.tell(event)
        self.usage += backend.usage
        return "".join(said).strip()

    async def _before(self, spec: TrailSpec) -> Trail | None:
        """A trail of this label that ran before the turn was resumed."""
        known = self._known.get(spec.label)
        turn = self._session.trail(known.turn) if known is not None else None
        if known is None or turn is None:
            return None
        trail = Trail(
            turn.id, spec.label, turn.prompt, turn.events,
            known.reason, known.usage, known.seconds, turn.backend,
        )  # fmt: skip
        if not trail.done:
            return None
        self.tell(TrailStarted(turn.id, spec.label, spec.round, turn.backend))
        self.tell(msgspec.structs.replace(known, again=True))
        return trail

    async def _unless_hurried(self, spec: TrailSpec) -> Trail:
        playing = asyncio.create_task(self._play(spec), name=spec.label)
        hurry = asyncio.create_task(self._hurry.wait(), name=f"{spec.label}, hurry")
        try:
            await asyncio.wait([playing, hurry], return_when=asyncio.FIRST_COMPLETED)
            if not playing.done():
                playing.cancel()
            return await playing
        finally:
            for task in (playing, hurry):
                task.cancel()
            await asyncio.gather(playing, hurry, return_exceptions=True)

    async def _play(self, spec: TrailSpec) -> Trail:
        pace.set(self._pace)  # of the task that this trail is
        backend = self._metered(spec)
        began = time.monotonic()
        writer = self._session.begin_trail(
            spec.prompt, backend, parent=spec.after.turn if spec.after else self._turn.parent
        )
        turn = writer.turn.id
        seed = self._seed_of(spec)
        self.tell(TrailStarted(turn, spec.label, spec.round, backend.name, seed))
        wanted = self._tools and spec.tools
        toolbox = await self._fork(turn) if wanted else None
        alone = _Alone()
        saying = self._saying[turn] = Saying()
        try:
            tools = dict(toolbox.tools(turn)) if toolbox else {}
            if tools and spec.looks_back:
                tools[LookBackTool.spec.name] = LookBackTool(AllOf(self._over))
            told = toolbox.told if toolbox is not None else ""
            reply = self._reply(spec, turn, backend, tools, told)
            async with aclosing(record(writer, alone, reply)) as events:
                async for event in events:
                    saying.add(event)
        except asyncio.CancelledError:
            if not self.hurried:
                raise
        finally:
            self._saying.pop(turn, None)
            if toolbox is not None:
                await toolbox.aclose()
        seconds = time.monotonic() - began
        trail = Trail(
            turn, spec.label, spec.prompt, alone.events,
            alone.reason, backend.usage, seconds, backend.name,
        )  # fmt: skip
        self.tell(
            TrailFinished(
                turn,
                spec.label,
                spec.round,
                trail.reason,
                trail.usage,
                seconds,
                backend.name,
                origins=trail.origins[:MAX_ORIGINS],
            )
        )
        return trail

    async def _fork(self, turn: int) -> Toolbox:
        """Tools of its own for a trail, whose kernel begins with what the conversation's has."""
        if self._snapshot is None:
            self._snapshot = asyncio.create_task(self._take_snapshot(), name="snapshot")
        begins = await asyncio.shield(self._snapshot)
        return await asyncio.to_thread(self._session.toolbox.fork, str(turn), TOOLS, begins)

    async def _take_snapshot(self) -> Snapshot | None:
        taken = await self._session.toolbox.snapshot()
        if taken is not None and taken.taken.left:
            left = ", ".join(f"{name} ({why})" for name, why in taken.taken.left[:MAX_LEFT])
            more = len(taken.taken.left) - MAX_LEFT
            left += tr(" and {more} more", more=more) if more > 0 else ""
            self.tell(
                Notice(
                    tr(
                        "Trails begin with this conversation's variables, without {left}.",
                        left=left,
                    )
                )
            )
        return taken

    async def aclose(self) -> None:
        """No further trail begins."""
        if self._snapshot is not None:
            self._snapshot.cancel()
            (taken,) = await asyncio.gather(self._snapshot, return_exceptions=True)
            if isinstance(taken, Snapshot):
                await asyncio.to_thread(taken.remove)

    async def _reply(
        self,
        spec: TrailSpec,
        turn: int,
        backend: MeteredBackend,
        tools: Mapping[str, Tool],
        told: str = "",
    ) -> AsyncGenerator[Event, None]:
        """The events of a trail: the same loop as of any turn, with what it may have."""
        begun: list[Event] = [] if spec.after else list(self._begun)
        begun += spec.beside
        for event in begun:
            yield event
        if len(self._session.turns) > 1 and not backend.context:
            await backend.start()  # else nobody knows how much fits
        think = self.think if spec.think is None else spec.think
        around = self._around.get(think)
        if around is None:  # the same for all trails of a turn
            around = self._around[think] = self._session.context_for(think)
        specs = tuple(tool.spec for tool in tools.values())
        request = msgspec.structs.replace(
            around.request,
            system="\n\n".join(filter(None, (around.request.system, spec.instructions, told))),
            tools=specs,
            search=around.request.search and self._tools and spec.tools,
            keep_thinking=spec.after is not None,
        )
        past = Past((), (), 0) if self._apart else around.past
        if spec.after is not None:
            before = TurnMessages(spec.after.turn, spec.after.messages)
            past = Past((*past.turns, before), past.compactions, past.unread)
        window = ContextWindow()
        overhead = estimate(request.system) + estimate(msgspec.json.encode(specs).decode())
        window.use(
            backend.context,
            thoughts=backend.recalls_thinking,
            overhead=overhead,
            pictures=backend.sees,
        )
        running = run_turn(
            backend,
            request,
            spec.prompt,
            begun=begun,
            tools=tools,
            confirm=self._one_by_one(around),
            max_steps=self._session.max_steps,
            planner=StepPlanner(window, past, turn),
        )
        async with aclosing(running) as events:
            async for event in events:
                yield event

    def _one_by_one(self, around: ConversationContext) -> Confirm:
        """Trails that need a permission at the same time ask for it one after the other."""

        async def confirm(topic: str, question: str) -> bool:
            async with self._asking:
                return await around.confirm(topic, question)

        return confirm

    def _metered(self, spec: TrailSpec) -> MeteredBackend:
        return MeteredBackend(
            spec.backend or self._backend,
            share=spec.share,
            thinking=spec.thinking,
            seed=self._seed_of(spec),
        )

    def _seed_of(self, spec: TrailSpec) -> int | None:
        """Each trail has a seed of its own, the same whenever it is run again."""
        if self._seed is None:
            return None
        return zlib.crc32(f"{self._seed} {spec.label}".encode()) & MAX_SEED


def _why_silent(trail: Trail) -> str:
    said = (e.text for e in trail.events if isinstance(e, Notice) and e.level == "error")
    return next(said, "")


class _Alone:
    """Takes the events of a trail, which stands on no branch."""

    def __init__(self) -> None:
        self.events: tuple[Event, ...] = ()

    def begin(self, turn: Turn) -> None:
        """It begins: nothing moves."""

    def step(self, finished: StepFinished) -> None:
        """It is in the turn when it ends."""

    def end(self, turn: Turn) -> None:
        self.events = turn.events

    @property
    def reason(self) -> TurnReason:
        """How it ended."""
        last = self.events[-1] if self.events else None
        return last.reason if isinstance(last, TurnFinished) else "cancelled"
