"""The sentences in which tools report to the model, in one place: the demo model learns them.

Change a sentence here and the demo model must be trained again (`make demo-model`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from qchat_tools.parts import SourcePart, TextPart, defused

NO_OUTPUT = "(no output)"
NO_RESULTS = "No results."
NO_MEMORY = "No memory fits."


class Past(NamedTuple):
    """What a memory said before it was replaced, and when that was said."""

    date: str
    text: str


class Found(NamedTuple):
    """A memory as a search shows it."""

    id: str
    date: str
    text: str
    past: Past | None = None


class Known(NamedTuple):
    """A memory as it stands beside a prompt."""

    date: str
    text: str
    past: Past | None = None


def error(message: str) -> TextPart:
    """A failure, as the model reads it: one line that starts with `Error:`."""
    return TextPart(f"Error: {message}", "error")


def python_error(name: str, message: str, line_number: int, line: str) -> TextPart:
    """An exception in the user's kernel: what, and at which line of the cell (0: unknown)."""
    what = f"Error: {name}: {message}" if message else f"Error: {name}"
    where = f"\nline {line_number}: {line.strip()}" if line_number else ""
    return TextPart(what + where, "error")


def no_network(what: str) -> str:
    """What a tool says when this machine cannot reach the web at all."""
    return f"{what} failed: no network"


def saved(memory_id: str, text: str) -> TextPart:
    """A memory that was kept, with the id by which it can be updated or forgotten."""
    return TextPart(f"Saved [{memory_id}]: {text}")


def updated(memory_id: str, text: str, past: Past) -> TextPart:
    """A memory that took the place of an older one, which is kept as its past."""
    return TextPart(f"Updated [{memory_id}]: {text}{_before(past)}")


def forgotten(memory_id: str, text: str) -> TextPart:
    """A memory that is gone."""
    return TextPart(f"Forgotten [{memory_id}]: {text}")


def found(memories: Iterable[Found | tuple[str, str, str]]) -> TextPart:
    """Memories that a search found, best first: id, date said, text, and what it replaced."""
    rows = [Found(*memory) for memory in memories]
    lines = [f"[{row.id}] {row.date}: {row.text}{_before(row.past)}" for row in rows]
    return TextPart("\n".join(lines) or NO_MEMORY)


def recalled(memories: Iterable[Known | tuple[str, str]]) -> str:
    """The block that ends a user's message: memories that may help, each with its date."""
    rows = [Known(*memory) for memory in memories]
    lines = "\n".join(f"{row.date}: {defused(row.text + _before(row.past))}" for row in rows)
    return f"\n\n<recalled_memories>\n{lines}\n</recalled_memories>" if rows else ""


def attached(name: str, text: str) -> str:
    """A text that the user put beside a prompt, in a fence that it cannot close."""
    fence = "`" * max([2, *map(len, re.findall("`+", text))]) + "`"
    return f"\n\nAttached file {defused(name)}:\n{fence}\n{defused(text)}\n{fence}"


def told(text: str) -> str:
    """What qchat says to the model by itself, and the user did not."""
    return f"[qchat] {defused(text)}"


def not_reached(by: str, evidence: str) -> str:
    """How a check of the goal went that the work still has to pass."""
    return f"The goal is not reached yet, as was checked by {by}: {evidence}\nGo on."


def used_by_user(name: str, arguments: Mapping[str, Any], result: str) -> str:
    """A tool that the user used without the model: what was asked of it, and what came of it."""
    asked = msgspec.json.encode(arguments).decode()
    return f"I used the tool {name} myself, with {asked}. It gave back:\n\n{result}"


def search_results(sources: list[SourcePart]) -> list[TextPart | SourcePart]:
    """What a web search gives back: the sources by number, or one line that there are none."""
    return [*sources] or [TextPart(NO_RESULTS)]


def page(source: SourcePart) -> list[TextPart | SourcePart]:
    """What reading one page gives back: the page as a source."""
    return [source]


def _before(past: Past | None) -> str:
    return f" (before, {past.date}: {past.text})" if past is not None else ""
