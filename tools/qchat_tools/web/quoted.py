"""Which addresses the user wrote: whole ones, since a part of one tells another site or page."""

import re
from collections.abc import Iterable, Iterator

from qchat_tools.base import ToolError
from qchat_tools.web.address import parse_url

_ADDRESS = re.compile(r"[^\s<>\"'`|“”‘’「」『』《》（）【】，。！？、；：]+")
_ASCII = re.compile(r"[!-~]+")
_OPENING, _CLOSING = "([{*_", ".,;:!?)]}*_…"
"""What stands around an address in a sentence; a closing bracket may also belong to it."""


def is_quoted(texts: Iterable[str], url: str) -> bool:
    """Whether the user wrote this very address, with or without its scheme.

    `url` is as `parse_url` gives it.
    """
    return any(_same(written, url) for text in texts for written in _written(text))


def _written(text: str) -> Iterator[str]:
    for found in _ADDRESS.finditer(text):
        whole = found[0].lstrip(_OPENING)
        if not ("." in whole or "://" in whole or ":" in whole):
            continue
        # Scripts without spaces go on right behind an address.
        for run in dict.fromkeys((whole, *(part[0] for part in _ASCII.finditer(whole)))):
            least = len(run.rstrip(_CLOSING))
            yield from (run[:end] for end in range(least or 1, len(run) + 1))


def _same(written: str, url: str) -> bool:
    bare = written.partition("://")[2] or written
    host = re.match(r"[^/?#]*", bare)
    if host is None or host[0].casefold() not in url.casefold():
        return False  # most words of a text: not worth reading as an address
    spelt = [written] if "://" in written else [f"http://{written}", f"https://{written}"]
    for address in spelt:
        try:
            if str(parse_url(address)) == url:
                return True
        except ToolError:
            continue
    return False
