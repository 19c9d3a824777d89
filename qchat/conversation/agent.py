"""The loop: model, tools, model. The model decides; there is no planner and no router."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing

import msgspec

from qchat.backends.base import Backend, Request
from qchat.backends.retries import IN_A_TALK, Retries, asked
from qchat.conversation.failures import Failures
from qchat.conversation.loop_detection import Loops
from qchat.conversation.note_writer import NoteWriter
from qchat.conversation.overflow import limit_in
from qchat.conversation.oversight import Oversight
from qchat.conversation.planner import StepPlanner
from qchat.conversation.repetition import Rounds, largest_number
from qchat.conversation.reply import Reply
from qchat.conversation.tool_runner import Confirm, run_calls
from qchat.conversation.trust import ProvenanceMeter
from qchat.protocol.call_ids import CallIds
from qchat.protocol.errors import EmptyReply, StatusError
from qchat.protocol.events import (
    Event,
    GivenUp,
    Notice,
    StepFinished,
    Told,
    ToolFinished,
    TurnFinished,
)
from qchat.protocol.fold import TurnFold
from qchat.protocol.messages import Message, User
from qchat.protocol.wording import counted
from qchat.runtime.language import tr
from qchat_tools.base import AskInput, Tool
from qchat_tools.parts import TextPart
from qchat_tools.provenance import Provenance

LAST_WORDS = 3
"""Prompts of the user in which a number may be named."""
MAX_REPEATED = 3
"""So many replies in a row that say the same without end, the turn is over."""
REPEATED = (
    "Your reply was stopped: it said the same again and again. It is given up. Do the next thing"
    " in few words, or say what keeps you from it."
)

WANTED = "If you want it so often, name the number in your prompt, or ask for code that writes it."


async def run_turn(
    backend: Backend,
    request: Request,
    prompt: str,
    *,
    begun: Sequence[Event],
    tools: Mapping[str, Tool],
    confirm: Confirm,
    ask_input: AskInput | None = None,
    max_steps: int = 0,
    planner: StepPlanner | None = None,
    oversight: Oversight | None = None,
    retries: Retries = IN_A_TALK,
    written_notes: bool = False,
) -> AsyncGenerator[Event, None]:
    """Answer `prompt` after `request.messages`; `begun` is what the turn already holds.

    With `oversight` a reply without a call is checked, and what may follow is asked for.
    `written_notes` lets the model write the notes of what is compacted.
    With a `planner` it says before every step what is sent instead of all that came before.

    Ends with TurnFinished. Raises BackendError or EngineError: what came before stays valid.
    Cancelling the task that iterates cancels the reply and the tools. What a step costs here does
    not grow with the number of steps before it.
    """
    planner = planner or StepPlanner.of(request.messages)
    turn = _Running(request, prompt, begun, planner, oversight)
    failures, loops = Failures(), Loops()
    while True:
        step = _replied(turn, backend, retries, written_notes=written_notes)
        async with aclosing(step) as replied:
            async for event in replied:
                yield event
                if isinstance(event, TurnFinished):
                    return
        if (reply := turn.reply) is None:
            continue
        calls = reply.calls()
        if not calls:
            async with aclosing(_answered(turn, reply, oversight)) as answered:
                async for event in answered:
                    yield event
                    if isinstance(event, TurnFinished):
                        return
            continue
        finished: dict[str, ToolFinished] = {}
        run = run_calls(calls, tools, confirm, turn.provenance, ask_input=ask_input)
        async with aclosing(run) as stream:
            async for event in stream:
                if isinstance(event, ToolFinished):
                    finished[event.call_id] = event
                    if len(finished) == len(calls):  # the last: now it shows what is repeated
                        loops.add((call, finished[call.id]) for call in calls)
                        words = (loops.hint, oversight.note() if oversight is not None else None)
                        event = _with_words(event, words)  # noqa: PLW2901
                turn.add(event)
                yield event
        for said in oversight.words() if oversight is not None else ():
            turn.add(said)
            yield said
        failures.add((call, finished[call.id].ok) for call in calls)
        why = failures.why_to_stop or loops.why_to_stop
        spent = oversight.why_to_stop() if oversight is not None else _spent(turn.steps, max_steps)
        if end := _forced_end(why, spent):
            for event in end:
                yield event
            return


async def _replied(
    turn: "_Running", backend: Backend, retries: Retries, *, written_notes: bool
) -> AsyncGenerator[Event, None]:
    """One reply of the model: `turn.reply`, or None where it has to be asked for once more."""
    await turn.count(backend)
    async with aclosing(turn.fit(backend if written_notes else None)) as fitted:
        async for event in fitted:
            yield event
    turn.reply = None
    reply = turn.new_reply()
    try:
        request = turn.request()
        async with aclosing(asked(backend, request, retries, known=turn.steps > 0)) as stream:
            async for streamed in stream:
                if isinstance(streamed, GivenUp):
                    reply = turn.new_reply()
                event = reply.add(streamed)
                turn.add(event)
                yield event
                if reply.repeats:
                    break
    except EmptyReply:
        if not turn.is_watched:  # else it is a reply without a call, which is checked as such
            raise
    except StatusError as error:
        if reply.begun or (why := turn.smaller(error)) is None:
            raise
        yield Notice(why, "warning")
        return
    if reply.repeats is None:
        turn.reply, turn.repeated = reply, 0
        turn.steps += 1
        return
    turn.repeated += 1
    for event in _stopped(reply.repeats, turn.repeated):
        turn.add(event)
        yield event


async def _answered(
    turn: "_Running", reply: Reply, oversight: Oversight | None
) -> AsyncGenerator[Event, None]:
    """A reply that calls nothing: the turn is over, unless somebody finds that it should go on."""
    lacking = reply.lacking()
    if oversight is None:
        if lacking:
            yield Notice(lacking, "error")
        yield TurnFinished("length" if reply.reason == "length" else "stop")
        return
    async with aclosing(oversight.check(lacking)) as checked:
        async for event in checked:
            turn.add(event)
            yield event


def _stopped(rounds: Rounds, repeated: int) -> tuple[Event, ...]:
    """What comes of a reply that said the same without end; the model is told why at first."""
    why = tr("the model said the same again and again: {rounds}", rounds=rounds)
    if repeated >= MAX_REPEATED:
        said = tr(
            "stopped: {why}, in {n} replies in a row. {wanted} "
            "Else another model may do better: /model.",
            why=why,
            n=repeated,
            wanted=tr(WANTED),
        )
        return Notice(said, "error"), TurnFinished("error")
    told = tr(
        "The reply was stopped: {why}. It stays above; the model is told, and tries again. "
        "{wanted}",
        why=why,
        wanted=tr(WANTED),
    )
    return GivenUp(), Notice(told, "warning"), Told(REPEATED)


def _with_words(event: ToolFinished, words: Iterable[TextPart | None]) -> ToolFinished:
    """A result, and beside it what the model is told: that it goes round in a circle, say."""
    more = tuple(word for word in words if word is not None)
    return msgspec.structs.replace(event, parts=(*event.parts, *more)) if more else event


def _spent(steps: int, most: int) -> str:
    """Why no step may follow, where a number of them is set; empty while one may."""
    return (
        tr("stopped after {steps}, the limit that is set", steps=counted(steps, "step"))
        if 0 < most <= steps
        else ""
    )


def _forced_end(why: str, spent: str) -> tuple[Event, ...]:
    """What ends a turn that the model would go on with; nothing while it may."""
    if why:
        return Notice(why, "error"), TurnFinished("error")
    if spent:
        return Notice(spent, "error"), TurnFinished("step_limit")
    return ()


class _Running:
    """What a running turn adds up to: the next request, and whose words are in it."""

    def __init__(
        self,
        request: Request,
        prompt: str,
        begun: Sequence[Event],
        planner: StepPlanner,
        oversight: Oversight | None,
    ) -> None:
        self._oversight = oversight
        self._request = request
        self._planner = planner
        self._fold = TurnFold(prompt)
        for event in begun:
            self._fold.add(event)
        planner.watch(self._fold.messages)
        self._provenance = ProvenanceMeter()
        self._counted = 0
        """How many messages that were sent the provenance holds already."""
        self._held = planner.held
        self._asked: tuple[Message, ...] = ()
        """What the model was sent last."""
        self.steps = 0
        """Replies that are complete."""
        self.reply: Reply | None = None
        """The last one, once it is complete."""
        self.repeated = 0
        """Replies in a row that were stopped since they said the same without end."""
        self.ids = CallIds()
        self.ids.add(planner.call_ids)

    @property
    def is_watched(self) -> bool:
        """Whether somebody checks a reply that calls nothing."""
        return self._oversight is not None

    def new_reply(self) -> Reply:
        """One that is about to be streamed."""
        return Reply(self.ids, searches=self._request.search, wanted=self._largest_number)

    def _largest_number(self) -> int:
        """That the user's last words name: so many lines may have been asked for."""
        said = [m.text for m in self._asked if isinstance(m, User) and m.text]
        return largest_number("\n".join(said[-LAST_WORDS:]))

    def add(self, event: Event) -> None:
        """Note an event of the turn."""
        self._fold.add(event)
        if isinstance(event, StepFinished):
            self._planner.counted(event.usage)

    async def count(self, backend: Backend) -> None:
        """Have what is new counted by the model's tokenizer, where there is one."""
        await self._planner.count(self._fold.messages(), backend.count_tokens)

    def fit(self, writer: Backend | None) -> AsyncGenerator[Event, None]:
        """Make room for the next request, if it is needed; a `writer` writes the notes."""
        tools = (*self._request.tools, *self._planner.offered)
        request = msgspec.structs.replace(self._request, tools=tools)
        return self._planner.fit(
            self._fold.messages(), NoteWriter(writer, request) if writer is not None else None
        )

    def smaller(self, error: StatusError) -> str | None:
        """Learn from a refusal; what the reader is told where less is sent now, else None."""
        limit = limit_in(error)
        if limit is None or not self._planner.refused(limit):
            return None
        return tr("{error}; less of the conversation is sent now", error=error)

    def request(self) -> Request:
        """What the model is sent next; its provenance is noted with it."""
        messages = self._planner.messages(self._fold.messages())
        if self._held is not self._planner.held:  # what is no longer sent no longer counts
            self._held, self._counted = self._planner.held, 0
            self._provenance = ProvenanceMeter()
        self._asked = messages
        self._provenance.add(messages[self._counted :])
        self._counted = len(messages)
        tools = (*self._request.tools, *self._planner.offered)
        limit = self._oversight.reply_limit if self._oversight is not None else 0
        return msgspec.structs.replace(
            self._request,
            messages=messages,
            tools=tools,
            max_tokens=limit or self._request.max_tokens,
        )

    @property
    def provenance(self) -> Provenance:
        """Whose words the model had before it when it made the calls of its last reply."""
        if self._request.search:  # the service may have read the web for this very reply
            self._provenance.add_text_of_service()
        return self._provenance.provenance
