"""What a conversation is to a model: messages of ordered parts, folded from events."""

from collections.abc import Iterable

import msgspec

from qchat.protocol.events import (
    Attached,
    Event,
    Recalled,
    RecalledMemory,
    StepFinished,
    Text,
    Thinking,
    ToolCall,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    joined,
)
from qchat_tools.parts import ImagePart, Part
from qchat_tools.parts import joined as joined_parts
from qchat_tools.wording import Known, Past, attached, error, recalled

INTERRUPTED = error("interrupted before it finished")


GAVE_BACK = " It gave back:\n\n"
"""In the report of a tool that the person used, between the use and what came of it."""


class User(msgspec.Struct, frozen=True):
    """What the person said, and the memories that were put beside it."""

    text: str
    recalled: tuple[RecalledMemory, ...] = ()
    pictures: tuple[ImagePart, ...] = ()
    """What a tool drew that the person used; the text tells of them too."""
    reported: bool = False
    """Whether the text is what a tool gave back that the person used: not his own words."""

    @property
    def sent(self) -> str:
        """As a model reads it: the memories stand at its end."""
        return self.text + recalled(_known(memory) for memory in self.recalled)


def _known(memory: RecalledMemory) -> Known:
    past = Past(memory.past.date, memory.past.text) if memory.past is not None else None
    return Known(memory.date, memory.text, past)


class Assistant(msgspec.Struct, frozen=True):
    """One reply of the model: thinking, text and calls in the order in which they came."""

    parts: tuple[Thinking | Text | ToolCall, ...]

    @property
    def thinking(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Thinking))

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCall))


class ToolResult(msgspec.Struct, frozen=True):
    """What a call gave back; `name` is the tool's."""

    call_id: str
    name: str
    parts: tuple[Part, ...]
    ok: bool = True

    @property
    def pictures(self) -> tuple[ImagePart, ...]:
        return tuple(part for part in joined_parts(self.parts) if isinstance(part, ImagePart))


Message = User | Assistant | ToolResult


def fold(prompt: str, events: Iterable[Event]) -> tuple[Message, ...]:
    """Fold one turn into messages; every call gets its result, even in a turn that was cut short.

    A pure function, indifferent to how deltas were split. Results follow their reply in the order
    of the calls, as every chat template expects, however the tools overlapped in time.
    """
    memories: tuple[RecalledMemory, ...] = ()
    steps = [_Step()]
    for event in joined(events):
        step = steps[-1]
        match event:
            case Attached():
                prompt += attached(event.name, event.text)
            case Recalled():
                memories += event.memories
            case Thinking() | Text():
                if step.closed:
                    steps.append(step := _Step())
                step.parts.append(msgspec.structs.replace(event, at=0.0))
            case ToolStarted():
                step.parts.append(event.call)
            case ToolProgress():
                step.progress.setdefault(event.call_id, []).append(event.part)
            case ToolFinished():
                step.results[event.call_id] = event
            case StepFinished():
                if step.closed:
                    steps.append(step := _Step())
                step.closed = True
            case _:
                pass
    replies = (message for step in steps for message in step.messages())
    return (User(prompt, memories), *replies)


class _Step:
    """One reply of the model and the results of its calls, which follow its `StepFinished`."""

    def __init__(self) -> None:
        self.parts: list[Thinking | Text | ToolCall] = []
        self.progress: dict[str, list[Part]] = {}
        self.results: dict[str, ToolFinished] = {}
        self.closed = False

    def messages(self) -> list[Message]:
        if not self.parts:
            return []
        assistant = Assistant(tuple(self.parts))
        return [assistant, *(self._result(call) for call in assistant.calls)]

    def _result(self, call: ToolCall) -> ToolResult:
        finished = self.results.get(call.id)
        if finished is not None:
            return ToolResult(call.id, call.name, finished.parts, finished.ok)
        partial = (*self.progress.get(call.id, ()), INTERRUPTED)
        return ToolResult(call.id, call.name, joined_parts(partial), ok=False)
