"""Untrusted text never reaches a terminal as a command."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from qchat.runtime.sanitize import sanitize_for_terminal


def test_escape_is_shown() -> None:
    assert sanitize_for_terminal("a\x1b[31mb") == "a␛[31mb"


def test_newline_tab_and_other_scripts_stay() -> None:
    text = "a\tb\nüñ 你好 👩‍👩‍👧 שלום"
    assert sanitize_for_terminal(text) == text


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    left = [
        c
        for c in sanitize_for_terminal(text)
        if unicodedata.category(c) == "Cc" and c not in "\n\t"
    ]
    assert left == []
