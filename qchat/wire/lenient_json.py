"""JSON as servers write it: each field is read for itself, and costs at most itself.

Strict readers lose a whole reply to one field of another type. Nothing in here raises for what
comes from outside.
"""

import ast
import json
import re
import warnings
from collections.abc import Iterable
from typing import Any, ClassVar

import msgspec

from qchat.wire.surrogates import mended

Json = dict[str, Any]

DONE = "[DONE]"
"""What ends a stream of chunks; also the value that `documents` gives for it."""

MAX_PYTHON = 200_000
"""Characters; its parser is slow, and nothing honest is longer."""

_decode = msgspec.json.Decoder().decode
_lax = json.JSONDecoder(strict=False)
_AGAIN = re.compile(r"(?:[\s,]|\\[nr]|data:)*")
"""What may stand between two values, where a server lost the line break between two frames or wrote
it as it stands in code; or behind them."""


def loads(text: str) -> object:
    """Decode JSON, also with raw line breaks in strings and halves of characters.

    Raises ValueError.
    """
    try:
        return _decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    try:
        return json.loads(text, strict=False)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


class _Words(ast.NodeTransformer):
    """JSON's words among Python's, and names of fields without their quotes."""

    WORDS: ClassVar[dict[str, bool | None]] = {"true": True, "false": False, "null": None}

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Constant(self.WORDS[node.id]) if node.id in self.WORDS else node

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        keys = [ast.Constant(key.id) if isinstance(key, ast.Name) else key for key in node.keys]
        return self.generic_visit(ast.Dict(keys, node.values))


def python_value(text: str) -> object:
    """The value of a text as Python prints it, or as JavaScript has it; None where it is none."""
    if len(text) > MAX_PYTHON:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that Python does not know
            return ast.literal_eval(_Words().visit(ast.parse(text, mode="eval")))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None


def value_in(text: str) -> object:
    """The one value of a frame that is no JSON but meant as an object; None where there is none.

    Some proxies print the object in Python's way, or leave a last comma.
    """
    value = python_value(text.strip()) if text.lstrip().startswith("{") else None
    return value if isinstance(value, dict) else None


def documents(text: str) -> tuple[list[Any], str]:
    """All values in one frame, in order, and what is left that is none.

    A frame should hold one. Where a line break was lost between frames it holds more.
    """
    try:
        return [_decode(text)], ""
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    values: list[Any] = []
    at = _start(text, 0)
    while at < len(text):
        if text[at : at + len(DONE)].upper() == DONE:
            values.append(DONE)
            at = _start(text, at + len(DONE))
            continue
        try:
            value, at = _lax.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        values.append(value)
        at = _start(text, at)
    return values, text[at:]


def _start(text: str, at: int) -> int:
    found = _AGAIN.match(text, at)
    return found.end() if found else at


def mapping(value: object) -> Json:
    """The object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> Iterable[Any]:
    """The elements of a list; a single object is a list of one, or has them by their numbers."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and value and all(key.isdecimal() for key in value):
        return value.values()
    return (value,) if isinstance(value, dict) else ()


def word(value: object) -> str:
    """A name, an id or a reason: text, also where it came as a number."""
    if isinstance(value, str):
        return mended(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def count(value: object) -> int | None:
    """A number of things, also as a float or as text; None for what is no such number."""
    if isinstance(value, bool):
        return None
    try:
        number = int(float(value)) if isinstance(value, int | float | str) else -1
    except (ValueError, OverflowError):
        return None
    return number if number >= 0 else None


def rate(value: object) -> float:
    """A speed; 0 for what is none."""
    try:
        number = float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return 0.0
    return number if 0 < number < float("inf") else 0.0
