"""Unpacking what a server packed, piece by piece, so that a small bomb never becomes a big piece.

RFC 9110, 8.4. Only gzip is asked for; `deflate` comes unasked and is told by its first bytes.
"""

import zlib
from collections.abc import Callable

from qchat_tools.base import ToolError

MAX_PIECE = 64 * 1024
_IDENTITY = ("", "identity", "none", "utf-8", "utf8", "binary", "8bit", "7bit")
"""What servers write for "not packed", names of charsets among it."""
_GZIP = ("gzip", "x-gzip")
_RAW, _ZLIB, _GZIP_BITS = -zlib.MAX_WBITS, zlib.MAX_WBITS, zlib.MAX_WBITS | 16


class Inflate:
    """Unpacks gzip or deflate; what is fed in gives pieces of at most `MAX_PIECE` bytes.

    A gzip file may have several members, one after another (RFC 1952, 2.2).
    """

    def __init__(self, coding: str) -> None:
        self._gzip = coding in _GZIP
        self._stream: zlib._Decompress | None = None
        self._complete = False

    def feed(self, packed: bytes, take: Callable[[bytes], None]) -> None:
        """Unpack a piece and hand on what comes of it. Raises ToolError for damage."""
        rest = packed
        while rest:
            if self._stream is None or self._stream.eof:
                if self._complete and not (
                    self._gzip and rest.startswith(b"\x1f\x8b"[: len(rest)])
                ):
                    return  # what stands after the end belongs to nothing
                self._stream = zlib.decompressobj(wbits=self._bits(rest))
                self._complete = False
            try:
                piece = self._stream.decompress(rest, MAX_PIECE)
            except zlib.error as error:
                raise ToolError("the page is damaged: it cannot be decompressed") from error
            if piece:
                take(piece)
            self._complete = self._stream.eof
            rest = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail

    def finish(self, take: Callable[[bytes], None]) -> None:
        """Nothing more comes: hand on what waits. Raises ToolError if the end is missing."""
        while self._stream is not None and (piece := self._stream.decompress(b"", MAX_PIECE)):
            take(piece)
        if self._stream is None or not self._stream.eof:
            raise ToolError("the page is damaged: its end is missing")

    def _bits(self, start: bytes) -> int:
        if self._gzip:
            return _GZIP_BITS
        # "deflate" should be the zlib format; half of the servers send it bare.
        zlib_header = start[0] & 0x0F == 8 and (
            len(start) < 2 or (start[0] * 256 + start[1]) % 31 == 0
        )
        return _ZLIB if zlib_header else _RAW


def coding_of(header: str) -> str:
    """The one coding of a body: "" for none. Raises ToolError for one that cannot be undone."""
    codings = [name.strip().lower() for name in header.split(",")]
    packed = [name for name in codings if name not in _IDENTITY]
    if not packed:
        return ""
    if len(packed) == 1 and packed[0] in (*_GZIP, "deflate"):
        return packed[0]
    raise ToolError(f"the page is compressed as {header.strip()[:40]!r}, which was not asked for")
