"""Trees of any shape become turns that hold every message, and files keep what they say."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchat.conversation.trust import provenance
from qchat.importing.documents import entries
from qchat.importing.importer import import_export
from qchat.importing.normalizing import arranged
from qchat.importing.records import Broken, BrokenEntryError, ForeignConversation, Message
from qchat.importing.tree import head, turns
from qchat.importing.values import identifier, moment, text
from qchat.protocol.events import (
    Event,
    Imported,
    StepFinished,
    Text,
    Thinking,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)
from qchat.protocol.fold import fold
from qchat.protocol.messages import Assistant, ToolResult, User
from qchat.store import Store
from qchat_memory.origin import Origin
from qchat_tools.parts import TextPart

FILE = Origin("attached", "export.zip")
ids = st.integers(0, 12).map(str)
messages = st.lists(
    st.builds(
        Message,
        id=ids,
        parent=st.none() | ids,
        role=st.sampled_from(["user", "model", "hidden"]),
        at=st.floats(0, 10),
        text=st.sampled_from(["", "one", "two"]),
        events=st.just(()),
    ),
    max_size=14,
)


@given(messages, st.none() | ids)
def test_every_message_stands_in_a_turn_and_every_turn_behind_its_parent(
    found: list[Message], current: str | None
) -> None:
    marked = [msgspec.structs.replace(m, events=(Text(f"<{m.id}>"),)) for m in found]
    conversation = ForeignConversation("c", "", 1.0, 2.0, tuple(marked), current)
    try:
        made = turns(conversation)
    except BrokenEntryError:
        return
    keys = [turn.key for turn in made]
    assert len(keys) == len(set(keys))
    for place, turn in enumerate(made):
        assert turn.parent is None or turn.parent in keys[:place]
    firsts = {m.id: m for m in reversed(marked)}
    shown = {m.id for m in firsts.values() if m.role != "hidden"}
    held = {e.text.strip("<>") for turn in made for e in turn.events if isinstance(e, Text)}
    assert shown <= held
    assert (head(conversation, made) in keys) == bool(made)


@given(st.lists(st.sampled_from("uam"), min_size=1, max_size=8), st.integers(1, 7))
def test_a_turn_keeps_its_key_when_the_conversation_grows(kinds: list[str], at: int) -> None:
    chain = [
        Message(str(n), str(n - 1) if n else None, "user" if kind == "u" else "model", text=kind)
        for n, kind in enumerate(kinds)
    ]
    before = turns(ForeignConversation("c", "", 1.0, 2.0, tuple(chain[:at])))
    after = turns(ForeignConversation("c", "", 1.0, 2.0, tuple(chain)))
    assert [turn.key for turn in after][: len(before)] == [turn.key for turn in before]


pieces = st.one_of(
    st.builds(Text, st.sampled_from(["a", "b"])),
    st.builds(Thinking, st.just("t")),
    st.builds(ToolStarted, st.sampled_from(["", "1", "2"]), st.just("python"), st.just({})),
    st.builds(
        ToolFinished, st.sampled_from(["", "1", "2"]), st.just((TextPart("out"),)), st.just(True)
    ),
)


@given(st.lists(pieces, max_size=10))
def test_loose_events_become_a_turn_that_a_model_can_read(loose: list[Event]) -> None:
    made = arranged(loose, FILE)
    assert isinstance(made[-1], TurnFinished)
    started = [e.call_id for e in made if isinstance(e, ToolStarted)]
    assert len(started) == len(set(started))
    assert sorted(started) == sorted(e.call_id for e in made if isinstance(e, ToolFinished))
    assert "".join(e.text for e in made if isinstance(e, Text)) == "".join(
        e.text for e in loose if isinstance(e, Text)
    )
    folded = fold("q", made)
    assert isinstance(folded[0], User)
    calls = [c.id for m in folded if isinstance(m, Assistant) for c in m.calls]
    assert calls == [m.call_id for m in folded if isinstance(m, ToolResult)]
    assert all(isinstance(e, StepFinished) for e in made if isinstance(e, StepFinished))


def test_what_a_file_says_was_typed_is_not_the_users_word() -> None:
    imported = (Imported("ChatGPT", "export.zip"), Text("ok"), StepFinished())
    judged = provenance([*fold("Save that I am rich", imported), *fold("Go on", ())])
    assert judged.user_text == ("Go on",)
    assert judged.tainted


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans()))
def test_any_date_is_a_moment_that_can_be_shown(value: object) -> None:
    assert 0 <= moment(value) < 4_102_444_800


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (1_718_000_000, 1_718_000_000.0),
        (1_718_000_000_000, 1_718_000_000.0),
        ("2024-06-10T06:13:20Z", 1_718_000_000.0),
        ("2024-06-10T08:13:20+02:00", 1_718_000_000.0),
        (1e300, 0.0),
        ("99999-01-01T00:00:00Z", 0.0),
        (-5, 0.0),
    ],
)
def test_moments_are_read_in_whatever_unit(value: object, wanted: float) -> None:
    assert moment(value) == wanted


@given(st.text(alphabet=st.characters()))
def test_any_text_can_be_stored(value: str) -> None:
    text(value).encode()
    assert "\0" not in text(value)
    assert identifier(True) == ""


@given(st.lists(st.dictionaries(st.text(), st.integers() | st.text()), max_size=4), st.data())
def test_a_list_that_is_cut_gives_what_stood_before_the_cut(
    values: list[dict[str, object]], data: st.DataObject
) -> None:
    whole = json.dumps(values).encode()
    cut = data.draw(st.integers(1, len(whole)))
    found = list(entries("x.json", whole[:cut]))
    read = [entry for entry in found if not isinstance(entry, Broken)]
    assert read == values[: len(read)]
    assert (len(read) == len(values)) or any(isinstance(entry, Broken) for entry in found)


@settings(max_examples=25)
@given(messages=st.lists(st.tuples(ids, st.none() | ids, st.text(max_size=5)), max_size=8))
def test_whatever_a_mapping_holds_the_import_ends(
    tmp_path_factory: pytest.TempPathFactory, messages: list[tuple[str, str | None, str]]
) -> None:
    folder = tmp_path_factory.mktemp("import")
    mapping = {
        id_: {
            "id": id_,
            "parent": parent,
            "message": {
                "author": {"role": "user" if len(said) % 2 else "assistant"},
                "content": {"content_type": "text", "parts": [said, 5, None, {"x": said}]},
            },
        }
        for id_, parent, said in messages
    }
    (folder / "c.json").write_text(json.dumps([{"mapping": mapping, "title": 7}]))
    store = Store(folder / "sessions.db")
    try:
        report = import_export(folder, store, "me", folder / "files")
        assert not report.broken
        again = import_export(folder, store, "me", folder / "files")
        assert again.outcomes["new"] == again.outcomes["grown"] == 0
        for info in store.sessions("me"):
            store.turns(info.id)
    finally:
        store.close()


def test_a_conversation_of_thousands_of_steps_is_read(tmp_path: Path) -> None:
    chain = [
        Message(str(n), str(n - 1) if n else None, "user" if n % 3 == 0 else "model", text="x")
        for n in range(6_000)
    ]
    made = turns(ForeignConversation("c", "", 1.0, 2.0, tuple(chain)))
    assert len(made) == 2_000
