"""A memory that changes: contradictions, the same in other words, undo, taking back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.store import MemoryStore

EMBEDDER = StaticEmbedder()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MemoryStore]:
    store = MemoryStore(tmp_path, "anna", EMBEDDER)
    yield store
    store.close()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("I live in Berlin.", "I moved from Berlin to Lisbon in May."),
        ("My manager is Priya Raman.", "My manager is now Tom."),
        ("I eat meat.", "I no longer eat meat."),
        ("I love coriander.", "I can't stand coriander."),
        ("Ich wohne in Berlin.", "Ich bin nach Graz gezogen."),
        ("我住在杭州。", "我现在住在上海。"),
        ("Vivo en Málaga.", "Ya no vivo en Málaga, sino en Cádiz."),
        ("Я ем мясо.", "Я больше не ем мясо."),
        ("大阪に住んでいます。", "大阪から東京に引っ越しました。"),
        ("أعيش في القاهرة.", "انتقلتُ من القاهرة إلى الإسكندرية."),
    ],
)
def test_what_contradicts_replaces_and_keeps_the_past(
    store: MemoryStore, old: str, new: str
) -> None:
    first = store.save(old, said_at="2026-01-05T10:00:00+00:00", pinned=True)
    kept = store.keep(new)
    assert kept.replaced is not None
    assert (kept.replaced.text, kept.replaced.date) == (old, "2026-01-05")
    (memory,) = store.list()
    assert (memory.id, memory.text, memory.pinned) == (first.id, new, True)
    assert memory.before == kept.replaced
    assert store.search(new)[0].memory == memory


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("My parrot is called Zubiko.", "The user's parrot's name is Zubiko"),
        ("I live in Lisbon", "I live in Lisbon now."),
        ("I like the tea.", "I really like tea!"),
        ("I work as a nurse in Leeds.", "In Leeds I work as a nurse."),
        ("I hate mushrooms.", "I can't stand mushrooms."),
    ],
)
def test_the_same_in_other_words_is_one_memory(store: MemoryStore, old: str, new: str) -> None:
    store.save(old)
    store.save(new)
    (memory,) = store.list()
    assert memory.text == new


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I like tea.", "I like coffee."),
        ("My sister lives in Toronto.", "My brother lives in Oslo."),
        ("I work as a nurse.", "I work at Siemens."),
        ("I have 2 cats.", "I have a dog."),
        ("Anna loves Bob.", "Bob loves Anna."),
        ("I smoked.", "I smoke."),
        ("I owe Tom 20 euros.", "I owe Tom 25 euros."),
    ],
)
def test_what_can_both_be_true_stays(store: MemoryStore, one: str, other: str) -> None:
    store.save(one)
    store.save(other)
    assert {memory.text for memory in store.list()} == {one, other}


def test_of_two_that_say_the_same_one_is_recalled(store: MemoryStore) -> None:
    """An import keeps both, if they come from two conversations."""
    texts = ["I love hiking.", "I really enjoy hiking.", "I hate hiking in rain."]
    store.import_lines(f'{{"text": "{text}"}}' for text in texts)
    assert store.count() == 3
    found = [hit.memory.text for hit in store.search("Do I like hiking?")]
    assert len(found) == 2
    assert texts[2] in found


def test_undo_goes_back_step_by_step(store: MemoryStore) -> None:
    id_ = store.save("I live in Berlin.", session="s", turn="1").id
    store.save("I live in Lisbon.", session="s", turn="2")
    again = store.undo(id_)
    assert again is not None
    assert (again.text, again.turn, again.past) == ("I live in Berlin.", "1", ())
    assert store.undo(id_) is None
    assert store.list() == []


def test_edit_and_forget_can_be_restored(store: MemoryStore) -> None:
    first = store.save("I have a dgo.", session="s", turn="1")
    edited = store.edit(first.id, "I have a dog.")
    assert (edited.before, edited.memory.past) == (first, ())
    assert store.search("dog")[0].memory.text == "I have a dog."
    gone = store.forget(first.id)
    assert store.list() == []
    store.restore(gone)
    assert store.list() == [edited.memory]
    store.restore(first)
    assert store.list() == [first]
    changed = store.update(first.id, "I have two dogs.")
    assert changed.memory.before == first.then()
    with pytest.raises(MemoryStoreError, match="there is no memory"):
        store.update("00000000", "x")


def test_taking_back_turns_undoes_only_what_they_told(store: MemoryStore) -> None:
    berlin = store.save("I live in Berlin.", session="s", turn="1")
    store.save("I live in Lisbon.", session="s", turn="2")
    tea = store.save("I like tea.", session="s", turn="2")
    other = store.save("I like coffee.", session="t", turn="2")
    taken = store.take_back("s", ["2", "3"])
    assert {kept.memory.text for kept in taken} == {"I live in Lisbon.", "I like tea."}
    assert {memory.text for memory in store.list()} == {berlin.text, other.text}
    assert store.get(berlin.id) == berlin
    store.save("I live in Oslo.", session="s", turn="4")
    store.take_back("s", ["1"])  # a past alone: what holds now stays
    assert store.get(berlin.id).text == "I live in Oslo."
    assert store.get(berlin.id).past == ()
    assert store.take_back("s", ["9"]) == []
    assert tea.id not in {memory.id for memory in store.list()}
