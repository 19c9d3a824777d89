"""What a page tells machines: data for search engines, and the state that scripts draw it from.

Readers do not see it. Its names and dates may be taken over; its texts only where a page has none
of its own, because a script would draw it from just these.
"""

from typing import Any

import msgspec
from lxml import etree
from lxml.html import HtmlElement, fromstring

_LINKED_DATA = etree.XPath("//script[contains(@type, 'ld+json')]")
_STATE = etree.XPath("//script[contains(@type, 'json') and not(contains(@type, 'ld+json'))]")
_BODIES = ("articlebody", "text", "description", "abstract", "reviewbody", "acceptedanswer")
_MAX_DEPTH = 20
_MIN_SENTENCE = 60


def drop_bodies(tree: HtmlElement) -> None:
    """Data for search engines may tell the title, author and date, not another text."""
    for script in _LINKED_DATA(tree):
        data = _decoded(script)
        script.text = (
            msgspec.json.encode(_without_bodies(data)).decode() if data is not None else ""
        )


def texts_for_scripts(tree: HtmlElement) -> str:
    """The texts that scripts would draw the page from, as paragraphs; empty if there are none."""
    found: list[str] = []
    for script in _LINKED_DATA(tree):
        _bodies(_decoded(script), found, 0)
    if not found:
        for script in _STATE(tree):
            _sentences(_decoded(script), found, 0)
    return "\n\n".join(dict.fromkeys(found))


def _decoded(script: HtmlElement) -> Any:
    try:
        return msgspec.json.decode((script.text or "").strip().encode())
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _without_bodies(data: Any, depth: int = 0) -> Any:
    if depth > _MAX_DEPTH:
        return None
    match data:
        case dict():
            kept = {k: v for k, v in data.items() if k.lower() not in _BODIES}
            return {k: _without_bodies(v, depth + 1) for k, v in kept.items()}
        case list():
            return [_without_bodies(item, depth + 1) for item in data]
        case _:
            return data


def _bodies(data: Any, found: list[str], depth: int) -> None:
    if depth > _MAX_DEPTH:
        return
    if isinstance(data, dict):
        for key, value in data.items():
            if key.lower() in ("articlebody", "text", "reviewbody") and isinstance(value, str):
                found.append(_plain(value))
            else:
                _bodies(value, found, depth + 1)
    elif isinstance(data, list):
        for item in data:
            _bodies(item, found, depth + 1)


def _sentences(data: Any, found: list[str], depth: int) -> None:
    """Strings that read like text: long, and of words."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(data, str):
        if len(data) >= _MIN_SENTENCE and data.count(" ") >= len(data) / 15 and "{" not in data:
            found.append(_plain(data))
    elif isinstance(data, dict | list):
        for item in data.values() if isinstance(data, dict) else data:
            _sentences(item, found, depth + 1)


def _plain(text: str) -> str:
    if "<" not in text:
        return text.strip()
    try:
        return str(fromstring(f"<div>{text}</div>").text_content()).strip()
    except (etree.LxmlError, ValueError):
        return text.strip()
