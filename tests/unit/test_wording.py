"""Numbers of things as a person says them."""

import pytest

from qchat.protocol.wording import counted


@pytest.mark.parametrize(
    "number, thing, said",
    [
        (0, "call", "0 calls"),
        (1, "call", "1 call"),
        (1_200, "call", "1,200 calls"),
        (1, "reply", "1 reply"),
        (2, "reply", "2 replies"),
        (2, "key", "2 keys"),
        (1, "memory", "1 memory"),
    ],
)
def test_one_is_no_plural(number: int, thing: str, said: str) -> None:
    assert counted(number, thing) == said
