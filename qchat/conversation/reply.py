"""One reply of the model while it streams: its calls under ids of their own, and what it lacks."""

from collections.abc import Callable
from typing import assert_never

import msgspec

from qchat.conversation.repetition import Repetition, Rounds
from qchat.protocol.call_ids import CallIds
from qchat.protocol.event_values import StepReason, ToolCall
from qchat.protocol.events import (
    Attached,
    Cited,
    ControlEvent,
    Event,
    Imported,
    Notice,
    Recalled,
    Sent,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TrailEvent,
    TurnFinished,
)
from qchat.runtime.language import tr
from qchat.wire.arguments import read_arguments


class Reply:
    """What one reply adds up to; fed with its events."""

    def __init__(
        self, ids: CallIds, *, searches: bool = False, wanted: Callable[[], int] = lambda: 0
    ) -> None:
        """`searches`: whether the model's service may read the web for it.

        `wanted` gives the largest number that the user's words name.
        """
        self.reason: StepReason = "stop"
        self._ids = ids
        self._searches = searches
        self._drafts: dict[str, tuple[str, list[str]]] = {}
        self._own: dict[str, str] = {}
        """The ids that its calls go by, for those that they came with."""
        self._answered = False
        self._said = {
            Text: Repetition("answer", wanted),
            Thinking: Repetition("thought"),
            ToolDraft: Repetition("arguments", wanted),
        }
        self.repeats: Rounds | None = None
        """What it says again and again, where it should be stopped for that."""
        self.begun = False
        """Whether anything of it has been streamed."""

    def add(self, event: Event) -> Event:
        """Take an event and give it back, its call under an id that no earlier call has."""
        self.begun = self.begun or isinstance(event, Thinking | Text | ToolDraft)
        if isinstance(event, Text | Thinking | ToolDraft):
            self.repeats = self.repeats or self._said[type(event)].add(event.text)
        match event:
            case ToolDraft():
                id_ = self._own_id(event.call_id)
                name, texts = self._drafts.setdefault(id_, (event.name, []))
                if event.instead:
                    texts.clear()
                texts.append(event.text)
                if not name and event.name:
                    self._drafts[id_] = (event.name, texts)
                return msgspec.structs.replace(event, call_id=id_)
            case Text():
                self._answered = self._answered or bool(event.text.strip())
            case StepFinished():
                self.reason = event.reason
                self._ids.add(self._own.values())
                return msgspec.structs.replace(event, searched=self._searches)
            case Sent(sender="backend"):
                return msgspec.structs.replace(event, searched=self._searches)
            case Thinking() | Notice() | Sent() | Recalled() | Attached() | Cited():
                pass
            case ToolStarted() | ToolProgress() | ToolFinished() | TurnFinished():
                pass
            case ControlEvent() | Imported():
                pass
            case TrailEvent():
                pass
            case _:
                assert_never(event)
        return event

    def _own_id(self, given: str) -> str:
        if given not in self._own:
            self._own[given] = self._ids.free(given, self._own.values())
        return self._own[given]

    def calls(self) -> list[ToolCall]:
        """The complete calls. A draft in a reply that was cut off by its length is none."""
        if self.reason == "length":
            return []
        return [_call(id_, name, "".join(texts)) for id_, (name, texts) in self._drafts.items()]

    def lacking(self) -> str:
        """What an answer lacks, in one line: it would look whole. Empty where nothing does."""
        if self.reason == "length":
            lost = tr("; the call that it was writing was not run") if self._drafts else ""
            return tr(
                "the reply was cut off: its longest length or the end of the context came{lost}",
                lost=lost,
            )
        return "" if self._answered else tr("the model gave no answer; /retry asks it again")


def _call(call_id: str, name: str, text: str) -> ToolCall:
    arguments = read_arguments(text, name)
    if arguments is None:
        return ToolCall(call_id, name, {}, invalid=text)
    return ToolCall(call_id, name, arguments)
