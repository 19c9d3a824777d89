"""A reply without end is seen; what a user may have asked for is let be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.conversation.repetition import (
    MAX_DATA,
    MAX_PROSE,
    MAX_THOUGHT,
    Kind,
    Repetition,
    Rounds,
    largest_number,
)


def fed(text: str, kind: Kind = "answer", prompt: str = "", piece: int = 7) -> Rounds | None:
    seen = Repetition(kind, lambda: largest_number(prompt))
    pieces = (seen.add(text[at : at + piece]) for at in range(0, len(text), piece))
    return next((found for found in pieces if found is not None), None)


@given(st.text(min_size=1, max_size=200), st.integers(1, 2_000), st.text(max_size=600))
def test_a_text_without_end_is_seen_however_it_comes(unit: str, piece: int, before: str) -> None:
    rounds = fed(before + unit * (MAX_DATA // len(unit) + 2_000), piece=piece)
    assert rounds is not None
    assert rounds.piece * 2 in unit * (2 * len(rounds.piece) + 4)
    text = unit * (2 * MAX_THOUGHT // len(unit) + 2)
    assert fed(before + text, "thought", "a million", piece) is not None


@given(st.integers(0, 10**6), st.integers(1, 10**4))
def test_a_long_list_of_different_things_is_no_repetition(first: int, step: int) -> None:
    text = "".join(f"{first + number * step}, " for number in range(1_500))
    assert fed(text, "thought") is None


ROW = "| 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 | 0 |\n"
HONEST = {
    "a table of 200 rows of zeros": ("A table of zeros, please.", ROW * 200),
    "the same, wide": ("Zeros, as many as there are pixels in a row.", f"{'| 0 ' * 80}|\n" * 200),
    "5,000 equal lines": ("Write a CSV of 5,000 equal lines.", "alice,anna,true,yes\n" * 5_000),
    "5,000 lines without commas": ("Say it 5000 times.", "I will not talk in class.\n" * 5_000),
    "a thousand lines": ("Say it a thousand times.", "I will not talk in class.\n" * 1_000),
    "lines in Chinese": ("把这句话写一千遍。", "我上课不说话，我会认真听讲。\n" * 1_400),
    "a picture of characters": ("Draw a grey square.", f"{'░' * 120}\n" * 300),
    "dashes": ("Fill my screen with dashes.", "-" * 20_000),
    "a hex dump": ("Dump an empty page.", f"{'00 ' * 16} ................\n" * 512),
    "code": ("Unroll the loop.", f"```c\n{'step();' * 2_000}\n```"),
    "words in a block of code": ("Fill it with foo.", "```\n" + "foo bar\n" * 4_000 + "```"),
    "a song": ("Sing it for me.", "Ninety bottles of beer on the wall, ninety bottles!\n" * 99),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_a_user_may_have_asked_for_is_let_be(name: str) -> None:
    prompt, text = HONEST[name]
    assert fed(text, prompt=prompt, piece=3) is None


LOOPS = {
    "a sentence": "I will now begin. ",
    "a paragraph": "Wait, let me look at this once more. " * 10 + "Now then.\n\n",
    "Chinese": "我现在开始回答这个问题。",
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_loop_of_words_ends_long_before_the_context(name: str) -> None:
    text = LOOPS[name] * (2 * MAX_PROSE // len(LOOPS[name]))
    prompt = "What is 17 + 4? It was 3 in 2024."
    rounds = fed(text, prompt=prompt)
    assert rounds is not None
    assert rounds.characters <= MAX_PROSE + 1_000
    assert f"{rounds.times:,} times" in str(rounds)


def test_a_number_of_the_user_is_a_number_of_rounds_and_no_more() -> None:
    assert fed("I will not talk in class.\n" * 3_000, prompt="Say it 1,000 times.") is not None


def test_arguments_of_a_call_end_too() -> None:
    assert fed("x = x + 1\n" * 20_000, "arguments") is not None
    assert fed("x = x + 1\n" * 9_000, "arguments") is None
