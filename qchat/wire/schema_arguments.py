"""Arguments that are read by the schema of their tool, where they cannot be read by themselves.

What stands around them is taken away, and quotes within a string that nobody escaped are read as
what they are. The names of the tool's parameters show where a value begins and ends.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from qchat.wire.arguments import read_arguments
from qchat.wire.lenient_json import loads

Schema = Mapping[str, Any]
MAX_DEPTH = 3
_QUOTE = re.compile(r'(?<!\\)((?:\\\\)*)"')


def fitted(text: str, name: str, schema: Schema, *, whole: bool) -> str:
    """The arguments that a text means, as JSON; empty where it is right as it stands, or unclear.

    `whole` tells that the call is known to be complete: a text in which the quotes are wrong does
    not show it.
    """
    properties = schema.get("properties", {})
    if not properties:
        return ""
    value = read_arguments(text, name)
    if value is None:
        value = _meant(text, name, properties) if whole else None
    elif not value or properties.keys() & value.keys():
        return ""
    else:
        found = [inner for inner in _within(value) if _fits(inner, schema)]
        value = found[0] if found and all(inner == found[0] for inner in found) else None
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _meant(text: str, name: str, properties: Mapping[str, Any]) -> dict[str, Any] | None:
    """The object in a text with bare quotes, or without its brackets."""
    inner = read_arguments("{" + text + "}", name) if text.lstrip().startswith('"') else None
    return inner if inner and inner.keys() <= properties.keys() else _with_quotes(text, properties)


def _within(value: Mapping[str, Any], depth: int = MAX_DEPTH) -> Iterator[dict[str, Any]]:
    """The objects that stand in another one, also as text."""
    for one in value.values():
        inner = read_arguments(one) if isinstance(one, str) and one.lstrip()[:1] == "{" else one
        if isinstance(inner, dict) and depth:
            yield inner
            yield from _within(inner, depth - 1)


def _fits(value: Mapping[str, Any], schema: Schema) -> bool:
    return (
        bool(value)
        and value.keys() <= schema["properties"].keys()
        and value.keys() >= set(schema.get("required", ()))
    )


def _with_quotes(text: str, properties: Mapping[str, Any]) -> dict[str, Any] | None:
    """The object in a text whose strings hold bare quotes; None where it cannot be told apart."""
    names = "|".join(map(re.escape, properties))
    inner = re.fullmatch(r"\s*\{(.*)\}\s*", text, re.S)
    if inner is None:
        return None
    keys = list(re.finditer(rf'(?:\A|,)\s*"({names})"\s*:\s*', inner.group(1)))
    if not keys or keys[0].start() or len({key.group(1) for key in keys}) < len(keys):
        return None
    ends = [*(key.start() for key in keys[1:]), len(inner.group(1))]
    found: dict[str, Any] = {}
    for key, end in zip(keys, ends, strict=True):
        raw = inner.group(1)[key.end() : end].strip()
        value = _value(raw)
        if value is None and raw != "null":
            return None
        found[key.group(1)] = value
    return found


def _value(raw: str) -> Any:
    if len(raw) >= 2 and raw[0] == raw[-1] == '"':
        raw = '"' + _QUOTE.sub(r'\1\\"', raw[1:-1]) + '"'
    try:
        return loads(raw)
    except ValueError:
        return None
