"""An answer in HTML as the Markdown that it was made from."""

from collections.abc import Iterator
from typing import Any

from lxml import etree, html

_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_AROUND = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`"}
_MAX_DEPTH = 100


def from_html(page: str) -> str:
    """Paragraphs, lists, code, emphasis and links; whatever else there is as its text."""
    if not page.strip():
        return ""
    try:
        root = html.fragment_fromstring(page, create_parent="div")
    except (etree.LxmlError, ValueError, AssertionError):
        return page
    lines = "".join(_children(root, "", 0)).splitlines()
    kept: list[str] = []
    for line in lines:
        if line.strip() or (kept and kept[-1]):
            kept.append(line.rstrip())
    return "\n".join(kept).strip()


def _children(element: Any, indent: str, depth: int) -> Iterator[str]:
    yield element.text or ""
    for number, child in enumerate(element, 1):
        if isinstance(child.tag, str):
            yield from _element(child, indent, number, depth)
        yield child.tail or ""


def _element(element: Any, indent: str, number: int, depth: int) -> Iterator[str]:
    tag = element.tag
    if depth > _MAX_DEPTH:
        yield element.text_content()
    elif tag == "pre":
        yield f"\n\n```\n{element.text_content().strip()}\n```\n\n"
    elif tag in _AROUND:
        yield f"{_AROUND[tag]}{element.text_content().strip()}{_AROUND[tag]}"
    elif tag in _HEADINGS:
        yield f"\n\n{_HEADINGS[tag]} {element.text_content().strip()}\n\n"
    elif tag == "a" and element.get("href"):
        yield f"[{element.text_content().strip()}]({element.get('href')})"
    elif tag == "li":
        parent = element.getparent()
        mark = f"{number}. " if parent is not None and parent.tag == "ol" else "- "
        yield f"\n{indent}{mark}"
        yield "".join(_children(element, f"{indent}  ", depth + 1)).strip()
    elif tag == "br":
        yield "\n"
    elif tag == "tr":
        cells = [cell.text_content().strip() for cell in element if isinstance(cell.tag, str)]
        yield f"\n| {' | '.join(cells)} |"
        if all(cell.tag == "th" for cell in element):
            yield f"\n|{'---|' * len(cells)}"
    elif tag in ("script", "style"):
        pass
    else:
        block = "\n\n" if tag in ("p", "div", "ul", "ol", "table", "blockquote", "hr") else ""
        yield block
        yield from _children(element, indent, depth + 1)
        yield block
