"""A page's tree put into the shape in which its text can be taken out without loss.

What a browser shows and trafilatura leaves out or puts out of order: shadow trees, framed
documents that stand in the page itself, code in tables with line numbers, lists in cells of tables.
"""

import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement, fromstring

from qchat_tools.web.css.presentation import BLOCKS
from qchat_tools.web.ruby import write_out

_SHADOWS = etree.XPath("//template[@shadowrootmode or @shadowroot]")
_FRAMED = etree.XPath("//iframe[@srcdoc]")
_CODE = etree.XPath("//pre[.//*[not(self::code)]]")
_CODE_TABLES = etree.XPath("//table[.//pre or .//td[contains(@class, 'code')]]")
_CELL_LISTS = etree.XPath("//*[self::td or self::th][.//li or .//p or .//div]")
_DATES_IN_TEXT = etree.XPath(
    "//time[not(*)][parent::p or parent::li or parent::td or parent::dd or ../parent::p]"
)
_NOTES = etree.XPath("//aside[ancestor::article or ancestor::main][.//p and not(.//a)]")
"""Remarks of a text; lists of other pages consist of links."""
_JOINED = etree.XPath("boolean(//text()[contains(., '\u200c') or contains(., '\u200d')])")
_JOINERS = {"\u200c": "\u16ed", "\u200d": "\u16eb"}
"""Joiners, which Persian and Indian words and pictures of families need, and trafilatura takes
out; with runes' marks in their place, which no page of those scripts has."""
_JUDGED = etree.XPath("//*[@style or @aria-hidden or @hidden]")
_NUMBERS = re.compile(r"[\s\d|.:•]*")
_NUMBER_CLASS = re.compile(
    r"(?:^|[\s_-])(?:line-?no|linenos?|line-?numbers?|lineno|lnt?|gutter|blob-num|rouge-gutter)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
MAX_NESTED = 20
HOST = "shadow-host"
"""Stands for the host of a shadow tree in that tree's own sheets."""


def tidy(tree: HtmlElement, *, styled: bool = True) -> None:
    """Bring a tree into shape, once what is not seen has been taken out of it.

    What remains is seen: trafilatura shall not judge it by its attributes once more.
    """
    for element in _JUDGED(tree) if styled else ():
        for name in ("style", "aria-hidden", "hidden"):
            element.attrib.pop(name, None)
    for element in tree.iter("dialog"):
        element.tag = "div"
    for element in tree.iter("figure", "figcaption"):  # which trafilatura leaves out as a whole
        element.tag = "div" if element.tag == "figure" else "p"
    for date in _DATES_IN_TEXT(tree):
        _into_text(date)
    for note in _NOTES(tree):
        note.tag = "div"
    for formula in list(tree.iter("math")):
        _spell_out(formula)
    for ruby in [e for e in tree.iter("ruby") if not any(True for _ in e.iterancestors("ruby"))]:
        write_out(ruby)
    for areas in tree.iter("map"):  # which trafilatura leaves out with the text in it
        areas.tag = "div" if any(child.tag in BLOCKS for child in areas) else "span"
    if next(tree.iter("pre", "table", "ul", "ol"), None) is None:
        return
    for table in _CODE_TABLES(tree):
        _untable_code(table)
    for pre in _CODE(tree):
        _flatten_code(pre)
    for cell in _CELL_LISTS(tree):
        _flatten_cell(cell)


def _into_text(date: HtmlElement) -> None:
    """Let a date's words in a sentence stand beside its element, which trafilatura leaves out.

    The element stays, as it may tell when the page was written.
    """
    before = date.getprevious()
    beside = (date.getparent().text if before is None else before.tail) or ""
    if beside.strip() or (date.tail or "").strip():
        words, date.text = f"{date.text or ''}{date.tail or ''}", None
        date.tail = words


def stand_in_for_joiners(tree: HtmlElement) -> bool:
    """Put marks in the place of joiners; gives whether there are any (see `restored_joiners`)."""
    if not _JOINED(tree):
        return False
    table = {ord(joiner): mark for joiner, mark in _JOINERS.items()}
    for element in tree.iter():
        if element.text:
            element.text = element.text.translate(table)
        if element.tail:
            element.tail = element.tail.translate(table)
    return True


def restored_joiners(text: str) -> str:
    """The text with joiners where their marks stand."""
    return text.translate({ord(mark): joiner for joiner, mark in _JOINERS.items()})


def expand_shadows(tree: HtmlElement) -> list[HtmlElement]:
    """Put declarative shadow trees in the place of their hosts' children, as browsers do.

    Children that no slot takes up are not shown, and go. Gives the roots, for their own sheets.
    """
    roots = []
    for template in _SHADOWS(tree)[:MAX_NESTED]:
        host = template.getparent()
        if host is None:
            continue
        root = etree.SubElement(host, "div")
        root.text, template.text = template.text, None
        for child in list(template):
            root.append(child)
        host.remove(template)
        for style in root.iter("style"):
            style.text = "".join(style.itertext()).replace(":host", HOST)
        _fill_slots(host, root)
        roots.append(root)
    return roots


def _fill_slots(host: HtmlElement, root: HtmlElement) -> None:
    light = [child for child in host if child is not root and isinstance(child.tag, str)]
    bare = (host.text or "").strip()
    for slot in list(root.iter("slot")):
        name = slot.get("name", "")
        taken = [child for child in light if child.get("slot", "") == name]
        slot.tag = "div"
        if taken or (bare and not name):
            for child in list(slot):
                slot.remove(child)
            slot.text = bare if not name else None
            for child in taken:
                slot.append(child)  # moves it here
    for child in light:
        if child.getparent() is host:
            host.remove(child)
    host.text = None


def framed_documents(tree: HtmlElement) -> Iterator[tuple[HtmlElement, HtmlElement]]:
    """Frames whose documents stand in the page itself, each with its document's tree."""
    for frame in _FRAMED(tree)[:MAX_NESTED]:
        try:
            yield frame, fromstring(f"<html><body>{frame.get('srcdoc')}</body></html>")
        except (etree.LxmlError, ValueError):
            continue


def put_into(frame: HtmlElement, document: HtmlElement) -> None:
    """Let a frame hold what its document shows."""
    frame.tag = "div"
    del frame.attrib["srcdoc"]
    sizes = [(side, frame.get(side, "").strip()) for side in ("width", "height")]
    own = "".join(f"{side}:{value}px;" for side, value in sizes if value.isdigit())
    frame.set("style", f"overflow:hidden;{own}{frame.get('style', '')}")
    for child in list(frame):
        frame.remove(child)
    body = document if document.tag == "body" else document.find(".//body")
    source = body if body is not None else document
    frame.text = source.text
    for child in list(source):
        frame.append(child)


def _untable_code(table: HtmlElement) -> None:
    """A table that lays out code beside line numbers becomes the code."""
    pres = [pre for pre in table.iter("pre") if not _is_numbers(pre)]
    if pres and all(_is_numbers(cell) or cell.find(".//pre") is not None for cell in _cells(table)):
        code = "\n".join(_code_text(pre).strip("\n") for pre in pres)
    elif not pres and _is_listing(table):
        rows = [_listing_row(row) for row in table.iter("tr")]
        code = "\n".join(row for row in rows if row is not None)
    else:
        return
    language = next((c.get("class") for c in table.iter("code") if c.get("class")), None)
    _become_code(table, code, language)


def _cells(table: HtmlElement) -> list[HtmlElement]:
    return [cell for cell in table.iter("td", "th") if cell.text_content().strip()]


def _is_numbers(element: HtmlElement) -> bool:
    return bool(_NUMBERS.fullmatch(element.text_content()))


def _is_listing(table: HtmlElement) -> bool:
    """Whether each row is one line of code, with its number in a cell before it."""
    rows = list(table.iter("tr"))
    coded = [
        row
        for row in rows
        if any("code" in cell.get("class", "").lower() for cell in row.iter("td"))
    ]
    return len(rows) > 0 and len(coded) >= len(rows) * 0.8


def _listing_row(row: HtmlElement) -> str | None:
    cells = [cell for cell in row.iter("td") if "code" in cell.get("class", "").lower()]
    return _code_text(cells[-1]).strip("\n") if cells else None


def _become_code(element: HtmlElement, code: str, language: str | None) -> None:
    tail = element.tail
    element.clear()
    element.tail = tail
    element.tag = "pre"
    inner = etree.SubElement(element, "code")
    if language:
        inner.set("class", language)
    inner.text = code


def _flatten_code(pre: HtmlElement) -> None:
    """Code as plain text: highlighting and line numbers go, its lines and indentation stay."""
    code = _code_text(pre)
    children = [child for child in pre if isinstance(child.tag, str)]
    coded = len(children) == 1 and children[0].tag == "code"
    language = children[0].get("class") if coded else None
    tail = pre.tail
    attributes = dict(pre.attrib)
    pre.clear()
    pre.tail = tail
    pre.attrib.update(attributes)
    if not coded:
        pre.text = code
        return
    inner = etree.SubElement(pre, "code")
    if language:
        inner.set("class", language)
    inner.text = code


def _code_text(element: HtmlElement) -> str:
    pieces: list[str] = []
    _gather(element, pieces, 0)
    return "".join(pieces)


def _gather(element: HtmlElement, pieces: list[str], depth: int) -> None:
    if depth > 60:
        pieces.append(element.text_content())
        return
    pieces.append(element.text or "")
    for child in element:
        if isinstance(child.tag, str):
            if child.tag == "br":
                pieces.append("\n")
            elif not (_NUMBER_CLASS.search(child.get("class", "")) and _is_numbers(child)):
                block = child.tag in BLOCKS
                if block and pieces and not "".join(pieces[-2:]).endswith("\n") and "".join(pieces):
                    pieces.append("\n")
                _gather(child, pieces, depth + 1)
                if block and not "".join(pieces[-2:]).endswith("\n"):
                    pieces.append("\n")
        pieces.append(child.tail or "")


def _flatten_cell(cell: HtmlElement) -> None:
    """Blocks in a cell become one line: a Markdown table has no room for more."""
    if cell.find(".//table") is not None or cell.find(".//pre") is not None:
        return
    blocks = [b for b in cell.iter("li", "p", "div", "ul", "ol", "br") if b is not cell]
    for block in blocks:
        if block.tag in ("li", "p", "div") and _has_text_before(block, cell):
            block.text = f"; {(block.text or '').lstrip()}" if block.tag == "li" else block.text
        if block.tag in ("p", "div", "br"):
            block.tail = f" {block.tail or ''}"
        if block.tag != "br":
            block.tag = "span"


def _has_text_before(block: HtmlElement, cell: HtmlElement) -> bool:
    previous = block.getprevious()
    if previous is not None:
        return True
    parent = block.getparent()
    text = parent.text if parent is not None else None
    return bool((text or "").strip()) or (
        parent is not None and parent is not cell and _has_text_before(parent, cell)
    )


_BETWEEN = {"msup": "^", "msub": "_", "mfrac": "/", "mover": "^", "munder": "_"}


def _spell_out(formula: HtmlElement) -> None:
    """A formula as one line of text: x^2, a/b."""
    text = " ".join(_spelt(formula, 0).split())
    tail = formula.tail
    formula.clear()
    formula.tail = tail
    formula.tag = "span"
    formula.text = text


def _spelt(element: HtmlElement, depth: int) -> str:
    if depth > 40 or not isinstance(element.tag, str):
        return ""
    between = _BETWEEN.get(element.tag, "")
    parts = [part for part in (_spelt(child, depth + 1) for child in element) if part]
    if between:
        parts = [part if len(part) == 1 else f"({part})" for part in parts]
    return (element.text or "").strip() + between.join(parts)
