"""Text of any kind: notes, code, tables."""

from qchat.knowledge.reading.base import Section, UnreadableError

_LOOKED_AT = 8192


def decoded(data: bytes) -> str:
    """Text of whatever encoding. Raises UnreadableError for what is none."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if b"\0" in data[:_LOOKED_AT]:
        raise UnreadableError("no text")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    import charset_normalizer  # noqa: PLC0415  only where a file is not UTF-8

    best = charset_normalizer.from_bytes(data[: _LOOKED_AT * 8]).best()
    if best is None:
        raise UnreadableError("text of an unknown encoding")
    return data.decode(best.encoding, "replace")


def from_text(data: bytes) -> list[Section]:
    """The whole of it; each passage says its line."""
    return [Section("", "", decoded(data).replace("\r\n", "\n"))]
