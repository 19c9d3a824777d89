"""How long a server wants to be left alone, in whatever way it says so."""

import re
from contextlib import suppress
from email.utils import parsedate_to_datetime
from time import time

import httpx

_TIME = r"(\d+(?:\.\d+)?)\s*(ms|s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?)(?![a-z])"
_WISH = re.compile(rf"\b(?:try(?: again)?|retry|wait)\b[^\d.]{{0,20}}((?:{_TIME}[\s,]*)+)", re.I)
"""Try again in 7m12.5s; retry after 20 seconds."""
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_RESETS = ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens", "ratelimit-reset")
_FIELDS = ("retry_after", "retryafter", "retry_after_seconds", "retrydelay", "estimated_time")
"""Fields of a body, in lower case."""
MIN_EPOCH_S = 1e9
"""Such a number is a date."""


def wish_s(headers: httpx.Headers, message: str, body: object) -> float:
    """How long a server wants to be left alone; 0: not said.

    By its headers, a field of the body, in words, or by the time at which a limit that is spent
    begins anew.
    """
    if named := _retry_after_s(headers.get("retry-after", "")):
        return named
    with suppress(ValueError):
        return max(0.0, float(headers.get("retry-after-ms", ""))) / 1000
    if named := _wish_in(body):
        return named
    if found := _WISH.search(message):
        return _duration_s(found.group(1))
    spent = [
        name for name in _RESETS if headers.get(name.replace("reset", "remaining")) in (None, "0")
    ]
    return max((_duration_s(headers.get(name, "")) for name in spent), default=0.0)


def _wish_in(value: object, depth: int = 5) -> float:
    if isinstance(value, list):
        return max((_wish_in(one, depth - 1) for one in value), default=0.0) if depth else 0.0
    if not isinstance(value, dict) or not depth:
        return 0.0
    told = [_duration_s(str(value[key])) for key in value if str(key).lower() in _FIELDS]
    return max([*told, *(_wish_in(one, depth - 1) for one in value.values())], default=0.0)


def _duration_s(text: str) -> float:
    """Seconds, also until a date as a number, or a text as 6m0s; 0 for what is none."""
    with suppress(ValueError):
        seconds = float(text)
        return max(0.0, seconds - time() if seconds > MIN_EPOCH_S else seconds)
    times = re.findall(_TIME, text.lower())
    return sum(float(n) * (0.001 if unit == "ms" else _SECONDS[unit[0]]) for n, unit in times)


def _retry_after_s(value: str) -> float:
    """Seconds, or a date (RFC 9110); 0 for what is neither."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, TypeError):
        return 0.0
