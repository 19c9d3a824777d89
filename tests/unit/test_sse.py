"""The event stream reader, under every way of cutting its input."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.protocol.errors import ProtocolError
from qchat.wire.sse import SseEvent, SseReader

STREAM = (
    b"\xef\xbb\xbf: a comment\r\n\r\n"
    b'data: {"a": 1}\n\n'
    b"event: error\r\ndata:first\r\ndata: second\r\nid: 7\r\nretry: 10\r\n\r\n"
    b"data: caf\xc3\xa9 \xe4\xb8\xad\xf0\x9f\xa6\x9c\r\r"
    b": ping\n\n"
    b"event: lonely\n\n"
    b"data\n\n"
    b"data: [DONE]"
)
EVENTS = [
    SseEvent("", '{"a": 1}'),
    SseEvent("error", "first\nsecond"),
    SseEvent("", "café 中🦜"),
    SseEvent("", ""),
    SseEvent("", "[DONE]"),
]


def read(pieces: list[bytes]) -> list[SseEvent]:
    reader = SseReader()
    return [event for piece in pieces for event in reader.feed(piece)] + reader.close()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(places), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def test_whole_and_byte_by_byte():
    assert read([STREAM]) == EVENTS
    assert read([STREAM[i : i + 1] for i in range(len(STREAM))]) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_cut_gives_the_same_events(places: list[int]):
    assert read(cut(STREAM, places)) == EVENTS


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=6))
def test_any_bytes_are_read_alike_however_they_are_cut(data: bytes, places: list[int]):
    assert read(cut(data, [min(place, len(data)) for place in places])) == read([data])


PLAIN = b'data: {"a": 1}\n\n'
ODD = st.sampled_from([
    b'data: {"a":\r1}\n\n', b'data: {"a": 1}\r\n\r\n', b'data: {"a":\ndata: 1}\n\n', b"\n",
    b'data: {"\xff"}\n\n', b'data: {"\xe4', b'\xb8\xad"}\n\n', b"data: [DONE]\n\n",
    b'{"bare": 1}\n\n', b"data:\n\n", b'data: {"a', b'": 1}\n\n', b'data: {"a":\n1}\n\n',
    b"data: {\n", b"event: done\n", b": ping\n\n",
])  # fmt: skip


@given(st.lists(ODD | st.just(PLAIN), max_size=6), st.lists(st.integers(0, 90), max_size=2))
def test_events_read_many_at_once_are_those_read_byte_by_byte(
    frames: list[bytes], places: list[int]
):
    data = b"".join(frames)
    one_by_one = read([data[i : i + 1] for i in range(len(data))])
    assert read(cut(data, [min(place, len(data)) for place in places])) == one_by_one


@pytest.mark.parametrize("line", [b"x" * 200, b"data: x\n" * 20])
def test_an_endless_event_is_refused(line: bytes):
    reader = SseReader(max_line_bytes=100)
    with pytest.raises(ProtocolError, match="more than 100 bytes"):
        reader.feed(line)
