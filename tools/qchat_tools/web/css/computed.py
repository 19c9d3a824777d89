"""Computed values of an element, from what is declared for it and from its parent's."""

import re

import msgspec

from qchat_tools.web.css.cascade import Declared
from qchat_tools.web.css.colors import BLACK, WHITE, Rgba
from qchat_tools.web.css.declarations import FONT_SIZES, WATCHED, expand
from qchat_tools.web.css.lengths import VIEWPORT_HEIGHT, VIEWPORT_WIDTH, Base, length

MAX_VARIABLES = 200
MAX_SUBSTITUTIONS = 300
_MAX_DEPTH = 12
_INHERITED_NAMES = """
    visibility color font-size font-size-adjust font-family text-indent letter-spacing
    word-spacing line-height text-shadow text-stroke-width text-stroke-color white-space
    color-scheme -webkit-text-fill-color -webkit-text-security
"""
INHERITED = frozenset(_INHERITED_NAMES.split())


class Box(msgspec.Struct, frozen=True):
    """A box that clips what is in it, or that positions are relative to."""

    width: float | None
    height: float | None
    x: float = 0.0
    """How far what is drawn has been moved within it, in pixels; unknown flow not counted."""
    y: float = 0.0
    flow: float = 0.0
    """How much text stood on the page before it began."""


class Backdrop(msgspec.Struct, frozen=True):
    """What text is painted on: each colour that it may be, and whether there is more to it."""

    colours: tuple[Rgba, ...] = (WHITE,)
    picture: bool = False
    """A picture that cannot be looked at covers it."""
    image: str = ""
    """That picture, as it is declared."""


class ComputedStyle(msgspec.Struct, frozen=True):
    """What an element's text inherits, in the sense of CSS or by standing inside of it."""

    values: dict[str, str] = {}
    """Inherited properties, as text."""
    variables: dict[str, str] = {}
    colour: Rgba = BLACK
    fill: Rgba | None = None
    """Instead of the colour, where text is filled with another."""
    dark: bool = False
    font_size: float = 16.0
    root_size: float = 16.0
    opacity: float = 1.0
    base: Backdrop = Backdrop()
    """What lies under the outermost element that is not opaque."""
    ground: Backdrop = Backdrop()
    gradient: tuple[Rgba, ...] = ()
    """Colours of a background that shows through the letters."""
    scale_x: float = 1.0
    scale_y: float = 1.0
    x: float = 0.0
    y: float = 0.0
    containing: Box = Box(VIEWPORT_WIDTH, VIEWPORT_HEIGHT)
    clips: tuple[Box, ...] = ()
    painted: bool = False
    """Some element between the page and here has a ground of its own."""
    behind: bool = False
    """Of a negative z-index, and so under the ground of what it stands in."""
    hidden: bool = False
    undecided: bool = False
    fixed: bool = False
    flat: bool = False
    """A row or column of no size, which what overflows it is cut to."""
    width: float | None = VIEWPORT_WIDTH
    height: float | None = VIEWPORT_HEIGHT
    """Of the box that it stands in; None where that grows with what is in it."""
    local: dict[str, str] = {}
    """Variables that are not inherited, with what they are where they are not set."""
    own: dict[str, str] = {}
    """What is declared for the element itself."""


def resolved(declared: Declared, state: ComputedStyle) -> tuple[Declared, dict[str, str]]:
    """Declared values with variables put in, and the variables that hold from here on."""
    own = {name: value for name, value in declared.items() if name.startswith("--")}
    variables = {**state.variables, **state.local} if state.local else state.variables
    if own and len(variables) < MAX_VARIABLES:
        variables = {**variables, **own}
        for name, value in own.items():
            _keyword(variables, name, value, state)
    if not any("var(" in value or name.endswith("!") for name, value in declared.items()):
        return {n: v for n, v in declared.items() if n not in own}, variables
    out: Declared = {}
    for name, value in declared.items():
        if name in own:
            continue
        value = substituted(value, variables)  # noqa: PLW2901
        if name.endswith("!"):
            out.update((n, v) for n, v in expand(name[:-1], value) if n in WATCHED)
        else:
            out[name] = value
    return out, variables


def _keyword(variables: dict[str, str], name: str, value: str, state: ComputedStyle) -> None:
    """A variable that is set to a word for all properties: to nothing, or to what is inherited."""
    if value == "initial" or value in ("inherit", "unset", "revert", "revert-layer"):
        del variables[name]
        if value != "initial" and name in state.variables:
            variables[name] = state.variables[name]


_VAR = re.compile(r"var\(\s*(--[^\s,()]+)\s*(?:,((?:[^()]|\([^()]*\))*))?\)")


def substituted(value: str, variables: dict[str, str]) -> str:
    """A value with its `var(…)` put in; without a value it becomes invalid, and so unset."""
    return _substituted(value, variables, [MAX_SUBSTITUTIONS], 0)


def _substituted(value: str, variables: dict[str, str], left: list[int], depth: int) -> str:
    """`left`: how many may still be put in; variables that multiply are cut short."""
    if "var(" not in value or depth > _MAX_DEPTH or len(value) > 5_000:
        return value

    def put(match: re.Match[str]) -> str:
        left[0] -= 1
        if left[0] < 0:
            return "unset"
        fallback = match[2]
        found = variables.get(match[1], fallback if fallback is not None else "unset")
        return _substituted(found.strip(), variables, left, depth + 1)

    return _substituted(_VAR.sub(put, value), variables, left, depth + 1)


def font_size(text: str, parent: float, root: float) -> float:
    """A font size in pixels."""
    if text in FONT_SIZES:
        return FONT_SIZES[text]
    if text in ("smaller", "larger"):
        return parent / 1.2 if text == "smaller" else parent * 1.2
    if text in ("initial", "revert"):
        return 16.0
    found = length(text, Base(parent, parent, root))
    return parent if found is None else max(found, 0.0)


def keyword(declared: Declared, name: str, state: ComputedStyle) -> str:
    """A value with `inherit` and its kin resolved; empty for the initial one."""
    value = declared.get(name, "")
    if value in ("inherit", "unset") and name in INHERITED:
        return state.values.get(name, "")
    if value in ("initial", "unset", "revert", "revert-layer"):
        return ""
    if not value and name in INHERITED:
        return state.values.get(name, "")
    return value
