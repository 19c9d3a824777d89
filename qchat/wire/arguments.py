"""The arguments of a call, as models and servers write them: one JSON object, more or less.

What a careful reader would understand is understood; what was cut off is not made up.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from qchat.wire.lenient_json import loads, python_value
from qchat.wire.relaxed_json import relaxed_object
from qchat.wire.surrogates import mended

MAX_REPAIRED = 200_000
"""Characters; longer text is read as JSON or not at all."""

_BOM = "\ufeff"
_NOTHING = frozenset({"", "null", "None", "{}", '""', "undefined"})
_TOKEN_TEXT = r"<\|[^\s<>|]{1,40}\|>"
_AROUND = re.compile(rf"\A(?:\s*{_TOKEN_TEXT})+|(?:{_TOKEN_TEXT}\s*)+\Z")
"""A model's own marks, which a parser has left at either end."""
_TAGGED = re.compile(r"\s*<(?:parameter=)?([\w.-]+)>(.*?)</(?:parameter|\1)>", re.S)
_WORDS = re.compile(r"[^{}\[\]\"<>]*(?=\{)")
_FENCE = re.compile(r"\A```\w*\s*(.*?)\s*```\Z", re.S)
_JUNK = re.compile(r"(?:\s|[}\]]|</?(?:tool_call|function|parameter)>|```|<\|im_end\|>)*\Z")
"""What may stand behind an object that is whole: brackets too many, and tags of its frame."""
_END_TAGS = re.compile(r"(?:\s*</(?:tool_call|function|parameter)>)+\Z")
_FIRST_KEY = re.compile(r'"[\w.-]+"\s*:')
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s"{}\[\]]+|"', re.S)
_CLOSERS = {"{": "}", "[": "]"}
_ENDS_VALUE = re.compile(r'(?:["}\]]|true|false|null)\Z')
_lax = json.JSONDecoder(strict=False)


def read_arguments(text: str, name: str = "", *, whole: bool = False) -> dict[str, Any] | None:
    """The arguments in a text; None where it holds no object, or one that was cut off.

    `name` is the tool's: some models write the call into its own arguments. `whole` tells that an
    end tag or a reason showed that the call was finished: then missing brackets were forgotten.
    """
    text = text.removeprefix(_BOM).strip()
    if "<|" in text:
        text = _AROUND.sub("", text).strip()
    if text in _NOTHING:
        return {}
    value = _unquoted(text)
    if isinstance(value, list):
        value = _from_list(value)
    if not isinstance(value, dict):
        value = next(_repaired(text, whole=whole), None) if len(text) <= MAX_REPAIRED else None
    if not isinstance(value, dict):
        return None
    halves = not text.isascii() or "\\u" in text
    return _unwrapped(_mended(value) if halves else value, name)


def bare_argument(text: str, schema: Mapping[str, Any]) -> str:
    """The arguments of a tool that needs one text alone, where that stands bare; else empty.

    Only for a call that is known to be whole: nothing in a bare text shows where it ends.
    """
    properties = schema.get("properties", {})
    names = schema.get("required") or (tuple(properties) if len(properties) == 1 else ())
    text = text.strip()
    if len(names) != 1 or properties.get(names[0], {}).get("type") != "string":
        return ""
    if fenced := _FENCE.match(text):
        text = fenced.group(1)
    elif text.startswith('"'):
        said = _loaded(text)
        text = said if isinstance(said, str) else ""
    if not text.strip() or text.lstrip().startswith(("{", "[", "<", '"', "“")):
        return ""  # something else that is broken
    return json.dumps({names[0]: text}, ensure_ascii=False)


def missing_end(text: str) -> str:
    """The brackets that a text lacks to be an object; empty where that is not all that it lacks."""
    opened: list[str] = []
    for token in _TOKENS.findall(text):
        if token == '"':
            return ""  # ends within a string
        if token in "{[":
            opened.append(_CLOSERS[token])
        elif token in "}]" and (not opened or opened.pop() != token):
            return ""
    if not opened or _ENDS_VALUE.search(text.rstrip()) is None:
        return ""
    closers = "".join(reversed(opened))
    return closers if isinstance(_loaded(text + closers), dict) else ""


