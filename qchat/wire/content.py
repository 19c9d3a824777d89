"""What a field of text holds: a text, a list of parts, or an object around either."""

from collections.abc import Iterator
from typing import Any, Literal

from qchat.wire.calls import Fragment, text_of
from qchat.wire.lenient_json import word

Part = tuple[Literal["text", "thinking"], str]

_INNER = (
    "text",
    "content",
    "thinking",
    "reasoning",
    "reasoning_content",
    "summary",
    "value",
    "parts",
)
"""Keys under which a text stands, first of all the most direct."""
MAX_DEPTH = 6


class Unreadable(Exception):
    """A value that should hold text, and holds none that could be read."""


def text_in(value: Any, depth: int = 0) -> str:
    """The text in a value of any shape. Raises Unreadable where there should be some."""
    if isinstance(value, str):
        return value
    if value is None or value is False or depth > MAX_DEPTH:
        return ""
    if isinstance(value, list):
        return "".join(text_in(one, depth + 1) for one in value)
    if isinstance(value, dict):
        found = next((value[key] for key in _INNER if value.get(key)), None)
        return text_in(found, depth + 1)
    if isinstance(value, int | float) and value is not True:
        return word(value)
    raise Unreadable(repr(value))


def parts_in(value: Any) -> Iterator[Part | Fragment]:
    """The parts of a message's content, in order. Raises Unreadable likewise."""
    if not isinstance(value, list | dict):
        if text := text_in(value):
            yield ("text", text)
        return
    for part in [value] if isinstance(value, dict) else value:
        if not isinstance(part, dict):
            yield ("text", text_in(part))
            continue
        kind = word(part.get("type"))
        if kind in ("tool_use", "tool_call", "function_call") and part.get("name"):
            given = part.get("input", part.get("arguments"))
            yield Fragment(None, word(part.get("id")), word(part["name"]), text_of(given))
        elif "think" in kind or "reason" in kind or "summary" in kind:
            yield ("thinking", text_in(part))
        else:
            yield ("text", text_in(part))


def first_text(values: dict[str, Any], names: tuple[str, ...]) -> tuple[str, str]:
    """The first of several fields that says something, and its text. Raises Unreadable."""
    for name in names:
        value = values.get(name)
        if value and (text := text_in(value)):
            return name, text
    return "", ""
