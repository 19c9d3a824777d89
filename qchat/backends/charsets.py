"""Bodies in another charset than UTF-8, where their header names it: UTF-8 comes out.

Many servers name a charset that is not so, most of all latin-1, so the bytes themselves are asked
first, each time some have come.
"""

import codecs
import re

import webencodings

_NAMED = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.I)
_UTF8 = codecs.lookup("utf-8")
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_THREE_BYTES = "\u0800"
"""The first character that takes three in UTF-8; what takes two may be any Chinese charset's."""


class Recoder:
    """Bytes in, UTF-8 out, however they are cut; `content_type` is what the header says."""

    def __init__(self, content_type: str) -> None:
        named = _NAMED.search(content_type)
        found = webencodings.lookup(named[1]) if named else None
        self._charset = found.codec_info if found and found.name != "utf-8" else None
        self._narrow = self._charset is None or _is_narrow(self._charset)
        self._began = False
        self._sure = False
        """Whether the charset that is named was seen to be so."""
        self._held = b""
        """Half a character, and what stands before it where that does not show yet what it is."""

    def feed(self, data: bytes, *, last: bool = False) -> bytes:
        """Recode the next bytes. Never fails: what is in neither charset is replaced."""
        if self._charset is None:
            return data
        data, self._held = self._held + data, b""
        if not self._began and data:
            self._began = True
            for mark, name in _MARKS:
                if data.startswith(mark):
                    self._charset, data = codecs.lookup(name), data[len(mark) :]
        if not self._sure and data.isascii() and b"\0" not in data:
            return data
        charset = self._charset if self._sure else self._told(data, self._charset)
        if charset is None and not last:
            self._held = data
            return b""
        self._sure = charset is self._charset and not self._narrow
        decoder = (charset or self._charset).incrementaldecoder("replace")
        text = decoder.decode(data, last)
        self._held = decoder.getstate()[0]
        return text.encode("utf-8", "replace")

    def _told(self, data: bytes, named: codecs.CodecInfo) -> codecs.CodecInfo | None:
        """In which one these bytes are; None where they may be in either."""
        if b"\0" in data:  # of UTF-16
            return named
        try:
            text = _UTF8.incrementaldecoder().decode(data)
        except UnicodeDecodeError:
            return named
        if text.isascii():
            return None
        return _UTF8 if self._narrow or max(text) >= _THREE_BYTES else named


def _is_narrow(charset: codecs.CodecInfo) -> bool:
    """Whether each of its characters is one byte."""
    every = bytes(range(256))
    return len(charset.decode(every, "replace")[0]) == len(every)
