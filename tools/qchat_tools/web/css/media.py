"""Whether a media query, or the condition of `@supports`, holds in the window pages are judged in.

A light screen of 1280 by 800, at rest, with a mouse: what most readers of a page have before them.
The answer is None where it cannot be told.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tinycss2

from qchat_tools.web.css.lengths import VIEWPORT_HEIGHT, VIEWPORT_WIDTH, Base, measured

_FEATURES: dict[str, str] = {
    "orientation": "landscape", "prefers-color-scheme": "light", "hover": "hover",
    "any-hover": "hover", "pointer": "fine", "any-pointer": "fine", "update": "fast",
    "prefers-reduced-motion": "no-preference", "prefers-contrast": "no-preference",
    "prefers-reduced-transparency": "no-preference", "prefers-reduced-data": "no-preference",
    "forced-colors": "none", "inverted-colors": "none", "scripting": "enabled",
    "display-mode": "browser", "overflow-block": "scroll", "overflow-inline": "scroll",
    "scan": "progressive", "color-gamut": "srgb", "dynamic-range": "standard", "grid": "0",
    "-ms-high-contrast": "none", "environment-blending": "opaque", "nav-controls": "back",
}  # fmt: skip
_FALSE_ALONE = ("none", "no-preference", "0")
"""A feature that stands alone holds unless it has one of these values."""
_RANGES: dict[str, float] = {
    "width": VIEWPORT_WIDTH, "height": VIEWPORT_HEIGHT, "device-width": VIEWPORT_WIDTH,
    "device-height": VIEWPORT_HEIGHT, "aspect-ratio": VIEWPORT_WIDTH / VIEWPORT_HEIGHT,
    "device-aspect-ratio": VIEWPORT_WIDTH / VIEWPORT_HEIGHT, "color": 8, "color-index": 0,
    "monochrome": 0, "resolution": 1, "-webkit-device-pixel-ratio": 1,
}  # fmt: skip
_RESOLUTIONS = {"dppx": 1.0, "x": 1.0, "dpi": 1 / 96, "dpcm": 2.54 / 96}

Truth = bool | None
Leaf = Callable[[Sequence[Any]], Truth]


def media_holds(text: str) -> Truth:
    """Whether a list of media queries holds: `screen and (min-width: 600px), print`."""
    return query_holds(tinycss2.parse_component_value_list(text, skip_comments=True))


def query_holds(parts: Sequence[Any]) -> Truth:
    """The same of component values; an empty list holds."""
    queries: list[list[Any]] = [[]]
    for token in parts:
        if token == ",":
            queries.append([])
        elif token.type not in ("whitespace", "comment"):
            queries[-1].append(token)
    return _any(_query(query) for query in queries) if queries != [[]] else True


def supports_holds(parts: Sequence[Any]) -> Truth:
    """Whether browsers of today support what is asked for; what is odd cannot be told."""
    return _condition([t for t in parts if t.type not in ("whitespace", "comment")], _supported)


def _supported(content: Sequence[Any]) -> Truth:
    words = [t for t in content if t.type not in ("whitespace", "comment")]
    if not words or words[0].type != "ident":
        return None
    name = words[0].lower_value
    known = name in _SUPPORTED or name.startswith("--")
    return True if known and len(words) > 2 else None


_SUPPORTED_NAMES = """
    display position color background grid flex gap object-fit transform filter backdrop-filter
    clip-path mask mask-image aspect-ratio font-variation-settings overflow opacity visibility
    scroll-behavior width height inset sticky animation transition columns float
