"""The text of calls, in both of Qwen's ways to write it: JSON objects, or XML parameters.

Qwen3 writes `<tool_call>{"name": …, "arguments": {…}}</tool_call>`; Qwen3-Coder and 3.5 on write
`<function=NAME><parameter=ARG>VALUE</parameter></function>` within, strings raw and the rest as
JSON. Either forgets an end tag now and then, writes two calls into one tag, or has such tags in a
value.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from qchat.wire.arguments import read_arguments
from qchat.wire.lenient_json import loads
from qchat.wire.schema_arguments import fitted

CALL = "<tool_call>"
END_CALL = "</tool_call>"
FUNCTION = "<function="
END_FUNCTION = "</function>"
PARAMETER = "<parameter="
END_PARAMETER = "</parameter>"

Schemas = Mapping[str, Mapping[str, Any]]
"""The JSON schema of each offered tool's parameters, by the tool's name."""


class CallText(msgspec.Struct, frozen=True):
    """One call as read: `arguments` is JSON text, or what was written where that was no object."""

    name: str
    arguments: str
    whole: bool = True
    """Whether it was closed, or its object was; a call that was cut off is none."""


class Region(msgspec.Struct, frozen=True):
    """Where calls stand in a text: up to `end`. No calls: it only looked like some."""

    end: int
    calls: tuple[CallText, ...]


_NAME = re.compile(r"<function=([^>\n]*)>")
_KEY = re.compile(r"<parameter=([^>\n]*)>")
_ESCAPE = re.compile(r"\\.", re.S)
_TAG = re.compile(r"(?:(?P<line>\n[ \t]*)|)(?P<tag></?(?:parameter|function)(?==[^>\n]*>|>))")
_BEHIND_VALUE = (PARAMETER, END_FUNCTION, END_CALL, CALL, FUNCTION)
_BEHIND_FUNCTION = (FUNCTION, END_CALL, CALL)
_NAMES = ("name", "function", "tool", "tool_name", "function_name", "action")
_ARGUMENTS = (
    "arguments", "parameters", "args", "input", "tool_input", "action_input", "function_args",
    "kwargs", "params",
)  # fmt: skip
"""How models call the two parts of a call. Where none of the latter is there, all else is it."""
_BROKEN = re.compile(
    r'\{\s*"name"\s*:\s*"([^"\\]+)"\s*,\s*"(?:arguments|parameters)"\s*:\s*(\{.*\})\s*\}', re.S
)
"""A call whose end is there, so that what is wrong stands in its arguments."""
_JSON_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
    (type(None), "null"),
)
_lax = json.JSONDecoder(strict=False)


def begins_call(text: str) -> bool | None:
    """Tell whether what follows `<tool_call>` is a call or only talk about one; None: not yet."""
    start = text.lstrip()
    if start.startswith(("{", "[{", "```", FUNCTION)):
        return True
    return None if any(begin.startswith(start) for begin in ("[{", "```", FUNCTION)) else False


def read_region(text: str, schemas: Schemas, searched: int, *, final: bool) -> Region | None:
    """Read the calls at the start of a text; None while more of it is needed.

    `text` begins with `<tool_call>` or `<function=`; up to `searched` no end was found before.
    `final`: nothing more comes.
    """
    opened = text.startswith(CALL)
    inner = len(CALL) if opened else 0
    inner += len(text[inner:]) - len(text[inner:].lstrip())
    if text.startswith(FUNCTION, inner):
        return _Functions(text, schemas, opened=opened, final=final).read(inner)
    region = _read_json_region(text, inner, searched, final=final)
    if region is None or all(call.whole for call in region.calls):
        return region
    return Region(region.end, tuple(mended_call(call, schemas) for call in region.calls))


# JSON


def _read_json_region(text: str, start: int, searched: int, *, final: bool) -> Region | None:
    for tag in re.finditer(f"{END_CALL}|{CALL}", text[max(start, searched) :]):
        at = max(start, searched) + tag.start()
        if _inside_string(text[start:at]):
            continue
        end = at + len(tag.group())
        if tag.group() == CALL:
            # The next call, where the end tag was forgotten; or a second tag in its place.
            next_one = begins_call(text[end:])
            if next_one is None and not final:
                return None
            end = at if next_one else end
        return Region(end, calls_in(text[start:at], closed=True))
    if not final:
        return None
    calls = calls_in(text[start:], closed=False)
    if any(call.whole for call in calls):
        return Region(len(text), calls)
    # Broken within a string: its first end tag is the best guess at where it was meant to end.
    at = text.find(END_CALL, start)
    if at < 0:
        return Region(len(text), calls)
    return Region(at + len(END_CALL), calls_in(text[start:at], closed=True))


def _inside_string(body: str) -> bool:
    return _ESCAPE.sub("", body).count('"') % 2 == 1


def calls_in(body: str, *, closed: bool) -> tuple[CallText, ...]:
    """The calls that one tag holds; most often one. `closed`: its end tag was there."""
    body = body.strip().removeprefix("```json").strip("`").strip()
    found: list[object] = []
    at = 0
    while at < len(body):
        try:
            value, at = _lax.raw_decode(body, at)
        except (ValueError, RecursionError):
            break
        found += value if isinstance(value, list) else [value]
        while at < len(body) and body[at] in " \r\n\t,;}":
            at += 1
    read = tuple(call for value in found if (call := _call(value)) is not None)
    if read and at == len(body):
        return read
    repaired = _call(read_arguments(body, whole=closed)) if not read else None
    if repaired is not None:
        return (repaired,)
    if read:
        return read  # and what stands behind them is nothing that could be read
    return (CallText(_name_in(body), body, whole=False),)


def _call(value: object) -> CallText | None:
    if not isinstance(value, dict):
        return None
    function = value.get("function")
    if isinstance(function, dict):
        value = function
    name = next((value[key] for key in _NAMES if value.get(key)), None)
    if not isinstance(name, str):
        return None
    beside = {key: value[key] for key in value if key not in (*_NAMES, "type", "id")}
    arguments: object = next((value[key] for key in _ARGUMENTS if key in value), beside)
    if isinstance(arguments, str):  # some models quote the object once more
        read = read_arguments(arguments, name)
        return CallText(name, arguments if read is None else json.dumps(read, ensure_ascii=False))
    return CallText(name, json.dumps({} if arguments is None else arguments, ensure_ascii=False))


def mended_call(call: CallText, schemas: Schemas) -> CallText:
    """A call that stands closed and could not be read, read by the schema of its tool."""
    if call.whole:
        return call
    text = call.arguments.strip()
    value = read_arguments(text)
    if value and len(value) == 1:  # the name alone in place of its field
        ((name, inner),) = value.items()
        if name in schemas and isinstance(inner, dict):
            return CallText(name, json.dumps(inner, ensure_ascii=False))
    found = _BROKEN.fullmatch(text)
    if found is None:
        return call
    name = found.group(1)
    meant = fitted(found.group(2), name, schemas.get(name, {}), whole=True)
    return CallText(name, meant) if meant else call


def _name_in(body: str) -> str:
    """The name in a call that is broken further on, so that the model can be told which one."""
    found = re.match(r'\{\s*"name"\s*:\s*"([^"\\]*)"', body)
    return found.group(1) if found else ""


# XML


class _Unfinished(Exception):
    """More of the text is needed."""


class _NoCall(Exception):
    """What stood up to `end` is no call."""

    def __init__(self, end: int) -> None:
        super().__init__()
        self.end = end


class _Functions:
    """Reads `<function=…>` blocks that follow each other, with or without `<tool_call>` around."""

    def __init__(self, text: str, schemas: Schemas, *, opened: bool, final: bool) -> None:
        self._text = text
        self._schemas = schemas
        self._opened = opened
        self._final = final

    def read(self, at: int) -> Region | None:
        """All of them; None while more text is needed."""
        calls: list[CallText] = []
        try:
            while self._text.startswith(FUNCTION, at):
                call, at = self._function(at)
                calls.append(call)
                if not call.whole:
                    return Region(at, tuple(calls))
                behind = self._behind(at, _BEHIND_FUNCTION)
                if self._text.startswith(END_CALL, behind):
                    return Region(behind + len(END_CALL), tuple(calls))
                if not self._text.startswith(FUNCTION, behind):
                    break
                at = behind
        except _Unfinished:
            return None
        except _NoCall as no:
            return Region(at if calls else no.end, tuple(calls))
        return Region(at, tuple(calls))

    def _function(self, at: int) -> tuple[CallText, int]:
        """One function and where it ends."""
        named = _NAME.match(self._text, at)
        if named is None:
            self._more_or(self._text.find("\n", at) < 0)
            raise _NoCall(at + len(FUNCTION))
        name = named.group(1).strip().strip("\"'")
        properties = self._schemas.get(name, {}).get("properties", {})
        arguments: dict[str, object] = {}
        place = named.end()
        while True:
            place = self._behind(place, _BEHIND_VALUE)
            if (key := _KEY.match(self._text, place)) is None:
                break
            word = key.group(1).strip().strip("\"'")
            others = set(properties) - set(arguments) - {word}
            raw, place, whole = self._value(key.end(), others)
            if not whole:
                return CallText(name, self._text[at:].strip(), whole=False), len(self._text)
            arguments[word] = value_of(raw, properties.get(word))
        end, inner = self._end(place)
        if end < 0:
            return CallText(name, self._text[at:].strip(), whole=False), len(self._text)
        if not arguments and inner:  # the object itself between the tags, or a bare text
            return CallText(name, inner), end
        return CallText(name, json.dumps(arguments, ensure_ascii=False)), end

    def _end(self, place: int) -> tuple[int, str]:
        """Where a function ends whose parameters end at a place, and what else it holds."""
        tags = [(self._text.find(tag, place), tag) for tag in (END_FUNCTION, END_CALL, CALL)]
        found = [(at, tag) for at, tag in tags if at >= 0]
        self._more_or(not found)
        if not found:
            return -1, ""
        at, tag = min(found)
        return at + (len(tag) if tag == END_FUNCTION else 0), self._text[place:at].strip()

    def _value(self, start: int, others: set[str]) -> tuple[str, int, bool]:
        """A value, where it ends, and whether it did; `others` are parameters yet to come.

        A value on lines of its own ends with such a line; tags within it are its text. Tags that
        are opened within it are closed within it; one that is not ends with what is around it.
        """
        text, opened = self._text, list[str]()
        own_lines = text.startswith(("\n", "\r\n"), start)
        for found in _TAG.finditer(text, start):
            at, tag = found.start("tag"), found.group("tag")
            kind = tag.strip("</")
            if found.group("line") is None and (own_lines or tag != "</parameter" or opened):
                continue
            if not tag.startswith("</"):
                key = _KEY.match(text, at)
                if not opened and key is not None and key.group(1).strip() in others:
                    return text[start:at], at, True  # the end tag was forgotten
                opened.append(kind)
            elif kind in opened:
                while opened.pop() != kind:
                    pass
            elif tag == "</parameter" and self._ends(at + len(END_PARAMETER)):
                return text[start:at].rstrip(" \t"), at + len(END_PARAMETER), True
            elif tag == "</function" and self._closes(at + len(END_FUNCTION)):
                return text[start:at].rstrip(" \t"), at, True  # the end tag was forgotten
        self._more_or(condition=True)
        return "", len(text), False

    def _closes(self, at: int) -> bool:
        """Whether the whole call ends behind a function's end tag."""
        behind = self._behind(at, (END_CALL,))
        return self._text.startswith(END_CALL, behind) or behind == len(self._text)

    def _ends(self, at: int) -> bool:
        """Whether what follows an end tag shows that it is one, and not a part of the value."""
        behind = self._behind(at, _BEHIND_VALUE)
        return self._text.startswith(_BEHIND_VALUE, behind) or behind == len(self._text)

    def _behind(self, at: int, tags: tuple[str, ...]) -> int:
        """The next place that is not blank. Raises _Unfinished where a tag may yet begin there."""
        rest = self._text[at:].lstrip()
        self._more_or(any(tag.startswith(rest) and tag != rest for tag in tags))
        return len(self._text) - len(rest)

    def _more_or(self, condition: bool) -> None:
        if condition and not self._final:
            raise _Unfinished


def value_of(raw: str, schema: object) -> object:
    """Read one value by its declared type; what does not fit stays text, for the tool to refuse."""
    end = "\r\n" if raw.startswith("\r\n") and raw.endswith("\r\n") else "\n"
    text = raw.removeprefix(end).removesuffix(end)
    types = set(_types(schema))
    if types <= {"string"}:
        return text
    try:
        value = loads(text.strip())
    except ValueError:
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
