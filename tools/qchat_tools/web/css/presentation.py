"""What elements look like without any sheet: a browser's own sheet, and attributes that style."""

import re
from collections.abc import Mapping

from lxml.html import HtmlElement

_UNRENDERED_NAMES = """
    head title script style template noscript noframes noembed datalist param rp area base link
    meta source track canvas object audio video embed svg annotation annotation-xml
    mphantom optgroup
    option iframe frame frameset progress meter colgroup applet desc metadata
"""
UNRENDERED = frozenset(_UNRENDERED_NAMES.split())
"""Elements whose text is no part of what a browser with scripts draws."""
_BLOCKS_NAMES = """
    address article aside blockquote body dd details dialog div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hgroup html hr li main nav ol p pre section summary
    table tbody td tfoot th thead tr ul center search
"""
BLOCKS = frozenset(_BLOCKS_NAMES.split())
_NONE: Mapping[str, str] = {"display": "none"}
_BLOCK: Mapping[str, str] = {"display": "block"}
_UA: dict[str, Mapping[str, str]] = {
    **dict.fromkeys(UNRENDERED, _NONE),
    **dict.fromkeys(BLOCKS, _BLOCK),
    "mark": {"background-color": "mark", "color": "marktext"},
    "h1": {"display": "block", "font-size": "2em"},
    "s": {"text-decoration-line": "line-through"},
    "strike": {"text-decoration-line": "line-through"},
    "del": {"text-decoration-line": "line-through"},
    "small": {"font-size": "smaller"},
    "sub": {"font-size": "smaller"},
    "sup": {"font-size": "smaller"},
    "rt": {"font-size": "50%"},
    "button": {"background-color": "buttonface", "color": "buttontext", "font-size": "13.33px"},
    "textarea": {"background-color": "field", "color": "fieldtext"},
    "select": {"background-color": "field", "color": "fieldtext"},
    "pre": {"display": "block", "white-space": "pre", "font-size": "13px"},
    "nobr": {"white-space": "nowrap"},
}
_EMPTY: Mapping[str, str] = {}
_FONT_SIZES = ("10px", "13px", "16px", "18px", "24px", "32px", "48px")
_HEX = re.compile(r"[0-9a-f]{3}(?:[0-9a-f]{3})?")
_STYLING_NAMES = """
    dir bgcolor background text color size hidden width height popover open fill opacity
    mathcolor mathbackground mathsize
"""
_STYLING = frozenset(_STYLING_NAMES.split())


def user_agent(element: HtmlElement) -> Mapping[str, str]:
    """The browser's own sheet."""
    tag = element.tag
    if tag == "a" and "href" in element.attrib:
        return {"color": "linktext"}
    if tag == "dialog" and "open" not in element.attrib:
        return _NONE
    if tag in _IN_MATHEMATICS and _is_other_choice(element):
        return _NONE
    return _UA.get(tag, _EMPTY)


_IN_MATHEMATICS = frozenset(("mtext", "mi", "mo", "mn", "ms", "mrow", "mstyle", "merror"))


def _is_other_choice(element: HtmlElement) -> bool:
    """Whether an element of a formula stands where only the first one is shown."""
    parent = element.getparent()
    return parent is not None and parent.tag == "maction" and element.getprevious() is not None


def presentational(element: HtmlElement) -> dict[str, str]:
    """Attributes that style (HTML, 15.3): weaker than any rule of the page."""
    attributes = element.attrib
    if _STYLING.isdisjoint(attributes.keys()):
        return {}
    style: dict[str, str] = {}
    if attributes.get("hidden", "").strip().lower() == "until-found":
        style["content-visibility"] = "hidden"
    elif "hidden" in attributes or "popover" in attributes:
        style["display"] = "none"
    if "bgcolor" in attributes:
        style["background-color"] = _colour(attributes["bgcolor"])
    match element.tag:
        case "body" | "table" | "td" | "th" | "tr" if "background" in attributes:
            style["background-image"] = "url(x)"
        case "font" if "size" in attributes:
            style["font-size"] = _font_size(attributes["size"])
        case "bdo":
            style["unicode-bidi"] = "bidi-override"
        case "iframe" | "marquee" | "mpadded":
            style |= _sides(attributes)
        case _:
            pass
    if element.tag == "body" and "text" in attributes:
        style["color"] = _colour(attributes["text"])
    if element.tag == "font" and "color" in attributes:
        style["color"] = _colour(attributes["color"])
    for name, of_css in _OF_MATHEMATICS.items():
        if name in attributes:
            style[of_css] = attributes[name].strip().lower()
    return style


_OF_MATHEMATICS = {
    "mathcolor": "color", "mathbackground": "background-color", "mathsize": "font-size",
}  # fmt: skip


def _sides(attributes: Mapping[str, str]) -> dict[str, str]:
    style = {}
    for side in ("width", "height"):
        value = attributes.get(side, "").strip()
        if value.rstrip("%").replace(".", "").isdigit():
            style[side] = value if value.endswith("%") else f"{value}px"
    return style


def _colour(text: str) -> str:
    """A colour as old HTML writes it, the number sign left out."""
    text = text.strip().lower()
    return f"#{text}" if _HEX.fullmatch(text) else text


def _font_size(text: str) -> str:
    text = text.strip()
    try:
        number = int(text)
    except ValueError:
        return "16px"
    if text[:1] in "+-":
        number += 3
    return _FONT_SIZES[min(max(number, 1), 7) - 1]
