"""One displayed value, which comes in several media types: the form that a terminal shows best."""

import base64
import binascii
import contextlib
import json
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from qchat_tools.files import picture_kind
from qchat_tools.parts import TablePart

_MAX_ALT_CHARACTERS = 300
_MAX_HTML_CHARACTERS = 500_000
_MAX_CELL_CHARACTERS = 500
_ROWS = 500
_COLUMNS = 60
_MAX_JSON_CHARACTERS = 8_000
_DEFAULT_REPR = re.compile(
    r"<[\w. ]+? (?:object|(?:object )?at 0x[0-9a-fA-F]+)>|<Figure size \d+x\d+ with 0 Axes>"
)
"""What Python says of a value that has nothing to say of itself."""
_EMBEDDED = {"img": "picture", "iframe": "page", "audio": "audio", "video": "video"}


class Displayed(msgspec.Struct, frozen=True):
    """A picture with `text` for its description, a table, or text alone; sizes in pixels."""

    text: str
    picture: bytes = b""
    media_type: str = ""
    width: int = 0
    height: int = 0
    table: TablePart | None = None
    file: str = ""
    """The name under which `picture` is kept where it is none that can be drawn."""


def displayed(data: Mapping[str, Any]) -> Displayed:
    """Choose among the media types of a bundle; what is not what it claims to be is passed over."""
    plain = encodable(_text(data, "text/plain"))
    said = "" if _DEFAULT_REPR.fullmatch(plain) else plain
    picture = _picture(data, said[:_MAX_ALT_CHARACTERS])
    if picture is not None:
        return picture
    html = encodable(_text(data, "text/html")[:_MAX_HTML_CHARACTERS])
    if "<table" in html and (said or not _has_more(html)):
        table = _table(html, said)
        if table is not None:
            return Displayed(said, table=table)
    for media_type in ("text/markdown", "text/latex"):
        written = encodable(_text(data, media_type))
        if written and not said:
            return Displayed(written)
    file = _file(data)
    if file is not None:
        return file
    return Displayed(said or _visible_text(html) or _structured(data) or plain)


def encodable(text: str) -> str:
    """Replace lone surrogates: Python prints them, but neither a file nor a database takes them."""
    return text.encode("utf-8", "replace").decode()


def _text(data: Mapping[str, Any], media_type: str) -> str:
    value = data.get(media_type)
    return value if isinstance(value, str) else ""


def _picture(data: Mapping[str, Any], alt: str) -> Displayed | None:
    for media_type in ("image/png", "image/jpeg"):
        try:
            decoded = base64.b64decode(_text(data, media_type))
        except (binascii.Error, ValueError):
            continue
        kind = picture_kind(decoded)
        if kind is not None:
            return Displayed(alt, decoded, *kind)
    svg = _text(data, "image/svg+xml")
    if not svg:
        return None
    svg = encodable(svg)
    return Displayed(alt or _words_of(svg), svg.encode(), "image/svg+xml")


def _words_of(svg: str) -> str:
    """What is written in a drawing."""
    texts = _parsed(svg).xpath("//title|//text") if len(svg) < _MAX_HTML_CHARACTERS else []
    words = " ".join(" ".join(str(text.text_content()) for text in texts).split())
    return words[:_MAX_ALT_CHARACTERS]


def _has_more(html: str) -> bool:
    """Whether HTML says anything beside its first table, which that alone would leave out."""
    root = _parsed(html)
    for first in root.xpath("(//table)[1]|//script|//style"):
        first.drop_tree()
    return bool(str(root.text_content()).strip())


