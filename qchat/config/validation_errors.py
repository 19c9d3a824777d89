"""A mistake in `config.toml` in the words of the settings, not of the library that found it."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from qchat.runtime.language import tr

Raw = Mapping[str, Any]
_UNKNOWN = re.compile("Object contains unknown field `(.*)`", re.S)
_MISSING = re.compile("Object missing required field `(.*)`")
_WRONG = re.compile(r"Expected `([^`]*)`(?: (?P<bound>[<>]=? \S+))?")
_AT_LINE = re.compile(r"at line (\d+)")
_BARE_TEXT = re.compile(r"\s*([\w.-]+)\s*=\s*(?!(?:true|false|inf|nan)\b)(?:[^\W\d]|[~/])")
"""A key and a text without quotes, as most people write it who do not know TOML."""
WORDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "array": "a list, like [\"a\", \"b\"]",
    "object": "a table",
}  # fmt: skip


class Mistake(msgspec.Struct, frozen=True):
    """What is wrong, and at which key; the key is empty for the file as a whole."""

    key: tuple[str, ...]
    text: str


def mistake(error: msgspec.ValidationError, raw: Raw, settings: type) -> Mistake:
    """Read an error of msgspec, which says "… - at `$.a.b`", for values like `raw`."""
    message, _, place = str(error).partition(" - at `$.")
    path = place.rstrip("`").replace("[...]", ".*")
    tables = path.partition(".*")[0]  # msgspec does not say which of them
    name = _first_wrong(tables, raw, settings) if ".*" in path else ""
    keys = tuple(name if part == "*" else part for part in path.split(".") if part)
    key = ".".join(keys)
    if unknown := _UNKNOWN.fullmatch(message):
        return _unknown((*keys, unknown[1]), _fields(path, settings))
    if missing := _MISSING.fullmatch(message):
        return Mistake(
            keys,
            tr(
                "{key} needs {missing}{settings}",
                key=key,
                missing=missing[1],
                settings=_choices(f"{path}.{missing[1]}", settings),
            ),
        )
    given = _at(raw, keys)
    shown = tr(", not {given}", given=_shown(given)) if given is not None else ""
    if message.startswith("Invalid enum value"):
        known = ", ".join(map(str, _allowed(path, settings)))
        return Mistake(
            keys, tr("{key} must be one of {known}{shown}", key=key, known=known, shown=shown)
        )
    if wrong := _WRONG.match(message):
        bound = wrong["bound"] or ""
        limit = f" {_bound(bound)}" if bound else ""
        words = tr(" or ").join(tr(WORDS.get(kind, kind)) for kind in wrong[1].split(" | "))
        return Mistake(
            keys,
            tr(
                "{key} must be {words}{limit}{shown}",
                key=key,
                words=words,
                limit=limit,
                shown=shown,
            ),
        )
    return Mistake(keys, f"{key}: {message}" if key else message)


def _unknown(keys: tuple[str, ...], known: list[str]) -> Mistake:
    near = get_close_matches(keys[-1], known, 1, cutoff=0.6)
    meant = tr(" (did you mean {near}?)", near=".".join((*keys[:-1], near[0]))) if near else ""
    return Mistake(keys, tr("unknown setting {keys}{meant}", keys=".".join(keys), meant=meant))


def _bound(text: str) -> str:
    """`>= 0` in words."""
    sign, value = text.split()
    number = value.removesuffix(".0")
    words = {
        ">=": tr("from {number} on", number=number),
        ">": tr("above {number}", number=number),
        "<=": tr("up to {number}", number=number),
        "<": tr("below {number}", number=number),
    }
    return words[sign]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "a table" if isinstance(value, dict) else repr(value)[:60]


def _at(raw: Raw, keys: Iterable[str]) -> object:
    """The value at a key; None where there is none."""
    value: object = raw
    for part in keys:
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def _first_wrong(tables: str, raw: Raw, settings: type) -> str:
    """The name of the user's table that cannot be read; `*` where it is none of those."""
    kind = get_args(get_type_hints(settings).get(tables, dict[str, str]))[-1:]
    found = _at(raw, tables.split("."))
    for name, table in found.items() if isinstance(found, Mapping) else ():
        try:
            msgspec.convert(table, kind[0])
        except msgspec.ValidationError:
            return str(name)
    return "*"


def _kind(path: str, settings: type) -> Any:
    """The type of the setting at a path, in which `*` stands for any name."""
    kind: Any = settings
    for key in path.split(".") if path else ():
        kind = get_args(kind)[-1] if key == "*" else get_type_hints(kind).get(key, str)
    return kind


def _fields(path: str, settings: type) -> list[str]:
    kind = _kind(path, settings)
    return [*get_type_hints(kind)] if isinstance(kind, type) else []


def _allowed(path: str, settings: type) -> tuple[Any, ...]:
    """The words that the key there may have."""
    kind = _kind(path, settings)
    return get_args(kind) if get_origin(kind) is Literal else ()


def _choices(path: str, settings: type) -> str:
    found = _allowed(path, settings)
    return tr(": one of {found}", found=", ".join(map(str, found))) if found else ""


def unquoted(text: str, error: str) -> str:
    """What to do where the line at fault is a text without quotes; its value may be a key."""
    at = _AT_LINE.search(error)
    lines = text.split("\n")
    line = lines[int(at[1]) - 1] if at and int(at[1]) <= len(lines) else ""
    bare = _BARE_TEXT.match(line)
    if bare is None:
        return ""
    return tr('; texts stand in quotes: {key} = "…"', key=bare[1])
