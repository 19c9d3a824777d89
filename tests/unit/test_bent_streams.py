"""A valid stream, bent in the ways that servers are known for, still says what it says.

No text is lost, no call is lost, none runs twice, and none from a piece that was cut off.
"""

import os
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchat.protocol.errors import BackendError
from tests.quirks.bending import bent
from tests.quirks.rows import PROTOCOLS, Row
from tests.unit.test_quirks import read

EXAMPLES = int(os.environ.get("QCHAT_TEST_EXAMPLES", "150"))
"""For a long search: 40,000 take an hour."""
HALF = "\ufffd"
"""What stands for a character of which only a half came."""


def told(reply: Row) -> dict[str, Any]:
    """What must come of a reply; white space around its parts is the template's."""
    calls, text = reply["calls"], reply["text"]
    return {"thinking": reply["thinking"], "text": text.strip(), "calls": calls}


def came(stream: list[bytes], protocol: str) -> dict[str, Any]:
    found = read(stream, protocol, {})
    assert not found["unread"]
    assert not found["invalid"]
    return {
        "thinking": found["thinking"],
        "text": found["text"].strip(),
        "calls": found["calls"],
    }


@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_a_bent_stream_says_the_same(protocol: str, data: st.DataObject):
    reply, stream = data.draw(bent(protocol))
    places = data.draw(st.lists(st.integers(0, len(stream)), max_size=4))
    edges = [0, *sorted(places), len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    assert came(pieces, protocol) == told(reply)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_of_a_stream_that_breaks_off_only_what_was_whole_is_there(
    protocol: str, data: st.DataObject
):
    reply, stream = data.draw(bent(protocol, whole=False))
    end = data.draw(st.integers(0, len(stream)))
    try:
        found = read([stream[:end]], protocol, {})
    except BackendError:
        return  # the reason is said
    want = told(reply)
    assert want["thinking"].startswith(found["thinking"].removesuffix("\n").removesuffix(HALF))
    text = found["text"].strip().replace("\n", "").removesuffix(HALF)
    assert want["text"].replace("\n", "").startswith(text)
    for call in found["calls"]:
        assert call in want["calls"]
    assert len(found["calls"]) <= len(want["calls"])