def _from_list(values: list[Any]) -> object:
    """One object, or the fields of one, each told with its name."""
    names = [one.get("name") if isinstance(one, dict) else None for one in values]
    if (
        values
        and all(isinstance(n, str) for n in names)
        and all(one.keys() == {"name", "value"} for one in values)
    ):
        return {one["name"]: one["value"] for one in values}
    return values[0] if len(values) == 1 else None


def _unquoted(text: str) -> object:
    """Decode; some models and servers quote the object once more, or twice."""
    value = _loaded(text)
    for _ in range(3):
        if not isinstance(value, str):
            break
        value = _loaded(value.strip())
    return value


def _loaded(text: str) -> object:
    try:
        return loads(text)
    except ValueError:
        return None


def _repaired(text: str, *, whole: bool) -> Iterator[dict[str, Any]]:
    """The ways in which it may still be meant as an object, the surest first."""
    text = text if _TAGGED.match(text) else _END_TAGS.sub("", text)
    if (fenced := _FENCE.match(text)) and isinstance(value := _loaded(fenced.group(1)), dict):
        yield value
    objects, rest = _objects(text)
    if objects and _JUNK.match(rest):
        told = [one for one in objects if one]  # an empty one before it was a placeholder
        if all(one == told[0] for one in told):
            yield told[0] if told else {}
    if (grown := _grown(text)) is not None:
        yield grown
    if (tagged := _tagged(text)) is not None:
        yield tagged
    if _FIRST_KEY.match(text) and isinstance(value := _loaded("{" + text), dict):
        yield value  # the first bracket was lost
    if (
        text.startswith("{{")
        and text.endswith("}}")
        and isinstance(value := _loaded(text[1:-1]), dict)
    ):  # a template's way to write one bracket
        yield value
    if (words := _WORDS.match(text)) and words.group():
        value = _loaded(text[words.end() :])
        if isinstance(value, dict):
            yield value
    if (literal := _literal(text)) is not None:
        yield literal
    if whole and isinstance(value := _loaded(text + (missing_end(text) or "-")), dict):
        yield value


def _objects(text: str) -> tuple[list[dict[str, Any]], str]:
    """The objects that follow each other, and what stands behind them."""
    found: list[dict[str, Any]] = []
    at = 0
    while at < len(text):
        try:
            value, end = _lax.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        if not isinstance(value, dict):
            break
        found.append(value)
        at = end + len(text[end:]) - len(text[end:].lstrip())
    return found, text[at:]


def _grown(text: str) -> dict[str, Any] | None:
    """The last of pieces that each began anew, each a beginning of the last."""
    if missing_end(text):
        return None  # an object within one of the same fields, which was cut off
    start = text[:3]
    places = [at.start() for at in re.finditer(re.escape(start), text)]
    for place in reversed(places[1:]):
        last = text[place:]
        value = _loaded(last)
        if isinstance(value, dict):
            edges = [at for at in places if at <= place]
            pieces = [text[a:b] for a, b in pairwise(edges)]
            return value if all(last.startswith(piece) for piece in pieces) else None
    return None


def _tagged(text: str) -> dict[str, Any] | None:
    """Parameters as Qwen's XML has them, which a parser has handed on as they were."""
    found: dict[str, Any] = {}
    at = 0
    while parameter := _TAGGED.match(text, at):
        value = parameter.group(2)
        found[parameter.group(1)] = value.removeprefix("\n").removesuffix("\n")
        at = parameter.end()
    return found if found and not text[at:].strip() else None


def _literal(text: str) -> dict[str, Any] | None:
    """An object in another language's way: single quotes, True, bare names, comments."""
    if not text.startswith(("{", "//", "#", "/*")):
        return None
    value = python_value(text)
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        value = relaxed_object(text)
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return None
    return value


def _unwrapped(value: dict[str, Any], name: str) -> dict[str, Any]:
    """The arguments themselves where the call stands in its own arguments."""
    inner = value.get("arguments", value.get("parameters"))
    same = bool(name) and value.get("name") == name and len(value) == 2
    same = same or (bool(name) and len(value) == 1)
    return inner if same and isinstance(inner, dict) else value


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return mended(value)
    if isinstance(value, dict):
        return {mended(key): _mended(one) for key, one in value.items()}
    return [_mended(one) for one in value] if isinstance(value, list) else value
