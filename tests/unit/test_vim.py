"""Vim's keys: a text, where the caret stands, what is typed, and what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.tui.input.vim import Vim


def typed(keys: str, text: str, at: int = 0) -> tuple[str, int, Vim]:
    """What comes of keys in normal mode; in insert mode they are letters."""
    vim = Vim()
    vim.key("escape", text, at)
    for key in keys:
        name = {" ": "space"}.get(key, key) if vim.mode != "insert" else key
        done = vim.key(name, text, at)
        if done is not None:
            text, at = done.text, done.at
        elif vim.mode == "insert":
            text, at = text[:at] + key + text[at:], at + 1
    return text, at, vim


@pytest.mark.parametrize(
    ("keys", "text", "at", "becomes"),
    [
        ("dw", "hello world", 0, "world"),
        ("de", "hello world", 0, " world"),
        ("d2w", "one two three four", 0, "three four"),
        ("2dd", "one\ntwo\nthree", 0, "three"),
        ("dd", "one\ntwo", 4, "one"),
        ("ddp", "one\ntwo", 0, "two\none"),
        ("yyP", "one", 0, "one\none"),
        ("cwbye", "hello world", 0, "bye world"),
        ("ccnew", "one\ntwo", 0, "new\ntwo"),
        ("3x", "abcdef", 0, "def"),
        ("D", "hello world", 5, "hello"),
        ("Cx", "hello world", 6, "hello x"),
        ("ciwnew", "say old word", 5, "say new word"),
        ("daw", "say old word", 5, "say word"),
        ('ci"x', 'a "quoted" b', 4, 'a "x" b'),
        ("da(", "f(a, (b)) c", 3, "f c"),
        ("di{", "f{a\nb}", 3, "f{}"),
        ("A!", "abc", 0, "abc!"),
        ("I!", "  abc", 3, "  !abc"),
        ("ofoo", "abc\nd", 0, "abc\nfoo\nd"),
        ("Ofoo", "abc", 0, "foo\nabc"),
        ("dfo", "hello world", 0, " world"),
        ("dtw", "hello world", 0, "world"),
        ("fo;x", "hello world", 0, "hello wrld"),
        ("vlld", "abcdef", 0, "def"),
        ("Vd", "a\nb\nc", 2, "a\nc"),
        ("v$yP", "ab", 0, "abab"),
        ("rX", "abc", 1, "aXc"),
        ("3~", "abCd", 0, "ABcd"),
        ("J", "one\n two", 0, "one two"),
        ("dG", "one\ntwo\nthree", 4, "one"),
        ("dgg", "one\ntwo\nthree", 5, "three"),
        ("dj", "a\nb\nc", 0, "c"),
        (">>", "one", 0, "    one"),
        ("<<", "    one", 5, "one"),
        ("d%", "f(a)b", 1, "fb"),
        ("wdbix", "one two", 0, "xtwo"),
        ("$x", "abc", 0, "ab"),
        ("qzZ", "abc", 0, "abc"),
    ],
)
def test_commands(keys: str, text: str, at: int, becomes: str) -> None:
    assert typed(keys, text, at)[0] == becomes


def test_escape_leads_to_commands_and_then_it_is_not_vims() -> None:
    vim = Vim()
    assert vim.key("a", "", 0) is None, "a letter is a letter while one writes"
    assert vim.key("escape", "abc", 3) is not None
    assert vim.mode == "normal"
    assert vim.key("escape", "abc", 2) is None, "it stops the turn then"


def test_up_and_down_at_the_edges_are_for_the_history() -> None:
    vim = Vim()
    vim.key("escape", "one", 0)
    done = vim.key("k", "one", 0)
    assert done is not None
    assert done.wish == "up"


@given(
    st.text("abdwcexyYpPiIaAoOhjklWB0$^gGfFtT;,%{}vVJ~rsSDC<>u1239 .", max_size=30),
    st.text('ab (\n"x', max_size=20),
    st.data(),
)
def test_nothing_leads_out_of_the_text(keys: str, text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    becomes, place, vim = typed(keys, text, at)
    assert 0 <= place <= len(becomes)
    assert vim.mode in ("insert", "normal", "visual", "visual line")