"""
_SUPPORTED = frozenset(_SUPPORTED_NAMES.split())


def _query(parts: list[Any]) -> Truth:
    if not parts:
        return None
    negated = parts[0].type == "ident" and parts[0].lower_value == "not"
    words = (
        parts[1:] if parts[0].type == "ident" and parts[0].lower_value in ("not", "only") else parts
    )
    if words and words[0].type == "ident":
        kind = words[0].lower_value in ("all", "screen")
        rest = words[1:]
        if rest and not (rest[0].type == "ident" and rest[0].lower_value == "and"):
            return False  # a query that is no query holds nowhere
        held = _all([kind, _condition(rest[1:], _feature) if rest else True])
    else:
        return _condition(parts, _feature)
    return _not(held) if negated else held


def _condition(parts: Sequence[Any], leaf: Leaf) -> Truth:
    """`not (a)`, `(a) and (b)`, `(a) or (b)`, nested in parentheses."""
    if not parts:
        return None
    if parts[0].type == "ident" and parts[0].lower_value == "not":
        return _not(_condition(parts[1:], leaf))
    values, joint = [], ""
    for token in parts:
        if token.type == "ident" and token.lower_value in ("and", "or"):
            joint = token.lower_value
        elif token.type == "() block":
            values.append(_block(token.content, leaf))
        else:
            values.append(None)
    return _any(values) if joint == "or" else _all(values)


def _block(content: Sequence[Any], leaf: Leaf) -> Truth:
    words = [t for t in content if t.type not in ("whitespace", "comment")]
    nested = any(t.type == "() block" for t in words) and ":" not in words
    if nested or (words and words[0].type == "ident" and words[0].lower_value == "not"):
        return _condition(words, leaf)
    return leaf(words)


def _feature(words: Sequence[Any]) -> Truth:
    if not words:
        return None
    if words[0].type == "ident" and len(words) == 1:
        name = words[0].lower_value
        if name in _RANGES:
            return _RANGES[name] != 0
        return _FEATURES[name] not in _FALSE_ALONE if name in _FEATURES else None
    if words[0].type == "ident" and len(words) > 2 and words[1] == ":":
        return _declared(words[0].lower_value, words[2:])
    return _range(words)


def _declared(name: str, value: Sequence[Any]) -> Truth:
    for prefix, sign in (("min-", ">="), ("max-", "<=")):
        bare = name.replace("-webkit-" + prefix, "-webkit-").removeprefix(prefix)
        if bare != name and bare in _RANGES:
            number = _number(value)
            return None if number is None else _compared(_RANGES[bare], sign, number)
    if name in _RANGES:
        number = _number(value)
        return None if number is None else _RANGES[name] == number
    text = tinycss2.serialize(value).strip().lower()
    return _FEATURES[name] == text if name in _FEATURES else None


def _range(words: Sequence[Any]) -> Truth:
    """`width >= 600px`, `400px < width <= 700px`."""
    sides: list[list[Any]] = [[]]
    signs: list[str] = []
    for token in words:
        if token.type == "literal" and token.value in ("<", ">", "=", "<=", ">="):
            if not sides[-1] and signs:
                signs[-1] += token.value
            else:
                signs.append(token.value)
                sides.append([])
        else:
            sides[-1].append(token)
    values = [_side(side) for side in sides]
    known = [value for value in values if value is not None]
    if len(known) != len(values) or len(values) not in (2, 3):
        return None
    return all(_compared(known[n], signs[n], known[n + 1]) for n in range(len(signs)))


def _compared(left: float, sign: str, right: float) -> bool:
    match sign:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case _:
            return left == right


def _side(words: Sequence[Any]) -> float | None:
    if len(words) == 1 and words[0].type == "ident":
        return _RANGES.get(words[0].lower_value)
    return _number(words)


def _number(words: Sequence[Any]) -> float | None:
    if len(words) == 3 and words[1] == "/":
        over, under = measured(words[0], Base()), measured(words[2], Base())
        return over / under if over is not None and under else None
    if len(words) != 1:
        return None
    if words[0].type == "dimension" and words[0].lower_unit in _RESOLUTIONS:
        return float(words[0].value * _RESOLUTIONS[words[0].lower_unit])
    return measured(words[0], Base())


def _not(value: Truth) -> Truth:
    return None if value is None else not value


def _any(values: Any) -> Truth:
    found = list(values)
    return True if True in found else None if None in found else False


def _all(values: Any) -> Truth:
    found = list(values)
    return False if False in found else None if None in found else True
