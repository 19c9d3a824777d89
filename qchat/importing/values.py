"""Values from files of strangers: each may be missing, of another kind, or beyond all use."""

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Any

MAX_CHARACTERS = 10_000_000
"""Of one text; more is cut, and says so."""
_EARLIEST = 0.0
_LATEST = 4_102_444_800.0  # 2100: later dates are mistakes, and `datetime` ends at 9999
_TOO_LARGE_FOR_SECONDS = 100_000_000_000.0


def text(value: object) -> str:
    """A text that can be stored and shown; empty for what is none."""
    if not isinstance(value, str):
        return ""
    if len(value) > MAX_CHARACTERS:
        left_out = len(value) - MAX_CHARACTERS
        value = f"{value[:MAX_CHARACTERS]}\n[{left_out} characters left out]"
    if value.isascii():
        return value.replace("\0", "\ufffd") if "\0" in value else value
    whole = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "\ufffd")


def fields(value: object) -> Mapping[str, Any]:
    """An object's fields; none for what is no object."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> Sequence[Any]:
    """A list's items; none for what is no list."""
    return value if isinstance(value, list) else ()


def identifier(value: object) -> str:
    """An id as text: some programs count instead of naming."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(value)


def moment(value: object) -> float:
    """Seconds of Unix time from seconds, milliseconds or finer, or ISO 8601; 0 for what is none."""
    if isinstance(value, bool) or value is None:
        return 0.0
    if isinstance(value, int | float):
        return _seconds(value)
    if not isinstance(value, str):
        return 0.0
    try:
        return _seconds(float(value))
    except ValueError:
        pass
    try:
        when = datetime.datetime.fromisoformat(value.strip())
        if when.tzinfo is None:
            when = when.replace(tzinfo=datetime.UTC)
        return _seconds(when.timestamp())
    except (ValueError, OverflowError):
        return 0.0


def _seconds(number: float) -> float:
    try:
        value = float(number)
    except OverflowError:
        return 0.0
    if not math.isfinite(value):
        return 0.0
    while value > _TOO_LARGE_FOR_SECONDS:
        value /= 1000
        if value > _TOO_LARGE_FOR_SECONDS**2:
            return 0.0
    return value if _EARLIEST < value < _LATEST else 0.0
