"""Events of a turn become the messages that a model reads: what came of it, in the right order."""

from collections.abc import Iterable
from typing import assert_never

import msgspec

from qchat.protocol.event_values import RecalledMemory, ThinkingField, ToolCall
from qchat.protocol.events import (
    Attached,
    Checked,
    Cited,
    Compacted,
    CompactionUndone,
    Delegated,
    Event,
    GivenUp,
    Imported,
    Marked,
    Notice,
    Recalled,
    Sent,
    StepFinished,
    Text,
    Thinking,
    Told,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TrailEvent,
    TrailFinished,
    TurnFinished,
)
from qchat.protocol.messages import INTERRUPTED, Assistant, Message, ToolReport, ToolResult, User
from qchat_memory.origin import Origin
from qchat_tools.parts import Part
from qchat_tools.parts import joined as joined_parts
from qchat_tools.wording import not_reached

MAX_THOUGHT = 16_000
"""Characters of one thought that go back to the model; all of it is kept and shown."""


def fold(prompt: str, events: Iterable[Event]) -> tuple[Message, ...]:
    """Fold one turn into messages; every call gets its result, even in a turn that was cut short.

    A pure function, indifferent to how deltas were split. Results follow their reply in the order
    of the calls, as every chat template expects, however the tools overlapped in time. What the
    user's own calls gave back is told by the user, with the prompt where there is one.
    """
    turn = TurnFold(prompt)
    for event in events:
        turn.add(event)
    return turn.messages()


class TurnFold:
    """The messages of a running turn: adding an event costs the same however long the turn is."""

    def __init__(self, prompt: str) -> None:
        self._user = User(prompt)
        self._done: list[Message] = []
        """The messages of the steps before the last one; nothing changes them any more."""
        self._heard: dict[Origin, None] = {}
        """Whose words the trails have read that the answer is made of."""
        self._step = _Step(self._heard)

    def add(self, event: Event) -> None:
        """Take the next event of the turn."""
        match event:
            case Attached():
                self._beside(attachments=(*self._user.attachments, _timeless(event)))
            case Imported() | Delegated():
                self._user = msgspec.structs.replace(self._user, written_by=event.authors)
            case Recalled():
                self._beside(recalled=(*self._user.recalled, *event.memories))
            case Thinking() | Text():
                self._open().text(event)
                return
            case ToolStarted(caller="user"):
                self._step.reported = True
                self._step.parts.append(event.call)
            case ToolStarted():
                self._step.parts.append(event.call)
            case ToolProgress():
                self._step.progress.setdefault(event.call_id, []).append(event.part)
            case ToolFinished():
                self._step.results[event.call_id] = event
            case StepFinished():
                step = self._open()
                step.closed, step.searched = True, event.searched
            case Sent(searched=True):  # the reply may be cut off before its end says so
                self._open().searched = True
            case Told():
                self._tell(event.text, event.origin)
            case Checked(met=False):
                self._tell(not_reached(event.by, event.evidence), event.origin)
            case GivenUp():
                if not (self._step.closed and self._step.called):
                    self._step = _Step(self._heard)
            case TrailFinished():
                self._heard.update(dict.fromkeys(event.origins))
            case Compacted() | CompactionUndone() | Marked() | TrailEvent() | TurnFinished():
                pass  # what is sent goes by some of them, not what there is
            case ToolDraft() | Cited() | Notice() | Sent() | Checked():
                pass
            case _:
                assert_never(event)
        self._step.settle()

    def messages(self) -> tuple[Message, ...]:
        """All of the turn so far, ready to be sent."""
        if self._step.reported:
            reports = self._step.reports()
            return (msgspec.structs.replace(self._user, text="", tool_reports=reports),)
        return (self._user, *self._done, *self._step.messages())

    def _beside(
        self,
        attachments: tuple[Attached, ...] | None = None,
        recalled: tuple[RecalledMemory, ...] | None = None,
    ) -> None:
        user = self._user
        self._user = msgspec.structs.replace(
            user,
            attachments=user.attachments if attachments is None else attachments,
            recalled=user.recalled if recalled is None else recalled,
        )

    def _tell(self, text: str, origin: Origin) -> None:
        """Beside the prompt, or between two steps as a message of its own."""
        told = Told(text, origin)
        if not (self._done or self._step.begun):
            self._user = msgspec.structs.replace(self._user, told=(*self._user.told, told))
            return
        self._done += self._step.messages()
        self._step = _Step(self._heard)
        last = self._done[-1]
        if isinstance(last, User):
            self._done[-1] = msgspec.structs.replace(last, told=(*last.told, told))
        else:
            self._done.append(User("", told=(told,)))

    def _open(self) -> "_Step":
        """The step that is being streamed: another one where the last is complete."""
        if self._step.closed:
            self._done += self._step.messages()
            self._step = _Step(self._heard)
        return self._step


