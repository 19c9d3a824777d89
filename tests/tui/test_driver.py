"""Between Textual and the terminal: replies are not typed, and no letter moves another."""

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from qchat.tui.render.ambiguous_width import with_settled_widths
from qchat.tui.terminal.driver import HOLD_S, Replies

REPLY = "\x1b_Gi=31;OK\x1b\\\x1b[?62;4c"


@given(
    st.text("ab\x1b[O;1A", max_size=8),
    st.text("cd\x1b[B", max_size=8),
    st.lists(st.integers(0, 60), max_size=6),
)
def test_replies_are_taken_out_however_they_come(
    before: str, behind: str, places: list[int]
) -> None:
    async def hear() -> tuple[str, str]:
        replies = Replies()
        answer = replies.expect(asyncio.get_running_loop())
        data = before + REPLY + behind
        cuts = sorted({0, len(data), *(place for place in places if place <= len(data))})
        typed = "".join(replies.without(data[a:b]) for a, b in itertools.pairwise(cuts))
        return typed + replies.given_up(), await answer

    typed, heard = asyncio.run(hear())
    assert typed == before + behind
    assert heard == REPLY


def test_what_only_looked_like_a_reply_is_typed() -> None:
    now = [0.0]

    async def hear() -> list[str]:
        replies = Replies(lambda: now[0])
        replies.expect(asyncio.get_running_loop())
        typed = [replies.without("x\x1b"), replies.given_up()]
        now[0] += HOLD_S  # a terminal that never answers does not swallow Escape
        return [*typed, replies.given_up(), replies.without("y")]

    assert asyncio.run(hear()) == ["x", "", "\x1b", "y"]


def test_a_reply_is_none_of_what_is_typed_however_late_and_slow_it_comes() -> None:
    now = [0.0]

    async def hear() -> tuple[list[str], str]:
        replies = Replies(lambda: now[0])
        answer = replies.expect(asyncio.get_running_loop())
        typed = [replies.without("x"), replies.without(REPLY[:6])]
        now[0] += 60
        return [*typed, replies.given_up(), replies.without(REPLY[6:] + "y")], await answer

    assert asyncio.run(hear()) == (["x", "", "", "y"], REPLY)


@pytest.mark.parametrize("cluster", ["👩‍👩‍👧", "👍🏽", "🇩🇪", "❤️", "1️⃣", "🏳️‍🌈"])
def test_a_letter_whose_width_terminals_disagree_about_gets_a_place(cluster: str) -> None:
    cells = cell_len(cluster)
    place = f"\x1b7{' ' * cells}\x1b8\x1b7{cluster}\x1b8\x1b[{cells}C"
    assert with_settled_widths(f"a{cluster}b{cluster}") == f"a{place}b{place}"


@pytest.mark.parametrize(
    "text", ["plain", "你好 한국어 שלום", "नमस्‍ते", "می‌خواهم", "👍 e\u0301", "\u200d" * 99]
)
def test_other_text_goes_as_it_is(text: str) -> None:
    assert with_settled_widths(text) == text
