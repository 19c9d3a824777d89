"""Messages to and from a kernel as the frames of its sockets, by Jupyter's wire protocol.

Code in the kernel knows the key and can send anything, so each field is checked and nothing that
arrives can raise. Times are not read: nobody needs them, and a date beyond the calendar is one
more way to fail. jupyter_client's own session sends past the event loop's socket, which then may
miss that a reply has come in the meantime.
Source: https://jupyter-client.readthedocs.io/en/stable/messaging.html
"""

import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime
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


class Writer:
    """Packs requests; all answers to one carry its id."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.session = uuid.uuid4().hex

    def pack(self, kind: str, content: dict[str, Any]) -> tuple[str, list[bytes]]:
        """Give a request's id and its frames."""
        request = uuid.uuid4().hex
        header = {
            "msg_id": request,
            "msg_type": kind,
            "session": self.session,
            "username": "qchat",
            "date": datetime.now(UTC).isoformat(),
            "version": "5.3",
        }
        # With escapes, so that code with half an emoji in it can be sent.
        frames = [json.dumps(part).encode() for part in (header, {}, {}, content)]
        return request, [_DELIMITER, _signature(frames, self._key), *frames]


def read_message(frames: list[bytes], key: bytes) -> Message | None:
    """Check the signature and decode one message; None for what is not one."""
    try:
        at = frames.index(_DELIMITER) + 1
        signature, header, parent, metadata, content = frames[at : at + 5]
    except ValueError:
        return None
    if not hmac.compare_digest(signature, _signature([header, parent, metadata, content], key)):
        return None
    try:
        return Message(
            _header.decode(header).msg_type, _parent.decode(parent).msg_id, _values(content)
        )
    except (ValueError, RecursionError):  # msgspec's own errors and those of text are ValueErrors
        return None


def _signature(frames: list[bytes], key: bytes) -> bytes:
    signed = hmac.new(key, digestmod=hashlib.sha256)
    for frame in frames:
        signed.update(frame)
    return signed.hexdigest().encode()


def _values(frame: bytes) -> dict[str, Any]:
    """Decode content; what strict JSON forbids (lone surrogates, NaN) real kernels do send."""
    try:
        return _content.decode(frame)
    except ValueError:
        values: dict[str, Any] = json.loads(frame.decode("utf-8", "replace"))
        return msgspec.convert(values, dict[str, Any])
