"""A conversation as a file: Markdown to read, JSON lines to keep everything."""

import datetime
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from pathlib import Path

import msgspec

from qchat.citations import marked
from qchat.egress import Line, ledger
from qchat.errors import UsageError
from qchat.events import (
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
from qchat.store import SessionInfo, Turn
from qchat_tools.parts import as_text


def markdown(info: SessionInfo, turns: Iterable[Turn]) -> str:
    """The whole conversation, thinking and tools folded away where a viewer can fold."""
    blocks = [f"# {info.title or info.id}"]
    for turn in turns:
        when = (
            datetime.datetime.fromtimestamp(turn.created_at).astimezone().isoformat(" ", "minutes")
        )
        blocks.append(f"## {when} · {turn.model or turn.kind}")
        blocks.append("\n".join(f"> {line}" for line in turn.prompt.splitlines()))
        unknown = {n for e in turn.events if isinstance(e, Cited) for n in e.unknown}
        blocks.extend(block for event in turn.events for block in _blocks(event, unknown))
        blocks.extend(f"*left the machine: {line}{_carried(line)}*" for line in ledger([turn]))
    return "\n\n".join(blocks) + "\n"


def json_lines(info: SessionInfo, turns: Iterable[Turn]) -> Iterator[bytes]:
    """One line for the session, then one for each turn with all its events."""
    yield msgspec.json.encode(info)
    for turn in turns:
        yield msgspec.json.encode(turn)


def _carried(line: Line) -> str:
    return f"; memories: {'; '.join(line.memories)}" if line.memories else ""


def _blocks(event: Event, unknown: Set[int]) -> list[str]:
    match event:
        case Thinking():
            return [_folded("Thinking", event.text.strip())]
        case Text():
            return [marked(event.text.strip(), lambda number: number not in unknown)]
        case Cited():
            return ["Sources:", "\n".join(_listed(name) for name in event.sources)]
        case ToolStarted():
            code = event.arguments.get("code")
            arguments = str(code) if code else msgspec.json.encode(event.arguments).decode()
            return [_fence(arguments, "python" if code else "json")]
        case ToolFinished():
            return [_fence(as_text(event.parts), "text")]
        case Recalled():
            return ["\n".join(f"- recalled: {memory.text}" for memory in event.memories)]
        case Notice():
            return [f"*{event.text}*"]
        case _:
            return []


def _listed(source: SourceName) -> str:
    title = re.sub(r"([\\`*_\[\]<>])", r"\\\1", source.title)
    return f"- [{source.number}] {title}: <{source.url.replace('>', '%3E')}>"


def _folded(summary: str, text: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{_fence(text, 'text')}\n\n</details>"


def _fence(text: str, language: str) -> str:
    """Fence untrusted text so that nothing in it can end the fence."""
    ticks = "```"
    while ticks in text:
        ticks += "`"
    return f"{ticks}{language}\n{text}\n{ticks}"


def _lines(info: SessionInfo, turns: Sequence[Turn]) -> str:
    return "".join(f"{line.decode()}\n" for line in json_lines(info, turns))


FORMATS: dict[str, Callable[[SessionInfo, Sequence[Turn]], str]] = {
    "md": markdown,
    "jsonl": _lines,
}
"""What a conversation can be written as, by the ending of the file."""


def write(path: Path, form: str, info: SessionInfo, turns: Sequence[Turn]) -> None:
    """Write a new file that its owner alone can read. Raises UsageError."""
    text = FORMATS[form](info, turns)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text.encode("utf-8", "replace"))
    except FileExistsError:
        raise UsageError(f"{path} exists already; say another name: /export {form} PATH") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
