"""The tree of turns: siblings, leaves, and turns that are read as they are asked for."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.bench.longsession import fill
from qchat.conversation.attachments import attachments, completions
from qchat.conversation.branch import READ_AHEAD, REMEMBERED, Branch, Tree
from qchat.protocol.events import Attached
from qchat.protocol.fold import fold
from qchat.protocol.messages import User
from qchat.store import Store

TURNS = 400


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "sessions.db")


def test_a_branch_reads_what_is_used_and_forgets_it_again(store: Store) -> None:
    session = fill(store, "me", TURNS)
    branch = Branch(store, session)
    read: list[int] = []
    events = store.events

    def count(turns: list[int]) -> object:
        read.extend(turns)
        return events(turns)

    store.events = count  # type: ignore[method-assign,assignment]
    assert len(branch) == TURNS
    assert [turn.prompt for turn in branch.heads][-1] == f"question {TURNS - 1}"
    assert not read, "opening reads no events"
    assert branch[-1].finished
    assert next(iter(reversed(branch))).id == branch.heads[-1].id
    assert len(read) == 1
    assert list(branch) == store.turns(session)
    assert branch.at_hand <= REMEMBERED + READ_AHEAD
    store.close()


def test_a_tree_knows_what_stands_beside_what() -> None:
    tree = Tree([(1, None), (2, 1), (3, 2), (4, 1), (5, None)])
    assert tree.siblings(1) == [1, 5]
    assert tree.siblings(4) == [2, 4]
    assert tree.leaf(1) == 4, "the newest branch"
    assert tree.leaf(2) == 3
    assert tree.leaves() == [3, 4, 5]
    assert tree.path(3) == [1, 2, 3]


@given(st.lists(st.integers(0, 20), max_size=30))
def test_every_turn_is_on_the_way_to_a_leaf(choices: list[int]) -> None:
    parents: list[tuple[int, int | None]] = []
    for number, choice in enumerate(choices, 1):
        known = [None, *range(1, number)]
        parents.append((number, known[choice % len(known)]))
    tree = Tree(parents)
    on_the_way = {turn for leaf in tree.leaves() for turn in tree.path(leaf)}
    assert on_the_way == {turn for turn, _ in parents}
    assert all(tree.leaf(turn) in tree.leaves() for turn, _ in parents)
    assert all(turn in tree.siblings(turn) for turn, _ in parents)


def test_only_turns_that_may_hold_a_phrase_are_named(store: Store) -> None:
    session = fill(store, "me", 30)
    ids = [turn.id for turn in store.path_to_head(session)]
    assert store.index.turns_with(session, "Thought 17:") == {ids[17]}
    assert store.index.turns_with(session, "17") == set(ids), "too short for the index: any may"
    assert store.index.turns_with(session, "nowhere") == set()
    store.close()


@given(st.text(max_size=200))
def test_no_attached_text_can_close_its_fence(text: str) -> None:
    (message,) = fold("look", [Attached("a.txt", text)])
    assert isinstance(message, User)
    head, _, body = message.sent.partition("Attached file a.txt:\n")
    fence, _, rest = body.partition("\n")
    assert head == "look\n\n"
    assert set(fence) == {"`"}
    assert len(fence) >= 3
    assert rest.endswith(f"\n{fence}")
    assert fence not in rest[: -len(fence)]


def test_files_are_told_from_people_and_punctuation(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A")
    assert attachments("ask @alice about x@y.example", tmp_path) == []
    assert attachments("see @a.txt, and @a.txt.", tmp_path) == [Attached("a.txt", "A")]
    assert attachments("see @b.txt", tmp_path) == []  # what is no file is text
    assert completions("see @a", tmp_path) == [("see @a.txt ", "a.txt")]
    assert completions("mail x@a", tmp_path) == []
    (tmp_path / "说 明.md").touch()
    assert completions("@a.txt and @a", tmp_path) == [("@a.txt and @a.txt ", "a.txt")]
    assert completions("@alice: see @说 ", tmp_path) == [('@alice: see @"说 明.md" ', "说 明.md")]
    assert completions('@"说 明.md" and @"说', tmp_path) == [
        ('@"说 明.md" and @"说 明.md" ', "说 明.md")
    ]
