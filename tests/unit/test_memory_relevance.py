"""Words, scores, and the bar below which nothing is recalled."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat_memory import relevance
from qchat_memory.errors import MemoryStoreError
from qchat_memory.language import times, words
from qchat_memory.language.person import asks_of_all, speaks_of_user
from qchat_memory.language.words import sameness
from qchat_memory.memory import Hit, Memory, checked
from qchat_memory.relevance import Beside
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.storage.word_similarity import ByWord


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("What is my parrot called?", {"parrot"}),
        ("Großmutter's CAFÉ", {"grossmutt", "cafe"}),
        ("12 * 34", {"12", "34"}),
        ("我的鹦鹉", {"我的", "的鹦", "鹦鹉"}),
        ("ab鹦c", {"ab", "鹦", "c"}),
        ("moving moved moves", {"move"}),
        ("who are you?", set()),
    ],
)
def test_words_carry_meaning(text: str, terms: set[str]) -> None:
    assert set(words.terms(text)) == terms


@given(st.text())
def test_words_do_not_depend_on_case_or_blanks(text: str) -> None:
    assert words.terms(f"  {text}\n") == words.terms(text)
    assert all(word == word.strip() and word for word in words.terms(text))


@given(st.text(), st.lists(st.text(max_size=20), max_size=8), st.floats(-1.5, 1.5))
def test_a_score_stays_between_0_and_1_and_grows(text: str, terms: list[str], like: float) -> None:
    labels = times.labels(text, date(2026, 5, 1))
    asked = relevance.question(text, labels, 10, 5.0, lambda _term: 1)
    own = relevance.own(asked, terms, like)
    alone = relevance.whole(asked, terms, own, Beside(), stated=False)
    near = relevance.whole(asked, terms, own, Beside(0.5, 0.5), stated=True)
    assert 0.0 <= own <= alone + 1e-9
    assert alone <= near + 1e-9
    assert near <= 1.0


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I moved in June.", "qm2025x06"),
        ("What did I do last summer?", "qm2025x07"),
        ("in the summer of 2022", "qm2022x08"),
        ("Yesterday it rained.", "qd20260430"),
        ("two years ago", "qy2024"),
        ("a couple of weeks ago", "qw2026x16"),
        ("on 14 March", "qd20260314"),
        ("March 3rd, 2021", "qd20210303"),
        ("last Friday", "qd20260424"),
        ("next month", "qm2026x06"),
        ("2023-05-07", "qd20230507"),
    ],
)
def test_times_are_seen_from_the_day_they_were_said(text: str, label: str) -> None:
    assert label in times.labels(text, date(2026, 5, 1))


@given(st.text())
def test_any_text_has_times_or_none(text: str) -> None:
    assert times.labels(text, None) is not None
    assert times.labels(f"{text} 99-2025-31-31 999 years ago", date(2026, 5, 1)) is not None


def test_may_is_no_month_without_a_sign() -> None:
    assert times.labels("It may rain, and they march on.", date(2026, 5, 1)) == []


def _hit(score: float) -> Hit:
    return Hit(Memory("00000000", "x"), score)


def test_nothing_below_the_bar_or_far_behind_the_best_is_recalled() -> None:
    assert relevance.fitting([], "my") == []
    asks_of_user, asks_of_all = "Where is my bicycle?", "Who invented the bicycle?"
    near = [_hit(relevance.BAR - 0.01)]
    assert relevance.fitting(near, asks_of_all) == []
    assert relevance.fitting(near, asks_of_user) == near
    assert relevance.fitting([_hit(relevance.BAR_OF_USER - 0.01)], asks_of_user) == []
    best, good, far = _hit(0.9), _hit(0.7), _hit(0.5)
    assert relevance.fitting([best, good, far], asks_of_all) == [best, good]


@pytest.mark.parametrize(
    ("prompt", "speaks"),
    [
        ("Which exam am I studying for?", True),
        ("Wo ist unser Keller?", True),
        ("¿Dónde está mi llave?", True),
        ("Где моя машина?", True),
        ("我的钥匙在哪里？", True),
        ("私の鍵はどこですか？", True),
        ("من اشترى شقتي؟", True),
        ("How do I boil an egg?", False),
        ("Wie koche ich Reis?", False),
        ("Tell me a joke.", False),
        ("Explícame qué es la fotosíntesis.", False),
        ("帮我写一首诗。", False),
        ("اشرح لي قانون نيوتن الثاني.", False),
        ("What does a notary do?", False),
        ("", False),
    ],
)
def test_a_prompt_speaks_of_the_user_or_not(prompt: str, speaks: bool) -> None:
    assert speaks_of_user(prompt) == speaks
    assert speaks_of_user(prompt.upper()) == speaks


@pytest.mark.parametrize(
    ("prompt", "of_all"),
    [
        ("How does a dishwasher work?", True),
        ("What do bees eat?", True),
        ("Explain how a fridge works.", True),
        ("Warum schnurren Katzen?", True),
        ("¿Dónde viven los pingüinos?", True),
        ("Почему люди зевают?", True),
        ("Где живут пингвины?", True),
        ("洗碗机是怎么工作的？", True),
        ("What instrument does Lena play?", False),
        ("Which neighbour has bees?", False),
        ("What is Paul's job?", False),
        ("Wo wohnen Anna und Paul?", False),
        ("¿Qué compró Ana?", False),
        ("Кем работает Бен?", False),
        ("", False),
    ],
)
def test_a_prompt_asks_for_what_all_may_know_or_not(prompt: str, of_all: bool) -> None:
    assert asks_of_all(prompt) == of_all
    needed = relevance.BAR_OF_ALL if of_all else relevance.BAR
    assert relevance.fitting([_hit(needed)], prompt)
    assert relevance.fitting([_hit(needed - 0.01)], prompt) == []


def test_what_answers_a_question_counts_more_than_what_stands_beside_it() -> None:
    asked = relevance.question("the piano", [], 10, 5.0, lambda _term: 1)
    scores = [
        relevance.whole(asked, [], 0.2, beside, stated=False)
        for beside in (Beside(), Beside(second_before=0.6), Beside(0.6), Beside(0.6, asked=True))
    ]
    assert scores == sorted(set(scores))
    assert relevance.ASKS in relevance.marks("Nora: And the piano? 🎹", [], [])
    assert relevance.ASKS not in relevance.marks("Nora: Why? I sold it.", [], [])


@given(st.text(), st.lists(st.text(max_size=40), max_size=6))
def test_texts_are_compared_word_by_word(question: str, texts: list[str]) -> None:
    compared = ByWord(StaticEmbedder(), question, [])
    shares = compared.alike(texts)
    assert len(shares) == len(texts)
    assert all(0.0 <= share <= 1.0 for share in shares)
    for text, share in zip(texts, shares, strict=True):  # whatever stands beside it
        assert compared.alike([text]) == pytest.approx([share], abs=1e-4)


def test_single_words_meet_that_the_whole_sentence_hides() -> None:
    compared = ByWord(StaticEmbedder(), "Where was our wedding?", ["wedding"])
    married, bread = compared.alike(
        ["We got married on a boat in Norway.", "I buy my bread from a mill near the river."]
    )
    assert married > bread


@pytest.mark.parametrize("text", ["", "  \n", "x" * 4001, "a\x1b[31m", "a\x00b", "\ud800"])
def test_a_text_that_cannot_be_kept_is_refused_with_one_line(text: str) -> None:
    with pytest.raises(MemoryStoreError) as raised:
        checked(text)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 120


def test_the_same_said_again_is_the_same() -> None:
    assert sameness("My  parrot is called ZUBIKO!") == sameness("my parrot is called Zubiko.")
    assert sameness("I have 2 cats") != sameness("I have 3 cats")
