"""HTML as text: everything but scripts and styles, with headings, in the order of the page."""

from collections.abc import Iterator
from typing import Any

from qchat.knowledge.reading.base import Section, UnreadableError

_UNSEEN = frozenset({"script", "style", "template", "noscript", "head", "svg"})
_NAMES = (
    "p div li tr h1 h2 h3 h4 h5 h6 section article header footer blockquote pre table ul ol"
    " dl dt dd figure figcaption main nav aside br hr body"
)
_BLOCKS = frozenset(_NAMES.split())
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}


def from_html(data: bytes) -> list[Section]:
    """All that it says, headings marked as in Markdown."""
    text = text_of(data)
    if not text.strip():
        raise UnreadableError("a page without text")
    return [Section("", "", text)]


def text_of(data: bytes) -> str:
    """The text of a page of HTML. Raises UnreadableError."""
    from lxml import etree, html  # noqa: PLC0415  slow to load

    parser = html.HTMLParser(no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(data, parser=parser)
    except (etree.LxmlError, ValueError, AssertionError, TypeError) as error:
        raise UnreadableError("a damaged page") from error
    lines = ("".join(_pieces(root))).splitlines()
    kept: list[str] = []
    for line in lines:
        line = " ".join(line.split())  # noqa: PLW2901
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept)


def _pieces(root: Any) -> Iterator[str]:
    """The text in order; without recursion, since pages may be nested as deep as they like."""
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        element, closing = stack.pop()
        tag = element.tag if isinstance(element.tag, str) else ""
        if closing:
            if tag in _BLOCKS:
                yield "\n\n" if tag in _HEADINGS or tag == "p" else "\n"
            yield element.tail or ""
            continue
        if tag in _UNSEEN or not tag:
            yield element.tail or ""
            continue
        if tag in _BLOCKS:
            yield "\n"
        if tag in _HEADINGS:
            yield f"\n{_HEADINGS[tag]} "
        yield element.text or ""
        stack.append((element, True))
        stack += [(child, False) for child in reversed(element)]
