"""Texts that were not sent: who holds them, who gets them, and what is written of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qchat.protocol.draft import Draft
from qchat.protocol.events import Attached
from qchat.store import Place, Store

LONG = Attached("pasted-1.txt", "word " * 100_000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "sessions.db")
    yield opened
    opened.close()


def left(store: Store, user: str = "anna", living: str = "me") -> dict[str, list[Draft]]:
    found = store.unsent.left(user, lambda holder: holder != living)
    return {session: [draft for _, draft in drafts] for session, drafts in found.items()}


def test_only_what_nobody_holds_is_given_and_only_to_its_user(store: Store) -> None:
    session = store.create_session("anna").id
    store.unsent.change("anna", "me", {Place(session, 1): Draft("mine")}, (), ())
    store.unsent.change("anna", "dead", {Place(session, 1): Draft("theirs")}, (), ())
    store.unsent.change("bob", "dead", {Place("", 1): Draft("bob's")}, (), ())
    assert left(store) == {session: [Draft("theirs")]}
    assert left(store, "bob") == {"": [Draft("bob's")]}
    store.unsent.let_go("me")
    assert left(store) == {session: [Draft("mine"), Draft("theirs")]}


def test_pasted_texts_come_back_in_their_order(store: Store) -> None:
    other = Attached("pasted-2.txt", "more")
    pieces: dict[Place, Draft | Attached] = {
        Place("", 1): Draft("about these", instead=3),
        Place("", 1, 1): LONG,
        Place("", 1, 2): other,
        Place("", 2): Draft("next"),
    }
    store.unsent.change("anna", "dead", pieces, (), ())
    assert left(store) == {"": [Draft("about these", (LONG, other), instead=3), Draft("next")]}


def test_what_is_taken_over_changes_hands_at_once(store: Store) -> None:
    here, there = Place("", 1), Place("", 2)
    store.unsent.change("anna", "dead", {here: Draft("a"), there: Draft("b")}, (), ())
    store.unsent.change("anna", "me", {here: Draft("a")}, (), [("dead", "")])
    assert left(store) == {}
    store.unsent.change("anna", "me", {}, [here], ())
    store.unsent.let_go("me")
    assert left(store) == {}


def test_it_goes_with_its_conversation_and_is_hidden_with_it(store: Store) -> None:
    session = store.create_session("anna").id
    store.unsent.change("anna", "dead", {Place(session, 1): Draft("kept")}, (), ())
    store.hide_session(session)
    assert left(store) == {}
    store.hide_session(session, hidden=False)
    assert left(store) == {session: [Draft("kept")]}
    store.delete_session(session)
    assert left(store) == {}
    store.unsent.change("anna", "dead", {Place(session, 1): Draft("late")}, (), ())
    assert left(store) == {"": [Draft("late")]}, "it was deleted by another process meanwhile"


def test_the_last_conversation_is_the_one_with_unsent_text(store: Store) -> None:
    answered, begun = store.create_session("anna").id, store.create_session("anna").id
    for session in (answered, begun):
        store.begin_turn(session, None, "hello", backend="b")
    store.unsent.change("anna", "dead", {Place(answered, 1): Draft("kept")}, (), ())
    last = store.last_session("anna")
    assert last is not None
    assert last.id == answered
    assert not store.unsent.newer_than_all_sent("bob")
    assert store.unsent.newer_than_all_sent("anna")
