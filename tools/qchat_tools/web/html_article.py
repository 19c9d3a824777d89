"""The main text of an HTML page as Markdown, by trafilatura, of what a reader sees of it."""

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urljoin

from lxml import etree
from lxml.html import Element, HtmlElement, document_fromstring

from qchat_memory.module_stubs import stand_in
from qchat_tools.base import ToolError
from qchat_tools.web import interstitial
from qchat_tools.web.article import Article, ClientRedirect, NeedsStyleSheets, Reading
from qchat_tools.web.charset import decode
from qchat_tools.web.hidden import Hidden, drop_hidden, may_be_styled
from qchat_tools.web.linked_data import drop_bodies, texts_for_scripts
from qchat_tools.web.markup import (
    HOST,
    expand_shadows,
    framed_documents,
    put_into,
    restored_joiners,
    stand_in_for_joiners,
    tidy,
)
from qchat_tools.web.page import Page
from qchat_tools.web.page_stylesheets import linked_sheets

with stand_in("babel", "Locale", "UnknownLocaleError"):
    # 33 MB, by which its crawler guesses a page's language from the address. Nothing crawls here.
    from trafilatura import extract_with_metadata, html2txt
    from trafilatura.utils import load_html

MAX_ELEMENTS = 150_000
MAX_REFRESH_S = 20.0
MAX_FRAMES = 4
MAX_SHEETS = 12
_REFRESH = re.compile(r"\s*(\d*\.?\d*)\s*[;,]?\s*(?:url\s*=)?\s*[\"']?([^\"']*)", re.IGNORECASE)
_REFRESHES = etree.XPath(
    "//meta[translate(@http-equiv, 'REFSH', 'refsh') = 'refresh'][not(ancestor::noscript)]"
)
_FRAMES = etree.XPath("//frameset//frame[@src]")
_IFRAMES = etree.XPath("//iframe[starts-with(@src, 'http') or starts-with(@src, '/')]")
_PASSWORDS = etree.XPath("//input[@type='password']")
_NOSCRIPT = etree.XPath("//noscript")
_BODY_TEXT = etree.XPath("//body//text()[not(ancestor::script or ancestor::style)]")
_BODY = etree.XPath("normalize-space(//body)")
_COMMENT_PARTS = etree.XPath(
    "//*[contains(@class, 'comment') or contains(@id, 'comment') or contains(@class, 'comtr')"
    " or contains(@class, 'reply') or contains(@id, 'disqus') or contains(@class, 'answer')]"
)
_THREADS = etree.XPath(
    "//*[contains(@itemtype, 'QAPage') or contains(@itemtype, 'Question')"
    " or contains(@itemtype, 'DiscussionForumPosting')]|//*[@id='answers' or @id='question']"
)
_COUNT = etree.XPath("count(//*)")
_MAY_BE_THREAD = (b"comment", b"comtr", b"reply", b"disqus", b"answer", b"question", b"discussion")
_NO_LETTERS = re.compile(r"[\W_]+")
_ASIDES = etree.XPath("//aside")
MIN_SHARE = 0.25
"""An extract of less of what is seen has probably lost the text."""


class _Found(NamedTuple):
    text: str
    title: str = ""
    date: str = ""
    author: str = ""
    site: str = ""


def from_html(page: Page, *, wait_for_sheets: bool) -> Reading:
    """Raises ToolError that says why there is no text."""
    source = decode(page.body, page.charset)
    tree = _parsed(source)
    if _COUNT(tree) > MAX_ELEMENTS:
        raise ToolError(f"too complex: the page has more than {MAX_ELEMENTS:,} elements")
    elsewhere = _client_redirect(page, tree)
    if elsewhere is not None:
        return elsewhere
    if wait_for_sheets:
        sheets = linked_sheets(tree, page.url, page.sheets)[: MAX_SHEETS - len(page.sheets)]
        if sheets:
            return NeedsStyleSheets(tuple(sheets))
    return _read(page, tree, source)


def _parsed(source: str) -> HtmlElement:
    """The tree of a page; of one that is empty too, whose server may send its readers on."""
    tree = load_html(source)
    if tree is None:
        tree = document_fromstring(source if source.strip() else "<html></html>")
    return tree