def _table(html: str, plain: str) -> TablePart | None:
    """Read the first table; a cell that spans several columns or rows stands in each of them."""
    tables = _parsed(html).xpath("//table")
    if not tables:
        return None
    grid: dict[tuple[int, int], str] = {}
    head_rows = 0
    lines = tables[0].xpath(".//tr")[:_ROWS]
    for y, line in enumerate(lines):
        cells = line.xpath("./th|./td")
        if not line.xpath("./td") and y == head_rows:
            head_rows += 1
        x = 0
        for cell in cells:
            while (x, y) in grid:
                x += 1
            if x >= _COLUMNS:
                break
            text = " ".join(str(cell.text_content()).split())[:_MAX_CELL_CHARACTERS]
            wide = _span(cell, "colspan", _COLUMNS - x)
            high = _span(cell, "rowspan", len(lines) - y)
            for place in ((x + i, y + j) for i in range(wide) for j in range(high)):
                grid[place] = text
            x += wide
    width = max((x for x, _ in grid), default=-1) + 1
    if not width:
        return None
    rows = [tuple(grid.get((x, y), "") for x in range(width)) for y in range(len(lines))]
    heads = rows[: max(head_rows, 1)] if head_rows else [("",) * width]
    head = tuple(" ".join(dict.fromkeys(filter(None, names))) for names in zip(*heads, strict=True))
    caption = " ".join(" ".join(tables[0].xpath("./caption//text()")).split())
    if caption and not plain:
        laid_out = [" | ".join(row) for row in (head, *rows[head_rows:])]
        plain = "\n".join((caption, *laid_out))
    return TablePart(head, tuple(rows[head_rows:]), plain)


def _span(cell: Any, name: str, most: int) -> int:
    value = cell.get(name, "1")
    return min(max(int(value), 1), most) if value.isdecimal() and len(value) < 6 else 1


def _file(data: Mapping[str, Any]) -> Displayed | None:
    """Keep what only other programs can show."""
    for media_type, name in (
        ("image/gif", "picture.gif"),
        ("image/webp", "picture.webp"),
        ("application/pdf", "document.pdf"),
    ):
        with contextlib.suppress(binascii.Error, ValueError):
            decoded = base64.b64decode(_text(data, media_type))
            if decoded:
                return Displayed("", decoded, media_type, file=name)
    return None


def _structured(data: Mapping[str, Any]) -> str:
    """The text of JSON, of charts that are described by it, and of scripts, which are not run."""
    for media_type, value in data.items():
        if media_type == "application/javascript" and isinstance(value, str):
            return f"[JavaScript, which is not run: {encodable(value)[:_MAX_JSON_CHARACTERS]}]"
        if media_type == "application/json" or media_type.endswith("+json"):
            text = encodable(json.dumps(value, ensure_ascii=False))
            more = " …" if len(text) > _MAX_JSON_CHARACTERS else ""
            return text[:_MAX_JSON_CHARACTERS] + more
    return ""


def _visible_text(html: str) -> str:
    """What is to be read in HTML, and what it embeds from elsewhere, which is not loaded."""
    if not html:
        return ""
    root = _parsed(html)
    for hidden in root.xpath("//script|//style"):
        hidden.drop_tree()
    for embedded in root.xpath("|".join(f"//{tag}" for tag in _EMBEDDED)):
        source = next(iter(embedded.xpath("./@src|./source/@src")), "")
        if source:
            where = "" if source.startswith("data:") else f" {source[:500]}"
            embedded.tail = f"[{_EMBEDDED[embedded.tag]}{where}]{embedded.tail or ''}"
            embedded.drop_tree()
    from lxml.html.defs import block_tags  # noqa: PLC0415  like lxml.html itself

    for element in root.iter():
        _part(element, element.tag in block_tags or element.tag in _PARTS)
    for text in root.xpath("//pre//text()"):
        name = "text" if text.is_text else "tail"
        setattr(text.getparent(), name, text.replace(" ", _BLANK))
    lines = (" ".join(line.split()) for line in str(root.text_content()).splitlines())
    return "\n".join(filter(None, lines)).replace(_BLANK, " ")


_PARTS = ("li", "tr", "dt", "dd", "caption", "figure", "figcaption", "details", "summary")
"""Of lists, tables and their like, each on lines of its own; lxml counts only wholes as blocks."""
_BLANK = "\ue000"
"""Stands for a blank that counts, while the others are taken together."""


def _part(element: Any, is_block: bool) -> None:
    """Let an element stand on lines of its own, or beside the cell before it."""
    if element.tag == "br":
        element.tail = f"\n{element.tail or ''}"
    elif element.tag in ("td", "th"):
        between = " | " if element.getprevious() is not None else ""
        element.text = f"{between}{element.text or ''}"
    elif is_block and element.getparent() is not None:
        mark = "- " if element.tag == "li" else ""
        element.text = f"\n{mark}{element.text or ''}"
        element.tail = f"\n{element.tail or ''}"


def _parsed(html: str) -> Any:
    import lxml.html  # noqa: PLC0415  slow to load, and few outputs are HTML

    return lxml.html.fromstring(f"<div>{html.replace(chr(0), '')}</div>")
