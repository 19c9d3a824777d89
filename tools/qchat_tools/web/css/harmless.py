"""Whether declarations can hide anything at all: those of most pages cannot, and cost little."""

from collections.abc import Iterable
from itertools import product

from qchat_tools.web.css.colors import BLACK, LINK, WHITE, Rgba, is_seen_on, parsed
from qchat_tools.web.css.declarations import Declaration
from qchat_tools.web.css.lengths import Base, length, measured, tokens
from qchat_tools.web.css.strokes import is_replaced, is_unreadable

MAX_COLOURS = 40
MAX_STROKE = 4.0
"""Pixels: a thinner line, or an outline as close to its box, covers no letters."""
_OWN_GROUNDS = (Rgba(1, 1, 0), Rgba(0.94, 0.94, 0.94))
"""Of marks and buttons, without any sheet."""
_HARMLESS_NAMES = """
    padding-left padding-top padding-right padding-bottom mask-mode mask-composite mask-position
    mask-repeat text-decoration-line animation-iteration-count
    animation-direction width height max-width max-height min-width min-height
    line-height white-space flex-basis flex-grow grid-template-rows grid-template-columns
    background-repeat background-size text-stroke-width text-stroke-color text-shadow box-sizing
    z-index backface-visibility fill fill-opacity flex-direction
"""
_HARMLESS = frozenset(_HARMLESS_NAMES.split())
"""Harmless without others that are not: `overflow`, `position`, `background-clip`."""
_WORDS = {
    "display": ("none", "contents", "table-column", "table-column-group"),
    "visibility": ("hidden", "collapse"),
    "overflow-x": ("hidden", "clip", "scroll", "auto"), "font-size-adjust": ("0",),
    "overflow-y": ("hidden", "clip", "scroll", "auto"), "position": ("absolute", "fixed", "sticky"),
}  # fmt: skip
"""Values that hide, or that make others hide."""


def are_harmless(declarations: Iterable[Declaration]) -> bool:
    """True only if no text of a page can be hidden by these, however they are combined."""
    texts: set[Rgba] = {BLACK, LINK}
    grounds: set[Rgba] = {WHITE, *_OWN_GROUNDS}
    for name, value, _ in declarations:
        if name in ("color", "background-color"):
            colour = parsed(value)
            if colour is None or colour.alpha < 1:
                if name == "background-color" and value == "transparent":
                    continue
                return False
            (texts if name == "color" else grounds).add(colour)
        elif not _is_harmless(name, value):
            return False
    if len(texts) + len(grounds) > MAX_COLOURS:
        return False
    return all(is_seen_on(text, ground) for text, ground in product(texts, grounds))


MAX_PULL = -6
"""Pixels: a box that is drawn up by less covers no line above it."""
_SIDEWAYS = ("margin-left", "margin-right", "left", "right", "text-indent", "word-spacing")
_NUDGES = ("text-indent", "word-spacing", "left", "right", "top", "bottom")


def _is_harmless(name: str, value: str) -> bool:
    if name in _HARMLESS:
        return "var(" not in value
    if name == "content":
        return not is_replaced(value) and "var(" not in value
    if name == "box-shadow":
        return "inset" not in value and "var(" not in value
    if name in ("text-decoration", "outline-offset", "text-decoration-thickness"):
        return "(" not in value and all(
            -MAX_STROKE <= (measured(token, Base()) or 0.0) <= MAX_STROKE for token in tokens(value)
        )
    if name in _WORDS:
        return value not in _WORDS[name] and value.isascii() and value.replace("-", "").isalpha()
    if name.startswith("margin-") or name in _NUDGES:
        found = length(value, Base(percent_of=1280.0))
        least = -20 if name in _SIDEWAYS else MAX_PULL
        return value == "auto" or (found is not None and least <= found <= 200)
    if name == "font-size":
        found = length(value, Base(16.0, 16.0))
        return found is not None and found >= 12
    if name == "font-family":
        return not is_unreadable(value)
    return name == "background-image" and value == "none"
