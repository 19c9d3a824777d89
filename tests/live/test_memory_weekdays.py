"""A weekday that tells a habit is found by whoever asks about that day, in any language's form."""

from collections.abc import Iterator

import pytest

from qchat_memory.language import weekdays
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.store import MemoryStore

HABITS = [
    # What was told, a question about its day, and one about another day.
    ("I play tennis on Wednesdays.", "What do I do on Wednesday?", "What do I do on Friday?"),
    ("Every Tuesday I swim.", "What do I do on Tuesdays?", "What do I do on Mondays?"),
    ("Am Mittwoch spiele ich Tennis.", "Was mache ich am Mittwoch?", "Was mache ich am Freitag?"),
    ("Mittwochs gehe ich schwimmen.", "Was mache ich am Mittwoch?", "Was mache ich am Montag?"),
    ("Los jueves juego al ajedrez.", "¿Qué hago yo los jueves?", "¿Qué hago yo los lunes?"),
    ("Le lundi, je vais à la chorale.", "Que fais-je le lundi ?", "Que fais-je le jeudi ?"),
    ("По средам я играю в теннис.", "Что я делаю в среду?", "Что я делаю в пятницу?"),
    ("По пятницам я хожу в бассейн.", "Что я делаю по пятницам?", "Что я делаю в понедельник?"),
    ("我每周三打网球。", "我星期三做什么？", "我星期五做什么？"),
    ("水曜日にテニスをします。", "私は水曜日に何をしますか？", "私は金曜日に何をしますか？"),
]
OTHERS = [
    "My cat is called Pixel.",
    "I work as an engineer in Lyon.",
    "Ich habe eine Schwester in Graz.",
    "Мою собаку зовут Рекс.",
    "我对花生过敏。",
    "Mi color favorito es el verde.",
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MemoryStore]:
    store = MemoryStore(tmp_path_factory.mktemp("memory"), "anna", StaticEmbedder())
    yield store
    store.close()


@pytest.mark.parametrize(("told", "asked", "other"), HABITS)
def test_it_is_found_by_its_day_and_not_first_by_another(
    store: MemoryStore, told: str, asked: str, other: str
) -> None:
    store.forget_all()
    for text in (*OTHERS, told):
        store.keep(text, said_at="2026-03-05T09:00:00+01:00")
    assert [hit.memory.text for hit in store.recall(asked)][:1] == [told]
    by_day = {hit.memory.text: hit.score for hit in store.search(asked)}[told]
    by_other = {hit.memory.text: hit.score for hit in store.search(other)}.get(told, 0.0)
    assert by_other < by_day - 0.1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("every Monday and on Fridays", {"qk0", "qk4"}),
        ("nos vemos el lunes", {"qk0"}),
        ("in queste domeniche, il sabato", {"qk6", "qk5"}),
        ("às quartas-feiras", {"qk2"}),
        ("w środę i w niedziele", {"qk2", "qk6"}),
        ("op dinsdag", {"qk1"}),
        ("çarşambaları", {"qk2"}),
        ("كل الجمعة", {"qk4"}),
        ("每个星期天", {"qk6"}),
        ("토요일마다", {"qk5"}),
        # Certain dates, and what only looks like a day.
        ("last Wednesday", set()),
        ("am letzten Mittwoch", set()),
        ("el lunes pasado", set()),
        ("в прошлую среду", set()),
        ("上周三", set()),
        ("I sat in the sun on a monthly basis", set()),
    ],
)
def test_which_days_a_text_names(text: str, found: set[str]) -> None:
    assert weekdays.labels(text).keys() == found
    left = weekdays.without(text)
    assert not weekdays.labels(left)
    assert found or left == text
