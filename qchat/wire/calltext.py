"""The text of one call, in both of Qwen's ways to write it: a JSON object, or XML parameters.

Qwen3 writes `{"name": …, "arguments": {…}}`; Qwen3-Coder and 3.5 on write
`<function=NAME><parameter=ARG>VALUE</parameter></function>` with strings raw and the rest as JSON.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

CALL = "<tool_call>"
END_CALL = "</tool_call>"
FUNCTION = "<function="

Schemas = Mapping[str, Mapping[str, Any]]
"""The JSON schema of each offered tool's parameters, by the tool's name."""

_NAME = re.compile(r"<function=([^>\n]*)>")
_PARAMETER = re.compile(r"<parameter=([^>\n]*)>(.*?)(?:</parameter>|(?=\n<parameter=)|\Z)", re.S)
_ESCAPE = re.compile(r"\\.", re.S)
_JSON_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
    (type(None), "null"),
)


def begins_call(text: str) -> bool | None:
    """Tell whether what follows `<tool_call>` is a call or only talk about one; None: not yet."""
    start = text.lstrip()
    if start.startswith(("{", FUNCTION)):
        return True
    return None if FUNCTION.startswith(start) else False


def end_of_call(text: str, searched: int) -> tuple[int, int]:
    """Find where a call ends and what follows it begins; (-1, -1) while it goes on.

    A tag inside a JSON string or an XML value is part of the call. The next call's tag ends this
    one too: some models forget the end tag.
    """
    for tag in re.finditer(f"{END_CALL}|{CALL}", text[searched:]):
        at = searched + tag.start()
        if not _inside_value(text[:at]):
            return at, searched + tag.end() if tag.group() == END_CALL else at
    return -1, -1


def end_of_cut_call(text: str) -> tuple[int, int]:
    """Where a call ends that the reply's end cut off.

    If that is inside a value, the call is broken, and its first end tag is the best guess.
    """
    at = text.find(END_CALL)
    if at >= 0 and _inside_value(text):
        return at, at + len(END_CALL)
    return len(text), len(text)


def _inside_value(body: str) -> bool:
    if body.lstrip().startswith("{"):
        return _ESCAPE.sub("", body).count('"') % 2 == 1
    return body.rfind("<parameter=") > body.rfind("</parameter>")


def read_call(body: str, schemas: Schemas) -> tuple[str, str]:
    """Read a call's name and its arguments as JSON text; text that is no call stays as it is."""
    body = body.strip()
    return _read_json(body) if body.startswith("{") else _read_xml(body, schemas)


def _read_json(body: str) -> tuple[str, str]:
    try:
        call = json.loads(body, strict=False)
    except (ValueError, RecursionError):
        return _name_in(body), body
    name, arguments = call.get("name"), call.get("arguments", {})
    if not isinstance(name, str):
        return "", body
    if isinstance(arguments, str):  # some models quote the object once more
        return name, arguments
    return name, json.dumps(arguments, ensure_ascii=False)


def _name_in(body: str) -> str:
    """The name in a call that is broken further on, so that the model can be told which one."""
    found = re.match(r'\{\s*"name"\s*:\s*"([^"\\]*)"', body)
    return found.group(1) if found else ""


def _read_xml(body: str, schemas: Schemas) -> tuple[str, str]:
    found = _NAME.match(body)
    if found is None:
        return "", body
    name = found.group(1).strip()
    inner, end, _ = body[found.end() :].rpartition("</function>")
    if not end:
        inner = body[found.end() :]
        if _inside_value(inner):
            return name, body
    properties = schemas.get(name, {}).get("properties", {})
    arguments = {
        key.strip(): _value(raw, properties.get(key.strip()))
        for key, raw in _PARAMETER.findall(inner)
    }
    return name, json.dumps(arguments, ensure_ascii=False)


def _value(raw: str, schema: object) -> object:
    """Read one value by its declared type; what does not fit stays text, for the tool to refuse."""
    text = raw.removeprefix("\n").removesuffix("\n")
    types = set(_types(schema))
    if types <= {"string"}:
        return text
    try:
        value = json.loads(text.strip())
    except (ValueError, RecursionError):
        python_words = {"True": True, "False": False, "None": None}
        return python_words.get(text.strip(), text)
    fits = {name for kind, name in _JSON_TYPES if isinstance(value, kind)} & types
    return value if fits or "string" not in types else text


def _types(schema: object) -> Iterable[str]:
    """Every type that a schema allows; nothing for a parameter that was not declared."""
    if not isinstance(schema, Mapping):
        return
    declared = schema.get("type", ())
    yield from (declared,) if isinstance(declared, str) else declared
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _types(choice)
    if "$ref" in schema:
        yield "object"
    yield from (_type_of(value) for value in schema.get("enum", ()))


def _type_of(value: object) -> str:
    return next((name for kind, name in _JSON_TYPES if isinstance(value, kind)), "string")