class _Step:
    """One reply of the model and the results of its calls, which follow its `StepFinished`."""

    def __init__(self, heard: Iterable[Origin]) -> None:
        """`heard`: whose words others have read who had a hand in it, as far as is known then."""
        self._heard = heard
        self.parts: list[Thinking | Text | ToolCall] = []
        self.progress: dict[str, list[Part]] = {}
        self.results: dict[str, ToolFinished] = {}
        self.closed = self.searched = self.reported = False
        self.thinking_field: ThinkingField | None = None
        self._kind: type[Thinking] | type[Text] = Text
        self._pieces: list[str] = []
        self._thoughts: list[str] = []

    @property
    def begun(self) -> bool:
        return bool(self.parts or self._pieces)

    @property
    def called(self) -> bool:
        """Whether a call of it has begun."""
        return any(isinstance(part, ToolCall) for part in self.parts)

    def text(self, event: Thinking | Text) -> None:
        """A delta: the pieces of one part are joined when it ends, at the cost of their sum."""
        if type(event) is not self._kind:
            self.settle()
            self._kind = type(event)
        if isinstance(event, Thinking) and event.came_in is not None:
            self.thinking_field = event.came_in
        self._pieces.append(event.text)

    def settle(self) -> None:
        """End the part that was streamed."""
        if self._pieces:
            text = "".join(self._pieces)
            if self._kind is Thinking:
                self._thoughts.append(text)
                text = sent_thinking(text)
            self.parts.append(self._kind(text))
            self._pieces.clear()

    def messages(self) -> list[Message]:
        self.settle()
        if not self.parts:
            return []
        origins = (*((Origin("web"),) if self.searched else ()), *self._heard)
        assistant = Assistant(tuple(self.parts), origins, self.thinking_field)
        if assistant.text and "".join(self._thoughts).strip() == assistant.text.strip():
            # An answer that was taken for thinking while it came, and given again at its end.
            said = tuple(part for part in self.parts if not isinstance(part, Thinking))
            assistant = Assistant(said, origins, self.thinking_field)
        return [assistant, *(self._result(call) for call in assistant.calls)]

    def reports(self) -> tuple[ToolReport, ...]:
        calls = [call for call in self.parts if isinstance(call, ToolCall)]
        results = map(self._result, calls)
        return tuple(
            ToolReport(call.name, call.arguments, result.parts, result.origin)
            for call, result in zip(calls, results, strict=True)
        )

    def _result(self, call: ToolCall) -> ToolResult:
        finished = self.results.get(call.id)
        if finished is not None:
            return ToolResult(call.id, call.name, finished.parts, finished.ok, finished.origin)
        partial = (*self.progress.get(call.id, ()), INTERRUPTED)
        return ToolResult(call.id, call.name, joined_parts(partial), ok=False)


def sent_thinking(text: str) -> str:
    """What of a thought goes back: its beginning and its end, where it went on without end."""
    if len(text) <= MAX_THOUGHT:
        return text
    left_out = len(text) - MAX_THOUGHT
    head, tail = text[: MAX_THOUGHT // 4], text[-MAX_THOUGHT * 3 // 4 :]
    return f"{head}\n[{left_out} characters of thinking left out]\n{tail}"


def _timeless(event: Attached) -> Attached:
    return msgspec.structs.replace(event, at=0.0)
