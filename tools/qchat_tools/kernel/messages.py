"""Messages of a kernel read from the frames of its sockets, by Jupyter's wire protocol.

Code in the kernel knows the key and can send anything, so each field is checked and nothing that
arrives can raise. Times are not read: nobody needs them, and a date beyond the calendar is one
more way to fail. Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html
"""

import hashlib
import hmac
import json
from typing import Any

import msgspec

_DELIMITER = b"<IDS|MSG>"


class Message(msgspec.Struct, frozen=True):
    """What came from the kernel; `parent` is the id of the request that it belongs to."""

    kind: str
    parent: str
    content: dict[str, Any]


class _Header(msgspec.Struct):
    msg_type: str


class _Parent(msgspec.Struct):
    msg_id: str = ""


_header = msgspec.json.Decoder(_Header)
_parent = msgspec.json.Decoder(_Parent)
_content = msgspec.json.Decoder(dict[str, Any])


def read_message(frames: list[bytes], key: bytes) -> Message | None:
    """Check the signature and decode one message; None for what is not one."""
    try:
        at = frames.index(_DELIMITER) + 1
        signature, header, parent, metadata, content = frames[at : at + 5]
    except ValueError:
        return None
    signed = hmac.new(key, digestmod=hashlib.sha256)
    for frame in (header, parent, metadata, content):
        signed.update(frame)
    if not hmac.compare_digest(signature, signed.hexdigest().encode()):
        return None
    try:
        return Message(
            _header.decode(header).msg_type, _parent.decode(parent).msg_id, _values(content)
        )
    except (ValueError, RecursionError):  # msgspec's own errors and those of text are ValueErrors
        return None


def _values(frame: bytes) -> dict[str, Any]:
    """Decode content; what strict JSON forbids (lone surrogates, NaN) real kernels do send."""
    try:
        return _content.decode(frame)
    except ValueError:
        values: dict[str, Any] = json.loads(frame.decode("utf-8", "replace"))
        return msgspec.convert(values, dict[str, Any])
