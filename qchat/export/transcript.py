"""A conversation as a file: Markdown to read, JSON lines to keep everything."""

import datetime
import html
import re
from collections.abc import Iterator, Set

import msgspec

from qchat.conversation.citations import marked
from qchat.egress.ledger import Line, ledger, report
from qchat.protocol.events import (
    Attached,
    Cited,
    Event,
    Notice,
    Recalled,
    SourceName,
    Text,
    Thinking,
    ToolFinished,
    ToolStarted,
)
from qchat.store import Conversation
from qchat_tools.parts import as_text


def markdown(conversation: Conversation) -> str:
    """The whole conversation, thinking and tools folded away where a viewer can fold."""
    blocks = [f"# {conversation.info.title or conversation.info.id}"]
    for turn in conversation.turns:
        when = (
            datetime.datetime.fromtimestamp(turn.created_at).astimezone().isoformat(" ", "minutes")
        )
        blocks.append(f"## {when} · {turn.model or turn.kind}")
        blocks.append("\n".join(f"> {line}" for line in turn.prompt.splitlines()))
        unknown = {n for e in turn.events if isinstance(e, Cited) for n in e.unknown}
        blocks.extend(block for event in turn.events for block in _blocks(event, unknown))
        blocks.extend(f"*left the machine: {line}{_carried(line)}*" for line in ledger([turn]))
    return "\n\n".join([*blocks, *left(conversation)]) + "\n"


def left(conversation: Conversation) -> list[str]:
    """What left the machine in all branches: those that are not written here sent it all the same.

    Nothing where nothing did.
    """
    if not ledger(conversation.senders):
        return []
    return ["## What left this machine", fenced(report(conversation.senders), "text")]


def json_lines(conversation: Conversation) -> Iterator[bytes]:
    """One line for the session with all that left the machine, then one for each turn."""
    info = msgspec.to_builtins(conversation.info)
    yield msgspec.json.encode(info | {"egress": ledger(conversation.senders)})
    for turn in conversation.turns:
        yield msgspec.json.encode(turn)


def _carried(line: Line) -> str:
    return f"; memories: {'; '.join(line.memories)}" if line.memories else ""


def _blocks(event: Event, unknown: Set[int]) -> list[str]:
    match event:
        case Attached():
            return [beside(event)]
        case Thinking():
            return [folded("Thinking", event.text.strip())]
        case Text():
            return [marked(event.text.strip(), lambda number: number not in unknown)]
        case Cited():
            return ["Sources:", "\n".join(_listed(name) for name in event.sources)]
        case ToolStarted():
            code = event.arguments.get("code")
            arguments = str(code) if code else msgspec.json.encode(event.arguments).decode()
            return [fenced(arguments, "python" if code else "json")]
        case ToolFinished():
            return [fenced(as_text(event.parts), "text")]
        case Recalled():
            return ["\n".join(f"- recalled: {memory.text}" for memory in event.memories)]
        case Notice():
            return [f"*{event.text}*"]
        case _:
            return []


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
