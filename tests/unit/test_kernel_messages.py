"""Frames of a kernel's sockets are read, however they are broken: none of them raises."""

import hashlib
import hmac
import json

from hypothesis import given
from hypothesis import strategies as st

from qchat_tools.kernel.messages import Message, read_message

KEY = b"key"


def frames(*bodies: bytes, key: bytes = KEY) -> list[bytes]:
    signed = hmac.new(key, b"".join(bodies[:4]), hashlib.sha256).hexdigest().encode()
    return [b"who asks", b"<IDS|MSG>", signed, *bodies]


def packed(content: object, **header: object) -> list[bytes]:
    head = {"msg_type": "stream", "msg_id": "m", **header}
    bodies = (head, {"msg_id": "asked"}, {}, content)
    return frames(*(json.dumps(body, ensure_ascii=False).encode() for body in bodies))


def test_a_signed_message_is_read() -> None:
    assert read_message(packed({"text": "a"}), KEY) == Message("stream", "asked", {"text": "a"})
    assert read_message([*packed({}), b"a buffer"], KEY) == Message("stream", "asked", {})


def test_what_is_signed_by_another_key_is_not() -> None:
    assert read_message(packed({}), b"other") is None


def test_no_date_is_read_so_none_can_be_beyond_all_dates() -> None:
    for date in ("99999-01-01T00:00:00Z", "2026-01-01T00:00:00+99:99", 10**400, None):
        assert read_message(packed({}, date=date), KEY) is not None


def test_bytes_that_are_no_text_are_replaced() -> None:
    broken = frames(b'{"msg_type":"stream"}', b"{}", b"{}", b'{"text":"a\xed\xb2\x80"}')
    message = read_message(broken, KEY)
    assert message is not None
    assert message.content["text"].startswith("a\ufffd")


def test_half_of_an_emoji_in_an_escape_is_read() -> None:
    half = frames(b'{"msg_type":"stream"}', b"{}", b"{}", b'{"text":"\\ud83d"}')
    assert read_message(half, KEY) == Message("stream", "", {"text": "\ud83d"})


def test_nesting_beyond_all_measure_is_no_message() -> None:
    deep = b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    assert read_message(frames(b'{"msg_type":"x"}', b"{}", b"{}", deep), KEY) is None


@given(st.lists(st.binary(), max_size=6))
def test_nothing_that_is_signed_raises(bodies: list[bytes]) -> None:
    read_message(frames(*bodies), KEY)


@given(st.lists(st.binary() | st.just(b"<IDS|MSG>"), max_size=9))
def test_nothing_at_all_raises(message: list[bytes]) -> None:
    assert read_message(message, KEY) is None
