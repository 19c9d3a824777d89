"""Before there is a window nothing typed is lost, and nothing wrong is shown of it."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from qchat.runtime.input_stream import Pasted
from qchat.tui.terminal.early_colours import PLAIN, nearest, painter
from qchat.tui.terminal.early_line import EarlyLine, ending, padded

KEYS = st.sampled_from(
    [
        "a",
        "é",
        "漢",
        " ",
        "\x7f",
        "\r",
        "\x1b[A",
        "\x1b[D",
        "\x1bOP",
        "\x15",
        "\x1b[I",
        "\x1b[<0;1;1M",
    ]
)


def typed(*chunks: str) -> EarlyLine:
    line = EarlyLine()
    for chunk in chunks:
        line.feed(chunk)
    return line


@given(st.lists(KEYS, max_size=12))
def test_every_key_is_kept_for_the_window_but_an_enter_that_sends_nothing(keys: list[str]) -> None:
    line = typed(*keys)
    kept = "".join(key for key in line.typed if isinstance(key, str))
    assert kept.replace("\r", "") == "".join(keys).replace("\r", "")
    assert kept.count("\r") <= keys.count("\r")


@given(st.lists(st.sampled_from(["a", "b", "\x7f", "\r"]), max_size=20))
def test_what_is_shown_is_what_the_window_makes_of_it(keys: list[str]) -> None:
    line = typed(*keys)
    text, sent = "", list[str]()
    for key in keys:
        if key == "\r":
            sent += [text] if text else []
            text = ""
        else:
            text = text[:-1] if key == "\x7f" else text + key
    assert (line.text, line.sent) == (text, sent[-8:])


@pytest.mark.parametrize("key", ["\x1b[D", "\x15", "\x1b", "\t", "\x1bb"])
def test_after_a_key_that_only_the_window_knows_nothing_wrong_is_shown(key: str) -> None:
    line = typed("ab", key)
    line.feed("")
    line.feed("c\r")
    assert (line.text, line.sent) == ("ab", [])
    assert "".join(map(str, line.typed)).endswith("c\r")


def test_kittys_enter_and_what_the_terminal_says_by_itself() -> None:
    line = typed("a", "\x1b[?2026;2$y", "\x1b[O", "b", "\x1b[127u", "\x1b[13u", "c")
    assert (line.text, line.sent, line.followed) == ("c", ["a"], True)


def test_pastes() -> None:
    line = typed("\x1b[200~one\rtwo\x1b[201~")
    assert line.typed == [Pasted("one\ntwo")]
    assert (line.text, line.sent) == ("", [])
    line = typed("\x1b[200~word\x1b[201~", "\r")
    assert line.sent == ["word"]


@given(st.text("a漢é", max_size=30), st.integers(0, 20))
def test_the_end_that_fits(text: str, cells: int) -> None:
    fits = ending(text, cells)
    assert text.endswith(fits.text)
    assert fits.width <= cells
    assert fits.text == text or fits.width >= cells - 1


@given(st.text("a漢é", max_size=30), st.integers(0, 20))
def test_the_beginning_that_fits(text: str, cells: int) -> None:
    fits = padded(text, cells)
    assert cell_len(fits) == cells
    assert text.startswith(fits.rstrip())


@given(st.integers(0, 0xFFFFFF))
def test_of_256_colours_the_one_that_the_window_takes(number: int) -> None:
    color = pytest.importorskip("rich.color")
    colour = f"#{number:06x}"
    eight_bit = color.Color.parse(colour).downgrade(color.ColorSystem.EIGHT_BIT)
    assert nearest(colour) == eight_bit.number


@pytest.mark.parametrize(
    ("environment", "painted"),
    [
        ({"COLORTERM": "truecolor"}, "\x1b[38;2;1;2;3;48;2;4;5;6m"),
        ({"TERM": "xterm-256color"}, "\x1b[38;5;16;48;5;16m"),
        ({"TERM": "linux"}, PLAIN),
        ({"COLORTERM": "truecolor", "NO_COLOR": "1"}, PLAIN),
    ],
)
def test_no_colour_that_the_terminal_lacks(environment: dict[str, str], painted: str) -> None:
    assert painter(environment)("#010203", "#040506") == painted


@pytest.mark.skipif(sys.platform == "win32", reason="there the window is the first to take keys")
def test_a_terminal_is_taken_read_and_given_back() -> None:
    import os  # noqa: PLC0415
    import pty  # noqa: PLC0415
    import select  # noqa: PLC0415
    import termios  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    from qchat.config.settings import Settings  # noqa: PLC0415
    from qchat.tui.terminal.early_prompt import EarlyPrompt  # noqa: PLC0415
    from qchat.tui.terminal.first_frame import first_look  # noqa: PLC0415

    leader, follower = pty.openpty()
    before = termios.tcgetattr(follower)
    os.write(leader, b"ahead\rnext ")  # before anybody reads: the terminal makes a line of it
    select.select([follower], [], [], 10)
    prompt = EarlyPrompt(first_look(Settings(), Path("none")), follower, follower)
    prompt.start()

    def until(text: str) -> None:
        seen = b""
        while text.encode() not in seen:
            seen += os.read(leader, 65536)

    until("next ")
    os.write(leader, b"\r")
    until("sk anything")  # the first letter stands under the caret
    os.write(leader, "ŵx\x7f".encode())
    until("ŵ")
    os.write(leader, b"\r\xc5")  # half a letter
    until("  ŵ")
    prompt.leave()
    until("\x1b[?1049l")
    after = termios.tcgetattr(follower)
    os.close(leader)
    os.close(follower)
    assert after == before
    assert "".join(map(str, prompt.line.typed)) == "ahead\rnext \rŵx\x7f\r", (
        "Enter, and no line feed"
    )