def _client_redirect(page: Page, tree: HtmlElement) -> ClientRedirect | None:
    """Where a page sends its readers at once, or the frames that it consists of."""
    orders = [page.refresh, *(meta.get("content", "") for meta in _REFRESHES(tree))]
    for order in orders:
        found = _REFRESH.match(order)
        if found and found[2].strip() and float(found[1] or 0) <= MAX_REFRESH_S:
            url = urljoin(page.url, found[2].strip())
            if url.partition("#")[0] != page.url:
                return ClientRedirect((url,))
    frames = [urljoin(page.url, frame.get("src").strip()) for frame in _FRAMES(tree)]
    return ClientRedirect(tuple(dict.fromkeys(frames))[:MAX_FRAMES]) if frames else None


def _read(page: Page, tree: HtmlElement, source: str) -> Reading:
    asks_for_password = bool(_PASSWORDS(tree))
    hidden = _show(page, tree, styled=may_be_styled(source))

    def again() -> HtmlElement:
        """Once more from the beginning: trafilatura leaves a tree torn."""
        fresh = _parsed(source)
        _show(page, fresh)
        return fresh

    found = _main_text(page, tree, again)
    remarks: list[str] = []
    if len(found.text) < interstitial.SHORT and _may_need_scripts(page.body):
        found, remarks = _drawn_by_scripts(page, found)
    if len(found.text) < interstitial.SHORT:
        frames = [urljoin(page.url, frame.get("src")) for frame in _IFRAMES(tree)]
        if frames and not found.text:
            return ClientRedirect(tuple(dict.fromkeys(frames))[:1])
    interstitial.check(page.body, found.text, found.title, asks_for_password=asks_for_password)
    remarks.append(interstitial.remark(found.text, found.title))
    if hidden.undecided:
        remarks.append(
            f"{hidden.undecided} characters were left out: it cannot be told whether a reader"
            " of the page sees them."
        )
    told = tuple(remark for remark in remarks if remark)
    return Article(
        found.title, found.date, found.text, found.author, found.site, told, hidden.characters
    )


def _may_need_scripts(body: bytes) -> bool:
    """Whether a page may show its text only by a script."""
    lower = body.lower()
    return any(mark in lower for mark in (b"<script", b"<noscript", b"opacity", b"visibility"))


def _show(page: Page, tree: HtmlElement, *, revealed: bool = False, styled: bool = True) -> Hidden:
    """Bring a tree into the shape that a reader sees."""
    hidden = Hidden()
    for frame, document in list(framed_documents(tree)):
        inner = drop_hidden(document, page.url, revealed=revealed)
        hidden.characters += inner.characters
        hidden.undecided += inner.undecided
        put_into(frame, document)
    for root in expand_shadows(tree):
        _scope(root)
    found = drop_hidden(tree, page.url, page.sheets, revealed=revealed, styled=styled)
    hidden.characters += found.characters
    hidden.undecided += found.undecided
    drop_bodies(tree)
    tidy(tree, styled=styled)
    return hidden


def _scope(root: HtmlElement) -> None:
    """The sheets of a shadow tree hold in it alone; they are applied here, before the page's."""
    document = Element("html")
    parent, place = root.getparent(), root.getparent().index(root)
    tail, root.tail = root.tail, None
    host = Element(HOST)
    document.append(host)
    host.append(root)
    drop_hidden(document)
    if root.getparent() is None or host.getparent() is None:  # the host itself is not shown
        root.clear()
    for style in list(root.iter("style")):
        style.getparent().remove(style)
    root.tail = tail
    parent.insert(place, root)


def _main_text(page: Page, tree: HtmlElement, again: Callable[[], HtmlElement]) -> _Found:
    """By trafilatura; where that finds too little of what is seen, by simpler means."""
    seen = _visible(tree)
    source = page.body.lower()
    if any(mark in source for mark in _MAY_BE_THREAD) and _is_thread(tree, seen):
        _without_names(_COMMENT_PARTS(tree))
    found = _extracted(page, tree)
    if len(found.text) < max(min(len(seen) * 0.6, 20_000), 1) and len(seen) >= 40:
        found = _recalled(page, again, found, seen)
    return _checked(page, found, seen, tree)


