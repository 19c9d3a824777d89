"""What an event says in a file, as Markdown: one place, so that every format shows the same."""

import datetime
import html
import re
from collections.abc import Iterable, Iterator
from typing import assert_never

import msgspec

from qchat.conversation.citations import marked
from qchat.depth.progress import progress_of
from qchat.egress.ledger import Line, ledger, report
from qchat.protocol.event_values import SourceName
from qchat.protocol.events import (
    Attached,
    Cited,
    ControlEvent,
    DepthStarted,
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
    TrailFinished,
    TurnFinished,
)
from qchat.store import Conversation, Turn
from qchat_tools.parts import as_text


class TurnBlocks:
    """The blocks of one turn: what is said of an event may hang on others of the turn."""

    def __init__(self, turn: Turn, trails: Iterable[Turn] = ()) -> None:
        """`trails` are what ran beside this turn, among others."""
        self._turn = turn
        self._trails = {trail.id: trail for trail in trails}
        self._progress = progress_of(turn.events)
        self._unknown = {n for e in turn.events if isinstance(e, Cited) for n in e.unknown}
        self._finished = {e.call_id for e in turn.events if isinstance(e, ToolFinished)}

    def head(self) -> str:
        """When it was, and which model answered."""
        when = datetime.datetime.fromtimestamp(self._turn.created_at).astimezone()
        return f"{when.isoformat(' ', 'minutes')} · {self._turn.model or self._turn.kind}"

    def prompt(self) -> str:
        """What the user sent, quoted."""
        return "\n".join(f"> {line}" for line in self._turn.typed.splitlines())

    def of(self, event: Event) -> list[str]:
        """What an event says; nothing where another event of the turn says it."""
        match event:
            case Attached():
                return [beside(event)]
            case Thinking():
                return [folded("Thinking", event.text.strip())]
            case Text():
                return [marked(event.text.strip(), lambda number: number not in self._unknown)]
            case Cited():
                return ["Sources:", "\n".join(_listed(name) for name in event.sources)]
            case ToolStarted():
                unfinished = event.call_id not in self._finished
                return [*_call(event), *(["*it did not finish*"] if unfinished else [])]
            case ToolFinished():
                return [fenced(as_text(event.parts), "text")]
            case Recalled():
                return ["\n".join(f"- recalled: {memory.text}" for memory in event.memories)]
            case Notice():
                return [f"*{event.text}*"]
            case Sent() | ToolDraft() | ToolProgress() | StepFinished() | TurnFinished():
                return []  # the ledger, the call and its result say it
            case Imported():
                return [f"*imported from {event.source}*"]
            case ControlEvent():
                return []  # the notice beside it says it
            case DepthStarted():
                table = "\n".join(self._progress.lines())
                return [f"*{self._progress.title}*", fenced(table, "text")]
            case TrailFinished():
                return self._trail(event)
            case TrailEvent():
                return []  # the table of the whole turn says it
            case _:
                assert_never(event)

    def _trail(self, event: TrailFinished) -> list[str]:
        trail = self._trails.get(event.turn)
        return [folded(html.escape(event.label), text_of(trail))] if trail is not None else []

    def left(self) -> Iterator[str]:
        """What left the machine in this turn."""
        for line in ledger([self._turn]):
            yield f"*left the machine: {line}{_carried(line)}*"


def text_of(turn: Turn) -> str:
    """A turn for those who show it as one text: what was asked, and all that came of it."""
    blocks = TurnBlocks(turn)
    said = [text for event in turn.events for text in blocks.of(event)]
    return "\n\n".join([blocks.head(), blocks.prompt(), *said])


def left(conversation: Conversation) -> list[str]:
    """What left the machine in all branches: those that are not written here sent it all the same.

    Nothing where nothing did.
    """
    if not ledger(conversation.senders):
        return []
    return ["## What left this machine", fenced(report(conversation.senders), "text")]


def _call(event: ToolStarted) -> list[str]:
    code = event.arguments.get("code")
    arguments = str(code) if code else msgspec.json.encode(event.arguments).decode()
    return [f"**{event.name}**", fenced(event.invalid or arguments, "python" if code else "json")]


def _carried(line: Line) -> str:
    return f"; memories: {'; '.join(line.memories)}" if line.memories else ""


def _listed(source: SourceName) -> str:
    title = re.sub(r"([\\`*_\[\]<>])", r"\\\1", source.title)
    return f"- [{source.number}] {title}: <{source.url.replace('>', '%3E')}>"


def beside(attached: Attached) -> str:
    """What went along with a prompt, folded; its name may be anybody's."""
    return folded(f"Attached: {html.escape(' '.join(attached.name.split()))}", attached.text)


def folded(summary: str, text: str) -> str:
    """Text that a viewer of Markdown opens at a click."""
    return f"<details><summary>{summary}</summary>\n\n{fenced(text, 'text')}\n\n</details>"


def fenced(text: str, language: str) -> str:
    """Fence untrusted text so that nothing in it can end the fence."""
    ticks = "```"
    while ticks in text:
        ticks += "`"
    return f"{ticks}{language}\n{text}\n{ticks}"
