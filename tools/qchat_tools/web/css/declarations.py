"""Declarations that tell whether text is seen, with shorthands taken apart."""

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import tinycss2

from qchat_tools.web.css.lengths import tokens


class Declaration(NamedTuple):
    """One property and its value as text: lower case, comments and escapes gone."""

    name: str
    value: str
    important: bool


_ALIASES = {
    "inset-inline-start": "left", "inset-inline-end": "right", "inset-block-start": "top",
    "inset-block-end": "bottom", "inline-size": "width", "block-size": "height",
    "max-inline-size": "max-width", "max-block-size": "max-height",
    "min-inline-size": "min-width", "min-block-size": "min-height",
    "margin-inline-start": "margin-left", "margin-block-start": "margin-top",
    "margin-inline-end": "margin-right",
    "padding-inline-start": "padding-left", "padding-block-start": "padding-top",
    "overflow-inline": "overflow-x", "overflow-block": "overflow-y",
    "-webkit-transform": "transform", "-moz-transform": "transform", "-ms-transform": "transform",
    "-webkit-clip-path": "clip-path", "-webkit-filter": "filter", "-webkit-mask": "mask",
    "-webkit-mask-image": "mask-image",
    "-webkit-mask-size": "mask-size", "-webkit-background-clip": "background-clip",
    "padding-inline-end": "padding-right", "padding-block-end": "padding-bottom",
    "-webkit-mask-position": "mask-position", "-webkit-mask-repeat": "mask-repeat",
    "-webkit-mask-composite": "mask-composite", "mask-border": "mask-border-source",
    "-webkit-mask-box-image": "mask-border-source",
    "-webkit-mask-box-image-source": "mask-border-source",
    "-webkit-animation": "animation", "-webkit-animation-name": "animation-name",
    "-webkit-text-stroke": "text-stroke", "-webkit-text-stroke-color": "text-stroke-color",
    "-webkit-text-stroke-width": "text-stroke-width", "-moz-opacity": "opacity",
    "-webkit-opacity": "opacity", "-khtml-opacity": "opacity", "word-wrap": "overflow-wrap",
}  # fmt: skip
_SIDES: tuple[str, ...] = ("top", "right", "bottom", "left")
_WATCHED_NAMES = """
    display visibility opacity content-visibility position left right top bottom width height
    max-width max-height min-width min-height overflow-x overflow-y clip clip-path transform
    translate scale rotate zoom filter mask-image mix-blend-mode color -webkit-text-fill-color
    background-color background-image background-repeat background-size background-clip
    font-size font-size-adjust font-family text-indent letter-spacing word-spacing line-height
    margin-left margin-top padding-left padding-top text-shadow text-stroke-width
    text-stroke-color z-index animation-name animation-fill-mode animation-delay
    animation-duration animation-play-state content contain white-space flex-basis flex-grow
    grid-template-rows grid-template-columns color-scheme offset-path backface-visibility
    -webkit-text-security fill fill-opacity box-sizing
    margin-right mask-size unicode-bidi direction padding-right padding-bottom aspect-ratio
    mask-mode mask-composite mask-position mask-repeat mask-border-source box-shadow
    outline-offset text-decoration text-decoration-line text-decoration-thickness
    transform-origin animation-iteration-count animation-direction
    margin-bottom grid-area grid-row grid-column flex-direction
"""
WATCHED = frozenset(_WATCHED_NAMES.split())
_SHORTHANDS_NAMES = """
    background font inset overflow margin padding animation mask flex all inset-inline
    inset-block text-stroke margin-inline margin-block grid grid-template offset padding-inline
    padding-block
"""
_SHORTHANDS = frozenset(_SHORTHANDS_NAMES.split())


@functools.lru_cache(maxsize=4_000)
def declared(css: str) -> tuple[Declaration, ...]:
    """The declarations of a block or a `style` attribute that tell of what is seen."""
    return tuple(of_nodes(tinycss2.parse_declaration_list(css, True, True)))


def of_nodes(nodes: Any) -> Iterator[Declaration]:
    """The same of parsed declarations."""
    for node in nodes:
        if node.type != "declaration":
            continue
        name = node.lower_name
        name = node.name if name.startswith("--") else _ALIASES.get(name, name)
        if name in WATCHED or name in _SHORTHANDS or name.startswith("--"):
            value = _text(node.value)
            for longhand, part in _longhands(name, value):
                yield Declaration(longhand, part, node.important)


