"""The style sheets of a page that hold: its own, and the linked and imported ones."""

import base64
from collections.abc import Iterator, Sequence
from urllib.parse import unquote_to_bytes, urljoin

import msgspec
from lxml import etree
from lxml.html import HtmlElement

from qchat_tools.web.charset import decode
from qchat_tools.web.css.media import media_holds
from qchat_tools.web.css.stylesheet import Collected, Import, collect, may_tell
from qchat_tools.web.page import StyleSheet

MAX_CSS = 3_000_000
MAX_IMPORTS = 4
_SHEETS = etree.XPath(
    "//style[not(ancestor::noscript) and not(ancestor::template)]"
    "|//link[@rel and @href and not(ancestor::noscript) and not(ancestor::template)]"
)


def sheets_of(tree: HtmlElement, url: str, given: Sequence[StyleSheet]) -> Collected:
    """The rules of a page's sheets, in order: its own, and the linked ones that were fetched."""
    fetched = {sheet.url: decode(sheet.body, sheet.charset) for sheet in given}
    collected = Collected()
    left = MAX_CSS
    preferred = ""
    refused = bool(_REFUSING(tree))
    for element in _SHEETS(tree):
        holds = _applies(element)
        if holds and refused and element.tag == "style":
            holds = None
        title = element.get("title", "").strip()
        if holds is False or (title and preferred and title != preferred):
            continue  # of sheets with titles, those with the first one are a page's own
        preferred = preferred or title
        for sheet in _with_imports(element, url, fetched):
            left -= len(sheet.css)
            if left >= 0 and may_tell(sheet.css):
                certain = holds is True and sheet.certain
                collect(sheet.css, collected, certain=certain, layers=sheet.layers)
    return collected


_REFUSING = etree.XPath(
    "//meta[translate(@http-equiv, 'CENOTSURIYPL', 'cenotsuriypl') = 'content-security-policy'"
    " and (contains(@content, 'style-src') or contains(@content, 'default-src'))"
    " and not(contains(@content, 'unsafe-inline'))]"
)
"""A page may forbid its own sheets."""


def _applies(element: HtmlElement) -> bool | None:
    """Whether a `style` or `link` is a sheet that holds."""
    media = element.get("media", "")
    kind = element.get("type", "").strip().lower()
    if kind not in ("", "text/css"):
        return False
    if element.tag == "link":
        words = element.get("rel", "").lower().split()
        if "preload" in words and "stylesheet" in element.get("onload", ""):
            return True  # a script makes it a sheet once it is there
        if "stylesheet" not in words or "alternate" in words or "disabled" in element.attrib:
            return False
        if "media" in element.get("onload", ""):
            return True  # loaded late: a script lets it hold for all media then
    return media_holds(media)


def _base(element: HtmlElement, url: str) -> str:
    """What addresses of a page are relative to."""
    base = next(iter(_BASES(element)), "")
    return urljoin(url, base.strip()) if base else url


_BASES = etree.XPath("//base/@href")


class _Sheet(msgspec.Struct, frozen=True):
    """The text of a sheet, and how it is imported."""

    css: str
    layers: tuple[str, ...] = ()
    certain: bool = True


def _with_imports(element: HtmlElement, url: str, fetched: dict[str, str]) -> Iterator[_Sheet]:
    if element.tag == "style":
        css, base = _inner_css(element), url
    else:
        base = urljoin(_base(element, url), element.get("href", "").strip())
        css = _data(base) if base.startswith("data:") else fetched.get(base, "")
    yield from _imported(_Sheet(css), base, fetched, 0)


def _inner_css(style: HtmlElement) -> str:
    css = str(style.text_content())
    if "<![CDATA[" in css and next(style.iterancestors("svg"), None) is not None:
        return css.replace("<![CDATA[", "").replace("]]>", "")
    return css


def _imported(sheet: _Sheet, base: str, fetched: dict[str, str], depth: int) -> Iterator[_Sheet]:
    if depth < MAX_IMPORTS:
        for named in _imports(sheet.css, base):
            full = named.address
            inner = _data(full) if full.startswith("data:") else fetched.get(full, "")
            layers = sheet.layers if named.layer is None else (*sheet.layers, named.layer)
            certain = sheet.certain and named.certain
            yield from _imported(_Sheet(inner, layers, certain), full, fetched, depth + 1)
    yield sheet


def _data(address: str) -> str:
    """What a `data:` address holds (RFC 2397)."""
    head, _, body = address.removeprefix("data:").partition(",")
    raw = unquote_to_bytes(body)
    if head.lower().endswith(";base64"):
        try:
            raw = base64.b64decode(raw, validate=False)
        except ValueError:
            return ""
    return decode(raw)


def linked_sheets(tree: HtmlElement, url: str, given: Sequence[StyleSheet] = ()) -> list[str]:
    """Addresses of the sheets that a page links to or imports, but for the given ones."""
    found: list[str] = []
    for element in _SHEETS(tree):
        if _applies(element) is False:
            continue
        if element.tag == "link":
            found.append(urljoin(_base(element, url), element.get("href", "").strip()))
        else:
            found += [named.address for named in _imports(element.text_content(), url)]
    for sheet in given:
        css = decode(sheet.body, sheet.charset)
        found += [named.address for named in _imports(css, sheet.url)]
    known = {sheet.url for sheet in given}
    return [a for a in dict.fromkeys(found) if a.startswith("http") and a not in known]


def _imports(css: str, base: str) -> list[Import]:
    if "import" not in css.lower() and "\\" not in css:
        return []
    found = Collected()
    collect(css, found)
    return [
        Import(urljoin(base, named.address), named.layer, named.certain) for named in found.imports
    ]
