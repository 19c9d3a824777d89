"""Words, scores, and the bar below which nothing is recalled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat_memory import relevance
from qchat_memory.errors import MemoryStoreError
from qchat_memory.memory import Hit, Memory, checked, sameness


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What is my parrot called?", {"parrot"}),
        ("Großmutter's CAFÉ", {"grossmutter", "cafe"}),
        ("12 * 34", {"12", "34"}),
        ("我的鹦鹉", {"我的", "的鹦", "鹦鹉"}),
        ("ab鹦c", {"ab", "鹦", "c"}),
        ("who are you?", set()),
    ],
)
def test_words_carry_meaning(text: str, words: set[str]) -> None:
    assert relevance.words(text) == words


@given(st.text())
def test_words_do_not_depend_on_case_or_blanks(text: str) -> None:
    assert relevance.words(f"  {text}\n") == relevance.words(text)
    assert all(word == word.strip() and word for word in relevance.words(text))


@given(st.sets(st.text(min_size=1)), st.floats(-1.5, 1.5), st.data())
def test_score_stays_between_0_and_1_and_grows(
    asked: set[str], cosine: float, data: st.DataObject
) -> None:
    shared = data.draw(st.sets(st.sampled_from(sorted(asked)))) if asked else set()
    score = relevance.score(asked, shared, cosine)
    assert 0.0 <= score <= 1.0
    assert score >= relevance.score(asked, set(), cosine)


def _hit(score: float) -> Hit:
    return Hit(Memory("00000000", "x"), score)


def test_nothing_below_the_bar_or_far_behind_the_best_is_recalled() -> None:
    assert relevance.fitting([]) == []
    assert relevance.fitting([_hit(relevance.BAR - 0.01)]) == []
    best, good, far = _hit(0.9), _hit(0.7), _hit(0.5)
    assert relevance.fitting([best, good, far]) == [best, good]


@pytest.mark.parametrize("text", ["", "  \n", "x" * 4001, "a\x1b[31m", "a\x00b", "\ud800"])
def test_a_text_that_cannot_be_kept_is_refused_with_one_line(text: str) -> None:
    with pytest.raises(MemoryStoreError) as raised:
        checked(text)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 120


def test_the_same_said_again_is_the_same() -> None:
    assert sameness("My  parrot is called ZUBIKO!") == sameness("my parrot is called Zubiko.")
    assert sameness("I have 2 cats") != sameness("I have 3 cats")