def _recalled(page: Page, again: Callable[[], HtmlElement], found: _Found, seen: str) -> _Found:
    """Once more without the names by which margins are told, then all that is seen."""
    if len(found.text) >= max(len(seen) * MIN_SHARE, interstitial.SHORT):
        return found
    tree = again()
    for aside in _ASIDES(tree):
        aside.tag = "div"
    _without_names(tree.iter("div", "section", "span", "td", "p", "ul", "li"))
    other = _extracted(page, tree)
    if len(other.text) > len(found.text) * 1.5:
        found = found._replace(text=other.text)
    if len(found.text) < min(len(seen) * MIN_SHARE, interstitial.SHORT):
        plain = html2txt(again())
        if len(plain) > len(found.text) * 1.5:
            found = found._replace(text=plain)
    return found


def _visible(tree: HtmlElement) -> str:
    body = tree.find("body")
    if body is not None and next(body.iter("script", "style"), None) is None:
        return str(_BODY(tree))
    return " ".join(" ".join(_BODY_TEXT(tree)).split())


def _is_thread(tree: HtmlElement, seen: str) -> bool:
    """Whether comments are the page: a question with answers, a discussion."""
    if _THREADS(tree):
        return True
    parts = [p for p in _COMMENT_PARTS(tree) if p.tag not in ("body", "html", "a", "script")]
    outer = (
        [p for p in parts if not any(a in parts for a in p.iterancestors())]
        if len(parts) < 500
        else parts[:1]
    )
    said = sum(len(" ".join(part.text_content().split())) for part in outer)
    return said > len(seen) / 2


def _without_names(elements: object) -> None:
    """Take away the names by which trafilatura tells comments and margins from the text."""
    for element in list(elements):  # type: ignore[call-overload]
        for name in ("class", "id", "role"):
            element.attrib.pop(name, None)


def _extracted(page: Page, tree: HtmlElement) -> _Found:
    joined = stand_in_for_joiners(tree)
    found = extract_with_metadata(
        tree,
        url=page.url,
        output_format="markdown",
        include_comments=False,
        include_tables=True,
        include_links=True,
    )
    if found is None:
        return _Found("")
    author = (found.author or "").replace("; ", ", ")
    text = _without_header(found.text or "")
    text = restored_joiners(text) if joined else text
    return _Found(text, found.title or "", found.date or "", author, found.sitename or "")


def _without_header(text: str) -> str:
    """The text alone, without the lines between dashes in which trafilatura tells what it knows."""
    if text.startswith("---\n"):
        text = text.partition("\n---\n")[2]
    return text.strip()


def _checked(page: Page, found: _Found, seen: str, tree: HtmlElement) -> _Found:
    """Names that only machines are told count where a reader sees them too."""
    heads = " ".join(str(title.text or "") for title in tree.iter("title"))
    shown = f"{heads} {seen}"
    names = [name for name in found.author.split(", ") if _is_shown(name, shown)]
    title = found.title if _is_shown(found.title, shown) else " ".join(heads.split())
    site = found.site
    if site.lower() in page.url.lower() or not _is_shown(site, shown):
        site = ""  # the address tells it already, or no reader sees it
    return found._replace(author=", ".join(names), title=title, site=site)


def _is_shown(name: str, shown: str) -> bool:
    return name in shown or (bool(name) and _folded(name) in _folded(shown))


def _folded(text: str) -> str:
    return _NO_LETTERS.sub("", text.casefold())


def _drawn_by_scripts(page: Page, found: _Found) -> tuple[_Found, list[str]]:
    """A page without text of its own may still carry what its scripts would draw it from."""
    source = decode(page.body, page.charset)

    def appeared() -> HtmlElement:
        tree = _parsed(source)
        _show(page, tree, revealed=True)
        return tree

    def without_scripts() -> HtmlElement:
        tree = _parsed(source)
        for element in _NOSCRIPT(tree):
            element.tag = "div"
        _show(page, tree)
        return tree

    shown = _main_text(page, appeared(), appeared)
    if len(shown.text) > max(len(found.text) * 2, interstitial.SHORT / 2):
        return shown, ["The page's text appears only by a script: it was read as if it had."]
    if b"<noscript" in page.body.lower():
        plain = _main_text(page, without_scripts(), without_scripts)
        if len(plain.text) > max(len(found.text) * 2, interstitial.SHORT / 2):
            return plain, ["This is what the page says to readers without scripts."]
    kept = _parsed(source)
    data = texts_for_scripts(kept)
    if len(data) > max(len(found.text) * 2, 100):
        text = f"{found.text}\n\n{data}".strip()
        return found._replace(text=text), [
            "The page is drawn by scripts: this is the data that it is drawn from."
        ]
    return found, []
