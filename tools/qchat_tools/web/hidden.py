"""Text of a page that its readers do not see is taken out: whoever wrote it did not mean people.

What only a browser knows stays unknown: stylesheets of other addresses and what scripts do.
"""

import re
from collections.abc import Iterator
from typing import Any

import cssselect
import msgspec
import tinycss2
from lxml import etree
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

_MOST_RULES = 400
_UNSEEN_TAGS = ("template", "noscript", "noframes", "datalist", "canvas", "object", "dialog")
_UNSEEN = etree.XPath(
    "//*[@hidden and not(@hidden = 'until-found')]"
    "|//dialog[not(@open)]|//comment()|//processing-instruction()|"
    + "|".join(f"//{tag}" for tag in _UNSEEN_TAGS if tag != "dialog")
)
_STYLED = etree.XPath("//*[@style]")
_SHEETS = etree.XPath("//style")
_LINKED_DATA = etree.XPath("//script[contains(@type, 'ld+json')]")

_WATCHED = re.compile(
    r"display|visibility|text-indent|opacity|font|color|background|indent|position|left|top|right|bottom"
    r"|margin|clip|width|height|overflow|transform|all"
)
_FAR = re.compile(r"-\s*\d{3,}(?:\.\d+)?(?:px|pt)|-\s*\d{2,}(?:em|rem|vw|vh)|-\s*[1-9]\d{2,}%")
_NOTHING = re.compile(r"(?:0*\.?0+|0*1)(?:px|pt|em|rem|%)?")
_NO_SIZE = re.compile(r"(?:0*\.?0+(?:px|pt|em|rem|%)?|1px|0*\.\d+(?:px|pt))")
_CLIPPED = re.compile(
    r"rect\(\s*(?:[01](?:px)?[\s,]+){3}[01](?:px)?\s*\)|inset\(\s*(?:[5-9]\d|100)%|circle\(\s*0"
)
_GONE = re.compile(r"scale[xy3d]*\(\s*0(?:\.0+)?\s*[,)]|translate[xy3d]*\([^)]*-\s*\d{4,}px")
_CLEAR = re.compile(
    r"transparent|(?:rgb|hsl)a\(.*[,/]\s*0*(?:\.0+)?%?\s*\)|#[0-9a-f]{3}0|#[0-9a-f]{6}00"
)

Style = dict[str, str]


class _Rule(msgspec.Struct, frozen=True):
    matches: CSSSelector
    specificity: tuple[int, int, int]
    style: Style


def drop_hidden(tree: HtmlElement) -> None:
    """Remove what is not shown: hidden elements, comments, text in no size, colour or place."""
    for element in _UNSEEN(tree):
        _drop(element)
    styles: dict[HtmlElement, Style] = {}
    for rule in sorted(_rules(tree), key=lambda rule: rule.specificity):
        for element in rule.matches(tree):
            styles[element] = styles.get(element, {}) | rule.style
    for element in _STYLED(tree):
        own = _declared(element.get("style", ""))
        if own:
            styles[element] = styles.get(element, {}) | own
    for element, style in styles.items():
        if _hides(style) and element.tag not in ("html", "body"):
            _drop(element)
    for script in _LINKED_DATA(tree):
        _drop_bodies(script)


def _drop(element: HtmlElement) -> None:
    """Take an element out, not the text that follows it."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _rules(tree: HtmlElement) -> Iterator[_Rule]:
    """Rules of the page's own sheets that say something of whether text is seen."""
    left = _MOST_RULES
    for sheet in _SHEETS(tree):
        for prelude, style in _blocks(sheet.text_content()):
            for selector in _selectors(prelude):
                left -= 1
                if left < 0:
                    return
                yield _Rule(*selector, style)


def _blocks(css: str) -> Iterator[tuple[str, Style]]:
    if not _MAY_HIDE.search(css):
        return
    for node in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if node.type == "at-rule" and node.content and _is_for_screens(node):
            yield from _blocks(tinycss2.serialize(node.content))
        elif node.type == "qualified-rule":
            style = _declared(tinycss2.serialize(node.content))
            if style:
                yield tinycss2.serialize(node.prelude), style


def _is_for_screens(node: Any) -> bool:
    """Not what holds in print or in narrow windows alone."""
    media = tinycss2.serialize(node.prelude).strip().lower()
    kind = node.lower_at_keyword
    return kind in ("layer", "supports") or (kind == "media" and media in ("", "all", "screen"))


