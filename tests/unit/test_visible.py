"""Untrusted text never reaches a terminal as a command."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from qchat.runtime.sanitize import sanitize_for_terminal


def test_escape_is_shown() -> None:
    assert sanitize_for_terminal("a\x1b[31mb") == "a␛[31mb"


def test_newline_tab_and_other_scripts_stay() -> None:
    marks = "\u200f(עולם)\u200f \u200e2024\u061c می\u200cخواهم \ufeff"
    text = f"a\tb\nüñ 你好 👩‍👩‍👧 שלום {marks}"
    assert sanitize_for_terminal(text) == text


def test_what_makes_text_look_other_than_it_is_is_shown() -> None:
    assert sanitize_for_terminal("\u202e\u2066x\u2069\x9b") == "��x��"


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    left = [
        c
        for c in sanitize_for_terminal(text)
        if unicodedata.category(c) == "Cc" and c not in "\n\t"
    ]
    assert left == []
