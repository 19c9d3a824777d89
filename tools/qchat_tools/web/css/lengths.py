"""Lengths, angles and numbers of CSS in pixels, degrees and plain figures."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import tinycss2

VIEWPORT_WIDTH, VIEWPORT_HEIGHT = 1280.0, 800.0
"""The window that pages are judged in, in CSS pixels: a laptop's."""
ROOT_FONT_SIZE = 16.0

_ABSOLUTE = {
    "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 9.6 / 2.54,
    "q": 2.4 / 2.54,
}  # fmt: skip
_VIEWPORT = {
    "vw": VIEWPORT_WIDTH, "vi": VIEWPORT_WIDTH, "vh": VIEWPORT_HEIGHT, "vb": VIEWPORT_HEIGHT,
    "vmin": VIEWPORT_HEIGHT, "vmax": VIEWPORT_WIDTH,
    "cqw": VIEWPORT_WIDTH, "cqi": VIEWPORT_WIDTH, "cqh": VIEWPORT_HEIGHT, "cqb": VIEWPORT_HEIGHT,
}  # fmt: skip
_ANGLES = {"deg": 1.0, "grad": 0.9, "rad": 180 / math.pi, "turn": 360.0}
_TIMES = {"s": 1.0, "ms": 0.001}


class Base(NamedTuple):
    """What relative lengths are relative to, in pixels."""

    font_size: float = ROOT_FONT_SIZE
    percent_of: float | None = None
    """None where a percentage cannot be worked out."""
    root_size: float = ROOT_FONT_SIZE
    """The font size of the root element."""


@functools.lru_cache(maxsize=4_000)
def tokens(text: str) -> tuple[Any, ...]:
    """The component values of a CSS text, without white space and comments."""
    found = tinycss2.parse_component_value_list(text, skip_comments=True)
    return tuple(token for token in found if token.type != "whitespace")


@functools.lru_cache(maxsize=8_000)
def length(text: str, base: Base = Base()) -> float | None:  # noqa: B008  immutable
    """A length in pixels; None for `auto`, other words, and what cannot be worked out."""
    parts = tokens(text)
    return measured(parts[0], base) if len(parts) == 1 else None


def measured(token: Any, base: Base) -> float | None:
    """One component value in pixels, degrees, seconds, or as the number that it is."""
    match token.type:
        case "number":
            return float(token.value)
        case "percentage":
            return None if base.percent_of is None else token.value / 100 * base.percent_of
        case "dimension":
            return _dimension(token.value, token.lower_unit, base)
        case "function":
            return _function(token.lower_name, token.arguments, base)
        case "() block":
            return _sum([t for t in token.content if t.type not in ("whitespace", "comment")], base)
        case _:
            return None


def _dimension(value: float, unit: str, base: Base) -> float | None:
    for table in (_ABSOLUTE, _ANGLES, _TIMES):
        if unit in table:
            return value * table[unit]
    viewport = _VIEWPORT.get(unit[1:] if unit[:1] in "sld" and unit[1:] in _VIEWPORT else unit)
    if viewport is not None:
        return value * viewport / 100
    if unit in ("em", "lh", "ic", "cap"):
        return value * base.font_size
    if unit in ("rem", "rlh", "rex", "rch", "ric"):
        return value * base.root_size * (0.5 if unit in ("rex", "rch") else 1)
    return value * base.font_size / 2 if unit in ("ex", "ch") else None


def _function(name: str, arguments: Sequence[Any], base: Base) -> float | None:
    """calc() and its kin (CSS Values 4, 10)."""
    groups: list[list[Any]] = [[]]
    for token in arguments:
        if token == ",":
            groups.append([])
        elif token.type not in ("whitespace", "comment"):
            groups[-1].append(token)
    if name == "fit-content" or not groups[0]:
        return None
    if name == "round" and len(groups) == 3:
        how = getattr(groups.pop(0)[0], "lower_value", "")
        name = how if how in _ROUNDED else name
    if name in _TURNING and not _has_angle(groups[0]):
        groups[0] = [*groups[0], *tokens("* 1rad")]
    values = [_sum(group, base) for group in groups if group]
    if any(value is None for value in values):
        return None
    found = [value for value in values if value is not None]
    return _applied(name, found)


_UNARY: dict[str, Callable[[float], float]] = {
    "calc": float,
    "-webkit-calc": float,
    "-moz-calc": float,
    "abs": abs,
    "sign": lambda value: math.copysign(1, value) if value else 0.0,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
}
_TURNING: dict[str, Callable[[float], float]] = {
    "sin": lambda degrees: math.sin(math.radians(degrees)),
    "cos": lambda degrees: math.cos(math.radians(degrees)),
    "tan": lambda degrees: math.tan(math.radians(degrees)),
}
_ROUNDED: dict[str, Callable[[float, float], float]] = {
    "up": lambda value, step: math.ceil(value / step) * step,
    "down": lambda value, step: math.floor(value / step) * step,
    "to-zero": lambda value, step: math.trunc(value / step) * step,
}
_BINARY: dict[str, Callable[[float, float], float]] = {
    "round": lambda value, step: round(value / step) * step,
    "mod": lambda value, step: value % step,
    "rem": math.fmod,
    "pow": lambda value, power: float(value**power),
    "log": math.log,
    "atan2": lambda y, x: math.degrees(math.atan2(y, x)),
    **_ROUNDED,
}
_MANY: dict[str, Callable[..., float]] = {
    "min": min,
    "max": max,
    "hypot": math.hypot,
    "clamp": lambda low, value, high: max(low, min(value, high)),
}


def _has_angle(parts: Sequence[Any]) -> bool:
    """Whether a calculation is of an angle; what is none counts as radians."""
    return any(
        (part.type == "dimension" and part.lower_unit in _ANGLES)
        or (part.type == "function" and _has_angle(part.arguments))
        for part in parts
    )


def _applied(name: str, found: list[float]) -> float | None:
    function: Callable[..., float] | None = _MANY.get(name)
    if function is None:
        function = (_UNARY | _TURNING if len(found) == 1 else _BINARY).get(name)
    if function is None:
        return None
    try:
        return float(function(*found) if len(found) > 1 or name not in _MANY else found[0])
    except (ArithmeticError, ValueError, TypeError):
        return None


def _sum(parts: Sequence[Any], base: Base) -> float | None:
    """A sum of products: what stands within calc()."""
    total, sign, product, operator = 0.0, 1.0, None, ""
    for token in parts:
        if token.type == "literal" and token.value in "+-*/":
            if token.value in "+-":
                if product is None:
                    return None
                total, product = total + sign * product, None
                sign = 1.0 if token.value == "+" else -1.0
            operator = token.value
            continue
        value = measured(token, base) if token.type != "ident" else _constant(token.lower_value)
        if value is None:
            return None
        if product is None:
            product = value
        elif operator == "*":
            product *= value
        elif operator == "/" and value:
            product /= value
        else:
            return None
    return None if product is None else total + sign * product


def _constant(name: str) -> float | None:
    return {"pi": math.pi, "e": math.e, "infinity": 1e9, "-infinity": -1e9}.get(name)