def _selectors(prelude: str) -> Iterator[tuple[CSSSelector, tuple[int, int, int]]]:
    try:
        for parsed in cssselect.parse(prelude):
            if parsed.pseudo_element is None:
                yield CSSSelector(parsed.canonical(), translator="html"), parsed.specificity()
    except (cssselect.SelectorError, etree.XPathError):
        return  # a selector of states (:hover) or of newer days


_MAY_HIDE = re.compile(
    r"none|hidden|collapse|opacity|font|indent|absolute|fixed|clip|color|scale|translate|height",
    re.IGNORECASE,
)


def _declared(css: str) -> Style:
    """Declarations that matter, the last one wins; `!important` is taken as any other."""
    style: Style = {}
    for declaration in css.split(";"):
        name, colon, value = declaration.partition(":")
        name = name.strip().lower()
        if colon and _WATCHED.match(name):
            style[name] = value.replace("!important", "").strip().lower()
    return style


def _hides(style: Style) -> bool:
    """Whether an element of this style cannot be seen."""
    display, visibility = style.get("display"), style.get("visibility")
    if display == "none" or visibility in ("hidden", "collapse"):
        return True
    if _is_number_below(style.get("opacity"), 0.06) or _NO_SIZE.fullmatch(
        style.get("font-size", "")
    ):
        return True
    return _is_out_of_sight(style) or _has_no_colour(style)


def _is_out_of_sight(style: Style) -> bool:
    if style.get("position") in ("absolute", "fixed") and any(
        _FAR.search(style.get(side, "")) for side in ("left", "top", "right", "bottom", "inset")
    ):
        return True
    if any(
        _FAR.match(style.get(name, "")) for name in ("text-indent", "margin-left", "margin-top")
    ):
        return True
    if _CLIPPED.search(style.get("clip", "") + " " + style.get("clip-path", "")):
        return True
    flat = any(
        _NOTHING.fullmatch(style.get(side, "")) for side in ("width", "height", "max-height")
    )
    return (flat and style.get("overflow") in ("hidden", "clip")) or bool(
        _GONE.search(style.get("transform", ""))
    )


def _has_no_colour(style: Style) -> bool:
    colour = style.get("color", "")
    if not colour:
        return False
    ground = style.get("background-color") or style.get("background", "")
    return bool(_CLEAR.fullmatch(colour)) or _plain_colour(colour) == _plain_colour(ground)


_WHITE = {"white", "#fff", "#ffffff", "rgb(255,255,255)"}
_BLACK = {"black", "#000", "#000000", "rgb(0,0,0)"}


def _plain_colour(colour: str) -> str:
    colour = re.sub(r"\s+", "", colour)
    return "white" if colour in _WHITE else "black" if colour in _BLACK else colour


def _is_number_below(text: str | None, limit: float) -> bool:
    try:
        return text is not None and float(text.rstrip("%")) / (100 if "%" in text else 1) < limit
    except ValueError:
        return False


def _drop_bodies(script: HtmlElement) -> None:
    """Data for search engines may tell the title, author and date, not another text."""
    try:
        data = msgspec.json.decode((script.text or "").encode())
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        script.text = ""
        return
    script.text = msgspec.json.encode(_without_bodies(data)).decode()


def _without_bodies(data: Any, depth: int = 0) -> Any:
    if depth > 20:
        return None
    match data:
        case dict():
            kept = {k: v for k, v in data.items() if k.lower() not in _BODIES}
            return {k: _without_bodies(v, depth + 1) for k, v in kept.items()}
        case list():
            return [_without_bodies(item, depth + 1) for item in data]
        case _:
            return data


_BODIES = ("articlebody", "text", "description", "abstract", "reviewbody", "acceptedanswer")

_ZERO_WIDTH = re.compile(
    "[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
    # Joiners are letters' business where letters join: elsewhere, and in runs, they hide things.
    "|[\u200c\u200d]{2,}|(?<![^\x00-\u02ff])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\u02ff])"
    "|[\ufe00-\ufe0f]{2,}"
)


def drop_zero_width(text: str) -> str:
    """Remove characters that take no room: they can hide words from readers but not from models."""
    return _ZERO_WIDTH.sub("", text)