def _serialized(parts: list[Any]) -> str:
    return str(tinycss2.serialize(parts)).strip()


def _text(value: list[Any]) -> str:
    kept = [token for token in value if token.type != "comment"]
    text = _serialized(kept)
    if "url(" in text.lower():
        return text
    return _LOWERED.sub(lambda m: m[0] if m[0].startswith("--") else m[0].lower(), text)


_LOWERED = re.compile(r"--[^\s,()]+|[^-]+|-")
"""Names of variables, whose case counts, and all the rest."""


def _longhands(name: str, value: str) -> Iterator[tuple[str, str]]:
    if name not in _SHORTHANDS:
        yield name, value
        return
    if "var(" in value and name != "all":  # its parts are known only where it is used
        yield f"{name}!", value
        return
    yield from expand(name, value)


def expand(name: str, value: str) -> Iterator[tuple[str, str]]:
    """The longhands of a shorthand, as far as they are watched."""
    words = [_serialized([token]) for token in tokens(value)]
    if name in _SIDED:
        yield from _sided(name, words)
    elif name in _BY_WORDS:
        yield from _BY_WORDS[name](words)
    elif name in _BY_VALUE:
        yield from _BY_VALUE[name](value)
    else:
        yield {"mask": "mask-image", "offset": "offset-path"}.get(name, name), value


_SIDED = ("inset", "margin", "padding", "inset-inline", "inset-block", "margin-inline",
          "margin-block", "padding-inline", "padding-block")  # fmt: skip


def _sided(name: str, words: list[str]) -> Iterator[tuple[str, str]]:
    what, _, axis = name.partition("-")
    prefix = "" if what == "inset" else f"{what}-"
    if axis:
        sides: tuple[str, ...] = ("left", "right") if axis == "inline" else ("top", "bottom")
        values = [*(words[:1] or [""]), *(words[-1:] or [""])]
    else:
        sides, values = _SIDES, _four(words)
    for side, word in zip(sides, values, strict=True):
        yield prefix + side, word


def _overflow(words: list[str]) -> Iterator[tuple[str, str]]:
    yield "overflow-x", words[0] if words else "visible"
    yield "overflow-y", words[-1] if words else "visible"


