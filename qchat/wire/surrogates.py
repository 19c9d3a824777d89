"""Characters that came in halves are put together; a half that stays alone costs one character.

Servers that count UTF-16 units, or bytes, cut an emoji in two. In Python's text such halves stand
as surrogates: U+D800 to U+DFFF for halves of a pair, U+DC80 to U+DCFF also for single bytes that
were no UTF-8 (`surrogateescape`).
"""

import codecs
import re

_HALF = re.compile("[\ud800-\udfff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_BYTES = re.compile("[\udc80-\udcff]+")
_OPEN_PAIR = re.compile("[\ud800-\udbff]\\Z")
_OPEN_BYTES = re.compile("(?<![\ud800-\udbff])[\udc80-\udcff]{1,4}\\Z")


def mended(text: str) -> str:
    """The same text without halves: joined where both stand together, replaced where not."""
    if text.isascii() or _HALF.search(text) is None:
        return text
    text = _PAIR.sub(_joined, text)
    text = _BYTES.sub(_decoded, text)
    return _HALF.sub("\ufffd", text)


class Mender:
    """The same for text that comes in pieces: a half at the end waits for the next piece."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """What is certain by now."""
        if not self._held and (text.isascii() or _HALF.search(text) is None):
            return text
        text = self._held + text
        kept = _open_end(text)
        self._held = text[kept:]
        return mended(text[:kept])

    def close(self) -> str:
        """Nothing more comes: what waited is given out as it can be."""
        held, self._held = self._held, ""
        return mended(held)


def _open_end(text: str) -> int:
    """Where the end begins that the next piece may complete."""
    if found := _OPEN_PAIR.search(text):
        return found.start()
    found = _OPEN_BYTES.search(text)
    if found is None:
        return len(text)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(found.group().encode("utf-8", "surrogateescape"))
    return len(text) - len(decoder.getstate()[0])


def _joined(pair: "re.Match[str]") -> str:
    return pair.group().encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _decoded(run: "re.Match[str]") -> str:
    return run.group().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
