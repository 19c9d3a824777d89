"""Pastes arrive as they were, and keys in one spelling, however what was read is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.runtime.input_stream import BURST_S, HOLD_S, InputStream, Pasted, normalized


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def read(*chunks: str, apart_s: float = 0.0) -> list[str | Pasted]:
    """What comes of chunks, keys that follow each other joined."""
    clock = Clock()
    stream = InputStream(clock)
    out: list[str | Pasted] = []
    for chunk in chunks:
        out += stream.feed(chunk)
        clock.now += apart_s
    clock.now += 10
    out += stream.silent()
    joined: list[str | Pasted] = []
    for item in out:
        if isinstance(item, str) and joined and isinstance(joined[-1], str):
            joined[-1] += item
        else:
            joined.append(item)
    return joined


def bracketed(text: str) -> str:
    return f"\x1b[200~{text}\x1b[201~"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_every_line_end_of_a_paste_is_one(end: str) -> None:
    text = end.join(["line one", "line two", "", "line three"])
    assert read(bracketed(text)) == [Pasted("line one\nline two\n\nline three")]


def test_an_escape_code_in_a_paste_is_text_of_it() -> None:
    text = "log: \x1b[31mERR\x1b[0m\nsecond\x1b\x1b[A\x1b[200~ line\x00\nthird"
    assert read(bracketed(text)) == [Pasted(text)]


def test_the_end_of_a_paste_that_was_copied_along_is_text() -> None:
    assert read(bracketed("a\x1b[201~rm -rf /\r")) == [Pasted("a\x1b[201~rm -rf /\n")]
    two = bracketed("a") + "x" + bracketed("b")
    assert read(two) == [Pasted("a"), "x", Pasted("b")]


@given(
    st.lists(
        st.one_of(
            st.text(max_size=12).map(lambda text: text.replace("\x1b", "")),
            st.text("ab\r\n\x1b[3m~é漢", max_size=30).map(bracketed),
            st.sampled_from(["\x1b[A", "\x1b[13;2u", "\x1b[27;2;13~", "\x1b[<0;3;4M", "\x1bOP"]),
        ),
        max_size=5,
    ),
    st.data(),
)
def test_where_it_is_cut_does_not_matter(parts: list[str], data: st.DataObject) -> None:
    whole = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    chunks = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    held = [item for item in read(*chunks) if isinstance(item, Pasted)]
    if not any("\r" in part or "\n" in part for part in parts if "\x1b" not in part):
        assert held == [item for item in read(whole) if isinstance(item, Pasted)]


@given(st.text("ab \r\n\x1b[]~0123456789;:uM漢\x00", max_size=60), st.integers(1, 5))
def test_nothing_of_a_paste_is_lost(text: str, size: int) -> None:
    text = text.replace("\x1b[20", "")
    whole = bracketed(text)
    chunks = [whole[n : n + size] for n in range(0, len(whole), size)]
    assert read(*chunks) == [Pasted(text.replace("\r\n", "\n").replace("\r", "\n"))]


def test_a_paste_without_brackets_sends_nothing() -> None:
    assert read("line one\rline two\rline three") == [Pasted("line one\nline two\nline three")]
    many = [f"line {n}\r" * 40 for n in range(3)]
    assert read(*many) == [Pasted("".join(many).replace("\r", "\n"))]


CONTROL_KEYS = [chr(n) for n in [*range(32), 127] if chr(n) not in "\t\n\r\x1b"]


@pytest.mark.parametrize("key", [*CONTROL_KEYS, "\x1b[A", "\x1bOP", "\x1b[99;5u", "\x1bx"])
def test_a_key_beside_a_paste_without_brackets_stays_a_key(key: str) -> None:
    lines = "one\rtwo\rthree"
    whole = f"{key}{lines}{key}x{key}"
    assert read(whole) == [key, Pasted("one\ntwo\nthree"), f"{key}x{key}"]
    for cut in range(len(whole) + 1):
        items = read(whole[:cut], whole[cut:])
        assert not any(key in item.text for item in items if isinstance(item, Pasted))
        typed = "".join(item for item in items if isinstance(item, str))
        assert typed.count(key) == 3


def test_colours_and_replies_beside_a_paste_without_brackets() -> None:
    log = "log: \x1b[31mERR\x1b[0m\rsecond\rthird"
    assert read(log) == [Pasted(log.replace("\r", "\n"))]
    reply = "\x1b_Gi=31;OK\x1b\\"
    assert read("one\rtwo\rthree", reply) == [Pasted("one\ntwo\nthree"), reply]


def test_typing_ahead_is_no_paste() -> None:
    assert read("go\r") == ["go\r"]
    assert read("first\rsecond\r") == ["first\rsecond\r"]
    long = "word " * 100
    assert read(f"{long}x", "\r") == [Pasted(f"{long}x"), "\r"]
    assert read(f"{long}x\r") == [Pasted(f"{long}x"), "\r"]
    lines = "one\rtwo\rthree"
    assert read(lines, "\r") == [Pasted("one\ntwo\nthree"), "\r"]
    assert read(lines, "x", apart_s=2 * BURST_S) == [Pasted("one\ntwo\nthree"), "x"]


@pytest.mark.parametrize("typed", ["\u3000", "\xa0", "\u200c", "\u200e", "\ufeff", "\ue000"])
def test_text_that_is_no_key_to_textual_is_put_in(typed: str) -> None:
    assert read(f"a{typed}b\r") == ["a", Pasted(typed), "b\r"]
    assert read(f"\x1b{typed}\x1b[A\x85") == [f"\x1b{typed}\x1b[A\x85"]


def test_escape_alone_is_a_key_after_a_moment() -> None:
    clock = Clock()
    stream = InputStream(clock)
    assert [*stream.feed("\x1b")] == []
    assert [*stream.silent()] == []
    clock.now += HOLD_S
    assert [*stream.silent()] == ["\x1b"]
    assert [*stream.feed("\x1b")] == []
    assert [*stream.feed("[A")] == ["\x1b[A"]


def test_a_paste_without_an_end_does_not_take_the_keys_for_good() -> None:
    clock = Clock()
    stream = InputStream(clock)
    assert [*stream.feed("\x1b[200~half")] == []
    clock.now += 10
    assert [*stream.silent()] == [Pasted("half")]
    assert [*stream.feed("x\x1b[201~y")] == ["xy"]


@pytest.mark.parametrize(
    ("sent", "means"),
    [
        ("\x1b[27;2;13~", "\x1b[13;2u"),  # Shift+Enter, as xterm and tmux say it
        ("\x1b[13;2u", "\x1b[13;2u"),  # … and as kitty says it
        ("\x1b[13;2:1u", "\x1b[13;2u"),
        ("\x1b[13;2:3u", ""),  # let go
        ("\x1b\r", "\x1b[13;3u"),
        ("\x1b\n", "\x1b[13;3u"),
        ("\x1b[27;3;13~", "\x1b[13;3u"),
        ("\x1b[27;5;99~", "\x1b[99;5u"),
        ("\x1b[97:65;2u", "A"),
        ("\x1b[97;2;65u", "A"),
        ("\x1b[97;1;97u", "a"),
        ("\x1b[27;2;32~", " "),
        ("\x1b[0;;20320:22909:19990:30028:20320:22909:20320:22909u", "你好世界你好你好"),
        ("\x1b[57352;1u", "\x1b[57352;1u"),  # an arrow in kitty's numbers
        ("\x1b[27u", "\x1b[27u"),
        ("\x1b[A", "\x1b[A"),
        ("\x1b[1;5A", "\x1b[1;5A"),
        ("\x1b[1;5:2A", "\x1b[1;5A"),
        ("\x1b[3;5~", "\x1b[3;5~"),
        ("\x1bOM", "\r"),
        ("plain é 漢", "plain é 漢"),
    ],
)
def test_keys_are_spelled_as_textual_knows_them(sent: str, means: str) -> None:
    assert normalized(sent) == means


def test_lines_that_waited_may_have_been_typed_one_by_one() -> None:
    waited = "one\rtwo\rthree\r"
    assert [*InputStream().feed(waited, waited=True)] == [waited]
    assert read(waited) == [Pasted("one\ntwo\nthree\n")]
    pasted = bracketed("one\rtwo\rthree")
    assert [*InputStream().feed(pasted, waited=True)] == [Pasted("one\ntwo\nthree")]
