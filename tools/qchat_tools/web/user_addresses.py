"""Which addresses the user wrote: whole ones, since a part of one tells another site or page."""

import re
from collections.abc import Iterable, Iterator

from qchat_tools.base import ToolError
from qchat_tools.web.address import parse_url

_ADDRESS = re.compile(r"[^\s<>\"'`|“”‘’「」『』《》（）【】，。！？、；：]+")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
    "\U00020000-\U0003fffd]+"
)
"""Scripts without spaces, or with endings that stand right behind an address."""
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
        for run in dict.fromkeys((whole, *_runs(whole))):
            least = len(run.rstrip(_CLOSING))
            yield from (run[:end] for end in range(least or 1, len(run) + 1))


def _runs(whole: str) -> Iterator[str]:
    """What stands between words of scripts without spaces, but no piece of a longer address."""
    before = ""
    for run in _UNSPACED.split(whole):
        if "://" in run or "://" not in before:
            yield run
        before += run


def _same(written: str, url: str) -> bool:
    bare = written.partition("://")[2] or written
    host = re.match(r"[^/?#:]*", bare)
    if host is None or (host[0].isascii() and host[0].casefold() not in url.casefold()):
        return False  # most words of a text: not worth reading as an address
    spelt = [written] if "://" in written else [f"http://{written}", f"https://{written}"]
    for address in spelt:
        try:
            if _asked(address) == _asked(url):
                return True
        except ToolError:
            continue
    return False


def _asked(address: str) -> tuple[object, ...]:
    """Who is asked for what: `http://a.test` asks for `/` too. Raises ToolError."""
    parsed = parse_url(address)
    return parsed.scheme, parsed.raw_host, parsed.port, parsed.raw_path
