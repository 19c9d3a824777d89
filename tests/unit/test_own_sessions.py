"""A session as JSON lines comes in as the same session: every branch, its head, what ran beside."""

import asyncio
import tempfile
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from qchat.export.formats import FORMATS
from qchat.export.transcript import json_lines
from qchat.importing.importer import Report, import_export
from qchat.protocol.events import (
    Compacted,
    Imported,
    Marked,
    Text,
    TrailFinished,
    TrailStarted,
    TurnFinished,
)
from qchat.store import Store, Turn


class Made(NamedTuple):
    """A turn to make: behind which earlier one (None: the first), and whether a trail ran in it."""

    behind: int | None
    trail: bool = False
    chosen: bool = False


trees = st.lists(
    st.builds(Made, st.none() | st.integers(0, 30), st.booleans(), st.booleans()),
    min_size=1,
    max_size=9,
)


def _talk(store: Store, tree: list[Made], head: int) -> str:
    """A session of these turns, which stands at one of them."""
    return asyncio.run(_held(store, tree, head))


async def _held(store: Store, tree: list[Made], head: int) -> str:
    session = store.create_session("me").id
    ids: list[int] = []
    for number, made in enumerate(tree):
        parent = ids[made.behind % len(ids)] if made.behind is not None and ids else None
        with closing(store.begin_turn(session, parent, f"prompt {number}", model="m")) as writer:
            ids.append(writer.turn.id)
            writer.add(Text(f"answer {number}"))
            for seen in ids:
                writer.add(Marked(seen))
            writer.add(Compacted("notes", ids[0], 1))
            if made.trail:
                beside = store.begin_turn(session, parent, f"trail {number}", kind="trail")
                with closing(beside):
                    beside.add(Text(f"way {number}"))
                    beside.add(TurnFinished("stop"))
                trail = beside.turn.id
                writer.add(TrailStarted(trail, "round 1, trail 1"))
                writer.add(TrailFinished(trail, "round 1, trail 1"))
                if made.chosen:
                    store.choose(session, trail)
            writer.add(TurnFinished("stop"))
    if ids:
        store.move_head(session, ids[head % len(ids)])
    return session


def _exported(store: Store, session: str) -> bytes:
    info = store.session("me", session)
    return b"".join(line + b"\n" for line in json_lines(store.conversation(info)))


def _seen(store: Store, session: str) -> tuple[object, ...]:
    """A session as it is, whatever the numbers of its turns: in the order in which they stand."""
    conversation = store.conversation(store.session("me", session))
    every = {
        turn.id: turn for turn in (*conversation.turns, *conversation.others, *conversation.trails)
    }
    place = {id_: n for n, id_ in enumerate(sorted(every))}

    def said(turn: Turn) -> list[str]:
        found = []
        for event in turn.events:
            if isinstance(event, Imported):
                continue
            of = getattr(event, "turn", None)
            found.append(f"{type(event).__name__} {place[of] if of is not None else event}")
        return found

    return (
        [turn.prompt for turn in conversation.turns],
        [
            (turn.prompt, turn.kind, place.get(turn.parent or 0), turn.model, said(turn))
            for _, turn in sorted(every.items())
        ],
    )


def _taken_in(store: Store, data: bytes, folder: Path) -> Report:
    file = folder / "talk.jsonl"
    file.write_bytes(data)
    return import_export(file, store, "me", folder / "files")


@settings(max_examples=20, deadline=None, phases=[Phase.generate])
@given(trees, st.integers(0, 30), st.integers(0, 3))
def test_it_comes_in_as_the_same_session_with_the_branches_that_were_left(
    tree: list[Made], head: int, before: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        here, there = Store(Path(name, "here.db")), Store(Path(name, "there.db"))
        try:
            _talk(there, [Made(None)] * before, 0)  # so that its turns have other numbers there
            session = _talk(here, tree, head)
            data = _exported(here, session)
            report = _taken_in(there, data, Path(name))
            assert (report.broken, report.outcomes["new"]) == ([], 1)
            assert _seen(there, session) == _seen(here, session)
            for store in (here, there):
                again = _taken_in(store, data, Path(name))
                assert again.outcomes["new"] == again.outcomes["grown"] == 0
                assert _seen(store, session) == _seen(here, session)
        finally:
            here.close()
            there.close()


def test_a_file_of_an_earlier_version_stands_at_its_last_turn_and_can_grow(tmp_path: Path) -> None:
    """It had the turns of one branch, then its trails, and named no head."""
    here, there = Store(tmp_path / "here.db"), Store(tmp_path / "there.db")
    tree = [Made(None), Made(0, trail=True), Made(0)]
    session = _talk(here, tree, 1)
    whole = _exported(here, session)
    first, *lines = whole.splitlines(keepends=True)
    old = first.replace(b'"head":', b'"formerly":') + b"".join(
        line for line in lines if b'"prompt":"prompt 2"' not in line
    )
    assert old.count(b"\n") == whole.count(b"\n") - 1
    assert _taken_in(there, old, tmp_path).outcomes["new"] == 1
    assert [turn.prompt for turn in there.turns(session)] == ["prompt 0", "prompt 1"]
    assert there.others(session, there.turns(session)) == []
    assert _taken_in(there, whole, tmp_path).outcomes["grown"] == 1
    assert [turn.prompt for turn in there.turns(session)] == ["prompt 0", "prompt 1"]
    (left,) = there.others(session, there.turns(session))
    assert left.prompt == "prompt 2"
    for store in (here, there):
        store.close()


def test_what_was_left_is_in_the_file_that_keeps_everything_and_not_in_those_to_read(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "here.db")
    session = _talk(store, [Made(None), Made(0), Made(0)], 2)
    conversation = store.conversation(store.session("me", session))
    written = {form: make(conversation, tmp_path) for form, make in FORMATS.items()}
    assert {form: "answer 1" in text for form, text in written.items()} == {
        "md": False,
        "jsonl": True,
        "ipynb": False,
    }
    store.close()
