"""Compressed bodies, whatever their headers say: proxies pack without a word, or only say so.

Nothing is asked for but plain text (`accept-encoding: identity`). How a body begins shows what it
is.
"""

import zlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

import httpx

from qchat.backends.charsets import Recoder

_GZIP = b"\x1f\x8b\x08"
_ZLIB = (b"x\x01", b"x\x9c", b"x\xda")
"""How compressed bytes begin; no text does."""
_TEXT = (b"data", b"event", b"id:", b"retry", b"{", b"[", b":", b"<", b"\n", b"\r", b" ")
"""How replies begin that are not compressed."""


class Unpacker:
    """Bytes in, what they mean out; `deflated` tells that they are called so."""

    def __init__(self, *, deflated: bool = False) -> None:
        self._deflated = deflated
        self._stages: list[zlib._Decompress] = []
        self._plain = False

    def feed(self, data: bytes) -> bytes:
        """Unpack the next piece. Raises zlib.error."""
        for stage in self._stages:
            data = stage.decompress(data)
        while data and not self._plain:
            more = self._stage(data)
            self._plain = more is None
            if more is not None:
                self._stages.append(more)
                data = more.decompress(data)
        return data

    def _stage(self, data: bytes) -> "zlib._Decompress | None":
        """What unpacks bytes that begin so; some are packed twice."""
        if data.startswith(_GZIP):
            return zlib.decompressobj(zlib.MAX_WBITS | 16)
        if data.startswith(_ZLIB):
            return zlib.decompressobj()
        if self._deflated and not (self._stages or data.startswith(_TEXT)):
            return zlib.decompressobj(-zlib.MAX_WBITS)
        return None


async def unpacked(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body as it comes, unpacked, in UTF-8. Raises httpx.DecodingError."""
    unpacker = Unpacker(deflated=response.headers.get("content-encoding") == "deflate")
    recoder = Recoder(response.headers.get("content-type", ""))
    async with aclosing(response.aiter_raw()) as pieces:  # type: ignore[type-var]
        async for data in pieces:
            try:
                yield recoder.feed(unpacker.feed(data))
            except zlib.error as error:
                raise httpx.DecodingError(str(error), request=response.request) from error
    if rest := recoder.feed(b"", last=True):
        yield rest
