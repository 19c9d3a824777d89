"""What a terminal would show in the end, however the text was cut; and no code for a model."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qchat_tools.terminal_text import settled, shown, without_escapes

WRITTEN = st.lists(st.sampled_from(["a", "b", "\n", "\r", "\x1b[A", "\x1b[2A", "\x1b[K"])).map(
    "".join
)


@given(WRITTEN, WRITTEN)
@example("\x1b[Aa", "a")
@example("", "\x1b[A\na")
def test_it_is_the_same_however_the_text_was_cut(a: str, b: str) -> None:
    whole = settled(a + b)
    assert settled(settled(a) + b) == whole
    assert settled(a + settled(b)) == whole


@pytest.mark.parametrize(
    ("written", "stays"),
    [
        ("10%\r50%\rdone\nnext", "\rdone\nnext"),
        ("windows\r\nlines\r\n", "windows\nlines\n"),
        ("outer\n\rinner 1\x1b[A\n\rinner 2\x1b[A\r\x1b[Kouter 2", "\ninner 2\x1b[A\router 2"),
        ("\r\x1b[2Kpip 1\r\x1b[2Kpip 2\n", "\rpip 2\n"),
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
    ],
)
def test_a_line_shows_what_was_written_last(written: str, stays: str) -> None:
    assert settled(written) == stays


def test_bars_within_bars_stand_in_their_lines() -> None:
    bars = "".join(f"\r{n} of 3\n\rinner\x1b[A" for n in range(3)) + "\r3 of 3"
    assert shown(bars) == shown(settled(bars)) == "3 of 3\ninner"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[38;5;196mx\x1b[39m\x1b[?25l", "x"),
        ("\x1b]0;title\x07here", "here"),
        ("\x1b]8;;https://a.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("no code", "no code"),
        ("cut \x1b", "cut "),
    ],
)
def test_a_model_reads_no_escape_sequence(text: str, plain: str) -> None:
    assert without_escapes(text) == plain


@given(st.text(alphabet="\x1b[]0;31mAKx\x07\\?"))
def test_none_is_left_whatever_they_are(text: str) -> None:
    assert "\x1b" not in without_escapes(text)
