"""Words as the index keeps them: in the language of the text, and cut where no spaces are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat_memory.language import words
from qchat_memory.language.person import speaks_of_user
from qchat_memory.storage.embed import StaticEmbedder

# A word in two forms, each in a sentence that says which language it is.
SAME = [
    ("Meine Katzen sind alt.", "Wie alt ist meine Katze?"),
    ("Ich habe die Häuser gesehen.", "Wo ist das Haus?"),
    ("Mis hermanas viven en Lima.", "¿Dónde vive mi hermana?"),
    ("Je mange des pommes.", "Où est la pomme que je mangeais ?"),
    ("Le ragazze sono partite.", "Dove è la ragazza?"),
    ("Я купил новые книги.", "Где моя книга?"),
    ("اشتريت الكتاب أمس", "أين كتاب أمي؟"),
    ("昨日新しい自転車を買いました。", "自転車はどこ？"),
    ("ฉันอาศัยอยู่ที่เชียงใหม่กับแมว", "เชียงใหม่อยู่ที่ไหน"),
    ("我的护照放在蓝色抽屉里。", "护照在哪里？"),
    ("I was drawing cats.", "Which cat did I draw?"),
    ("I drew a lighthouse.", "What did I draw?"),
    ("My childhood was in Leeds.", "Where was I as a child?"),
    ("We flew to Oslo.", "Where did we fly?"),
]


@pytest.mark.parametrize(("told", "asked"), SAME)
def test_other_forms_of_a_word_meet(told: str, asked: str) -> None:
    assert set(words.terms(told)) & set(words.wanted(asked))


@pytest.mark.parametrize(
    ("text", "small"),
    [
        ("Wo ist mein Schlüssel?", {"wo", "ist", "mein"}),
        ("¿Dónde está mi llave?", {"donde", "esta", "mi"}),
        ("Где мой ключ?", {"где", "мои"}),
        ("鍵はどこですか？", {"は", "どこ", "です", "か"}),
        ("Where is my key?", {"where", "is", "my"}),
    ],
)
def test_small_words_are_not_looked_for(text: str, small: set[str]) -> None:
    assert words.wanted(text)
    assert not small & set(words.wanted(text).values())


def test_marks_of_a_script_are_parts_of_its_words() -> None:
    assert len(words.terms("दिल्ली")) == 1
    assert "เชียงใหม่" in " ".join(words.wanted("ฉันอาศัยอยู่ที่เชียงใหม่")) or words.terms("เชียงใหม่")


@given(st.text(max_size=80))
def test_any_text_has_terms_that_an_index_can_keep(text: str) -> None:
    for term in words.terms(text):
        assert term
        assert not set(term) & set(' "\n\t')


def test_kana_keep_their_marks_and_endings_are_no_words() -> None:
    assert words.folded("パンとバンとハン") == "パンとバンとハン"
    assert words.folded("Épée") == "epee"
    assert words.terms("甥が三人いました。") == ["甥", "三人"]


def test_pieces_that_were_never_read_are_not_alike() -> None:
    embedder = StaticEmbedder()
    dear, bad = embedder.embed(["高い", "悪い"])
    assert float(dear @ bad) < 0.9
    vectors, counts = embedder.words(["ワクチン", "妻 兄"])
    assert sum(counts) == len(vectors)


@pytest.mark.parametrize(
    ("prompt", "own"),
    [
        ("父は何の手術をした？", True),
        ("お父さんはどんな人？", False),
        ("父の日はいつ？", False),
        ("какую операцию сделали отцу?", True),
        ("скажи мне столицу Перу", False),
        ("what surgery did dad have?", True),
        ("what does a father do all day?", False),
    ],
)
def test_family_without_my_is_ones_own(prompt: str, own: bool) -> None:
    assert speaks_of_user(prompt) is own