def _stroke(words: list[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        yield ("text-stroke-width" if word[:1].isdigit() else "text-stroke-color"), word


def _grid(value: str) -> Iterator[tuple[str, str]]:
    yield "grid-template-rows", value.partition("/")[0]
    yield "grid-template-columns", value.partition("/")[2]


def _four(words: list[str]) -> list[str]:
    """One to four values, as they stand for top, right, bottom, left."""
    top, *rest = words or [""]
    right = rest[0] if rest else top
    bottom = rest[1] if len(rest) > 1 else top
    return [top, right, bottom, rest[2] if len(rest) > 2 else right]


def _font(value: str) -> Iterator[tuple[str, str]]:
    """`font: italic 12px/1.5 serif`: the size is the first length, or a word for one."""
    parts = tokens(value)
    for n, token in enumerate(parts):
        sized = token.type in ("dimension", "percentage", "function") or (
            token.type == "number"
            and (token.value == 0 or (n + 1 < len(parts) and parts[n + 1] == "/"))
        )
        if sized or (token.type == "ident" and token.lower_value in FONT_SIZES):
            yield "font-size", tinycss2.serialize([token])
            rest = parts[n + 1 :]
            if rest and rest[0] == "/" and len(rest) > 1:
                yield "line-height", tinycss2.serialize([rest[1]])
                rest = rest[2:]
            yield "font-family", tinycss2.serialize(rest)
            return


FONT_SIZES = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0,
    "x-large": 24.0, "xx-large": 32.0, "xxx-large": 48.0,
}  # fmt: skip
_REPEATS = ("no-repeat", "repeat-x", "repeat-y", "repeat", "round", "space")
_BOXES = ("border-box", "padding-box", "content-box", "text")


def _background(value: str) -> Iterator[tuple[str, str]]:
    """Colour, images, and what tells whether an image covers its box."""
    images, colour, repeats, clip = [], "", [], ""
    size = ""
    parts = tokens(value)
    for n, token in enumerate(parts):
        text = tinycss2.serialize([token])
        word = text.lower()
        if token.type == "url" or (token.type == "function" and is_image(token.lower_name)):
            images.append(text)
        elif word in _REPEATS:
            repeats.append(word)
        elif word in _BOXES:
            clip = word
        elif token == "/" and n + 1 < len(parts):
            size = tinycss2.serialize([parts[n + 1]]).lower()
        elif token.type in ("ident", "hash", "function") and word not in _PLACES:
            colour = word
    yield "background-color", colour if colour not in ("", "none") else "transparent"
    yield "background-image", ", ".join(images) or "none"
    yield "background-repeat", " ".join(repeats) or "repeat"
    yield "background-size", size or "auto"
    yield "background-clip", clip or "border-box"


_PLACES_NAMES = """
    left right top bottom center scroll fixed local none cover contain auto x y ,
"""
_PLACES = frozenset(_PLACES_NAMES.split())


def is_image(function: str) -> bool:
    """Whether a function of CSS gives a picture: a gradient, an address, a set of them."""
    return "gradient" in function or function in (
        *(
            "url",
            "src",
            "image",
            "image-set",
            "-webkit-image-set",
            "cross-fade",
            "element",
            "paint",
        ),
    )


def _flex(words: list[str]) -> Iterator[tuple[str, str]]:
    if words in (["none"], ["auto"], ["initial"]):
        yield "flex-grow", "1" if words == ["auto"] else "0"
        yield "flex-basis", "auto"
        return
    numbers = [word for word in words if word.replace(".", "").isdigit()]
    others = [word for word in words if word not in numbers]
    yield "flex-grow", numbers[0] if numbers else "1"
    yield "flex-basis", others[0] if others else (numbers[2] if len(numbers) > 2 else "0px")


_FILLS = ("forwards", "backwards", "both")
_ANIMATION_WORDS = """
    none infinite normal reverse alternate alternate-reverse running paused ease linear ease-in
    ease-out ease-in-out step-start step-end initial inherit
"""
_DIRECTIONS = ("reverse", "alternate", "alternate-reverse")
_NOT_NAMES = frozenset(_ANIMATION_WORDS.split())


def _animation(words: list[str]) -> Iterator[tuple[str, str]]:
    """Each longhand as a list: one value for each of the animations."""
    lists: list[list[str]] = [[]]
    for word in words:
        if word == ",":
            lists.append([])
        else:
            lists[-1].append(word)
    rows = [dict(_one_animation(one)) for one in lists]
    for name in rows[0]:
        yield name, ", ".join(row[name] for row in rows)


def _one_animation(words: list[str]) -> Iterator[tuple[str, str]]:
    times = [w for w in words if w.endswith("s") and w[:-1].rstrip("m").lstrip("+-.")[:1].isdigit()]
    counts = [w for w in words if w == "infinite" or w.lstrip("+.").replace(".", "").isdigit()]
    turned = [w for w in words if w in _DIRECTIONS]
    names = [w for w in words if w not in times and w not in _NOT_NAMES and w not in _FILLS]
    names = [w for w in names if not w[0].isdigit() and "(" not in w and w not in counts]
    yield "animation-name", names[0] if names else "none"
    yield "animation-fill-mode", next((w for w in words if w in _FILLS), "none")
    yield "animation-play-state", "paused" if "paused" in words else "running"
    yield "animation-duration", times[0] if times else "0s"
    yield "animation-delay", times[1] if len(times) > 1 else "0s"
    yield "animation-iteration-count", counts[0] if counts else "1"
    yield "animation-direction", turned[0] if turned else "normal"


_BY_WORDS: dict[str, Callable[[list[str]], Iterator[tuple[str, str]]]] = {
    "overflow": _overflow,
    "flex": _flex,
    "animation": _animation,
    "text-stroke": _stroke,
}
_BY_VALUE: dict[str, Callable[[str], Iterator[tuple[str, str]]]] = {
    "font": _font,
    "background": _background,
    "grid": _grid,
    "grid-template": _grid,
}
