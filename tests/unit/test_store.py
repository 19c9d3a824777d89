"""Conversations are kept as they happen."""

import asyncio
import contextlib
import sqlite3
import stat
from pathlib import Path

import pytest

from qchat.admin import checks
from qchat.protocol.errors import QchatError, StoreError, UsageError
from qchat.protocol.events import (
    Event,
    Notice,
    Sent,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TurnFinished,
    encode,
)
from qchat.runtime.paths import default_paths
from qchat.store import FLUSH_S, ROW_CHARACTERS, Store, TurnKind, schema
from qchat_tools.parts import ImagePart, TextPart

TURN: list[Event] = [
    Thinking("a ", at=1.0),
    Thinking("thought", at=2.0),
    ToolDraft("c", "python", "{", at=3.0),
    ToolDraft("c", "python", "}", at=3.5),
    StepFinished(at=4.0),
    ToolStarted("c", "python", {"code": "print(12345)"}, at=5.0),
    ToolProgress("c", TextPart("12345\n", "stdout"), at=6.0),
    ToolFinished("c", (TextPart("12345\n", "stdout"),), True, at=7.0),
    Text("It is 12345.", at=8.0),
    StepFinished(at=9.0),
    TurnFinished("stop", at=10.0),
]


@pytest.fixture
def store(tmp_path: Path):
    store = Store(tmp_path / "home" / "sessions.db")
    yield store
    store.close()


async def _turn(store: Store, session: str, prompt: str, events: list[Event], parent=None):
    writer = store.begin_turn(session, parent, prompt, backend="demo", model="m")
    for event in events:
        writer.add(event)
    return writer.close()


async def test_a_turn_comes_back_as_it_was(store: Store) -> None:
    session = store.create_session("me")
    turn = await _turn(store, session.id, "what?", TURN)
    assert store.turns(session.id) == [turn]
    assert turn.events[0] == Thinking("a thought", at=1.0)
    kinds = [type(event).__name__ for event in turn.events]
    assert "ToolDraft" not in kinds
    assert "ToolProgress" not in kinds


async def test_what_was_streamed_is_on_disk_without_another_event(store: Store) -> None:
    session = store.create_session("me")
    writer = store.begin_turn(session.id, None, "p")
    writer.add(Thinking("so far"))
    written = asyncio.Event()
    asyncio.get_running_loop().call_later(FLUSH_S * 1.5, written.set)
    await written.wait()
    assert store.turns(session.id)[0].events == (Thinking("so far"),)
    writer.close()


async def test_drafts_and_progress_stay_until_something_final_comes(store: Store) -> None:
    session = store.create_session("me")
    writer = store.begin_turn(session.id, None, "p")
    for event in TURN[:4]:
        writer.add(event)
    writer.flush()
    assert ToolDraft("c", "python", "{}", at=3.0) in store.turns(session.id)[0].events
    for event in TURN[4:7]:
        writer.add(event)
    writer.flush()
    kinds = [type(event).__name__ for event in store.turns(session.id)[0].events]
    assert kinds == ["Thinking", "StepFinished", "ToolStarted", "ToolProgress"]
    writer.close()


async def test_a_full_disk_is_said_in_words_and_nothing_is_lost_when_there_is_room(
    store: Store,
) -> None:
    session = store.create_session("me")
    writer = store.begin_turn(session.id, None, "p")
    store.database.connection.execute("PRAGMA max_page_count = 1")  # SQLite takes what it has
    writer.add(Text("long " * 100_000))
    with pytest.raises(StoreError, match="the disk is full; make room and try again"):
        writer.flush()
    store.database.connection.execute("PRAGMA max_page_count = 1000000")
    writer.close()
    (turn,) = store.turns(session.id)
    assert turn.events == (Text("long " * 100_000),)


async def test_a_long_part_is_kept_in_rows_of_bounded_size(store: Store) -> None:
    session = store.create_session("me")
    words = [f"word{n} " for n in range(5_000)]
    await _turn(store, session.id, "p", [Text(word) for word in words])
    assert store.turns(session.id)[0].events == (Text("".join(words)),)
    with store.database.transaction() as db:
        (longest,) = db.execute("SELECT max(length(json)) FROM events").fetchone()
    assert longest < ROW_CHARACTERS + 100


async def test_a_branch_leaves_the_other_one_reachable(store: Store) -> None:
    session = store.create_session("me")
    first = await _turn(store, session.id, "1", [])
    second = await _turn(store, session.id, "2", [], parent=first.id)
    other = await _turn(store, session.id, "2b", [], parent=first.id)
    assert [turn.prompt for turn in store.turns(session.id)] == ["1", "2b"]
    store.move_head(session.id, second.id)
    assert [turn.prompt for turn in store.turns(session.id)] == ["1", "2"]
    store.move_head(session.id, other.id)
    assert [turn.prompt for turn in store.turns(session.id)] == ["1", "2b"]


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ("thought", {"thinking"}),
        ("12345", {"tool", "text"}),
        ("你好", {"prompt"}),
        ("好", {"prompt"}),
        ("吗 HELLO", {"prompt"}),
        ('say "it', set()),
        ("100%", set()),
        ("nowhere", set()),
    ],
)
async def test_search_finds_words_of_any_script(store: Store, query: str, kinds: set[str]) -> None:
    session = store.create_session("me")
    await _turn(store, session.id, "hello 你好吗", TURN)
    assert {hit.kind for hit in store.index.search("me", query)} == kinds
    assert store.index.search("somebody else", query) == []


async def test_a_turn_that_is_still_running_is_found_too(store: Store) -> None:
    session = store.create_session("me")
    writer = store.begin_turn(session.id, None, "p")
    writer.add(Text("first words"))
    writer.flush()
    assert store.index.search("me", "first")
    writer.add(Thinking("later ones"))
    writer.flush()
    assert store.index.search("me", "later")
    writer.close()


async def test_what_is_deleted_is_not_found_and_not_in_the_file(store: Store) -> None:
    session = store.create_session("me")
    await _turn(store, session.id, "xylophone", [Text("quetzalcoatl")])
    store.delete_session(session.id)
    assert store.index.search("me", "xylophone") == []
    assert store.sessions("me") == []
    store.close()
    assert b"quetzalcoatl" not in store.path.read_bytes()


async def test_a_session_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    session = store.create_session("me")
    assert store.session("me", session.id[:4]).id == session.id
    for wrong in ("", "%", "_", "zzzz"):
        with pytest.raises(UsageError):
            store.session("me", wrong)
    with pytest.raises(UsageError):
        store.session("you", session.id)


async def test_what_goes_on_is_where_something_was_answered_last(store: Store) -> None:
    assert store.last_session("ada") is None
    failed = [Notice("there is no model", "error"), TurnFinished("error")]
    first = store.create_session("ada").id
    await _turn(store, first, "asked in vain", failed)
    assert store.last_session("ada").id == first, "nothing else is there"
    assert store.last_answer(first) == ("", "")
    answered = store.create_session("ada").id
    await _turn(store, answered, "and?", [Text("so"), TurnFinished("stop")])
    await _turn(store, answered, "and now?", failed, parent=store.path_to_head(answered)[-1].id)
    assert store.last_answer(answered) != ("", "")
    in_vain = store.create_session("ada").id
    await _turn(store, in_vain, "asked in vain", failed)
    assert store.sessions("ada")[0].id == in_vain, "it is in the list"
    assert store.last_session("ada").id == answered
    store.hide_session(answered)
    assert store.last_session("ada").id == in_vain


async def test_a_write_that_fails_drops_nothing(store: Store) -> None:
    session = store.create_session("me")
    writer = store.begin_turn(session.id, None, "p")
    with store.database.transaction() as db:
        db.execute("PRAGMA query_only = ON")
    writer.add(Text("kept"))
    with pytest.raises(StoreError):
        writer.flush()
    store.database.connection.execute("PRAGMA query_only = OFF")
    writer.close()
    assert store.turns(session.id)[0].events == (Text("kept"),)


def test_only_the_owner_can_read_it(store: Store) -> None:
    store.create_session("me")
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    for file in store.path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_folder_that_is_made_on_the_way_is_private_too(tmp_path: Path) -> None:
    Store(tmp_path / "home" / "qchat" / "sessions.db").close()
    for folder in ("home", "home/qchat"):
        assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreError, match="move the file away, and qchat begins a new one"):
        Store(path)


async def test_a_page_that_is_bent_is_seen_by_the_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QCHAT_HOME", str(tmp_path))
    paths = default_paths()
    with contextlib.closing(Store(paths.sessions_db)) as store:
        session = store.create_session("me")
        for number in range(20):
            await _turn(store, session.id, f"{number} " + "many words " * 500, TURN)
    assert checks.sessions(paths) == str(paths.sessions_db)
    with paths.sessions_db.open("r+b") as file:
        file.seek(paths.sessions_db.stat().st_size * 2 // 3 // 4096 * 4096)
        file.write(b"\xff" * 20_000)
    with pytest.raises(QchatError, match=r"damaged .*Copy that file away.*qchat restore"):
        checks.sessions(paths)


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "sessions.db")
    store.database.connection.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(StoreError, match="newer"):
        Store(tmp_path / "sessions.db")


async def test_a_hidden_session_comes_back_until_it_is_purged(store: Store) -> None:
    session = store.create_session("me")
    await _turn(store, session.id, "a needle", TURN)
    assert store.hide_session(session.id)
    assert store.sessions("me") == []
    assert store.index.search("me", "needle") == []
    with pytest.raises(UsageError):
        store.session("me", session.id)
    assert store.hide_session(session.id, hidden=False)
    assert [info.id for info in store.sessions("me")] == [session.id]
    assert store.last_hidden("me") is None
    assert store.hide_session(session.id)
    store.purge()
    assert store.prompts("me") == []
    assert store.last_hidden("you") is None, "another's"
    assert store.last_hidden("me") == store.session("me", session.id, or_hidden=True)
    store.purge(days=-1.0)  # a day later than it may stay
    assert store.last_hidden("me") is None
    assert not store.hide_session(session.id, hidden=False)


async def test_what_was_hidden_last_comes_back_first(store: Store) -> None:
    for prompt in ("one", "two", "three"):
        session = store.create_session("me")
        await _turn(store, session.id, prompt, TURN)
    for info in store.sessions("me")[:2]:
        store.hide_session(info.id)
    back = []
    while (info := store.last_hidden("me")) is not None:
        store.hide_session(info.id, hidden=False)
        back.append(info.title)
    assert back == ["two", "three"]


async def test_a_title_of_ones_own_stays_when_the_conversation_goes_on(store: Store) -> None:
    session = store.create_session("me")
    turn = await _turn(store, session.id, "a prompt", TURN)
    store.rename_session(session.id, "of my own")
    await _turn(store, session.id, "more", TURN, turn.id)
    assert store.session("me", session.id).title == "of my own"


async def test_what_is_asked_first_is_the_title_where_a_command_stands_before(store: Store) -> None:
    session = store.create_session("me")

    def begin(prompt: str, kind: TurnKind) -> str:
        store.begin_turn(session.id, None, prompt, kind=kind).close()
        return store.session("me", session.id).title

    assert begin("/compact", "run") == "/compact"
    assert begin("/keep 1", "run") == "/compact"
    assert begin("What is a parrot?", "chat") == "What is a parrot?"
    assert begin("And a crow?", "chat") == "What is a parrot?"
    store.rename_session(session.id, "/compact")
    assert begin("And a jay?", "chat") == "/compact", "the user's own title stays"


def test_a_database_of_the_first_version_opens_with_all_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.executescript(schema.FIRST)
        old.execute("PRAGMA user_version = 1")
        old.execute("INSERT INTO sessions VALUES ('ab', 'me', 'old', 1, 2, 1)")
        old.execute(
            "INSERT INTO turns (session, kind, prompt, created_at, backend, model)"
            " VALUES ('ab', 'chat', 'hello', 1, 'demo', 'm')"
        )
        old.execute("""INSERT INTO events VALUES (1, 1, '{"type":"text","text":"there"}')""")
        old.commit()
    store = Store(path)
    assert [info.title for info in store.sessions("me")] == ["old"]
    assert store.turns("ab")[0].events == (Text("there"),)
    assert store.index.search("me", "hello")[0].session == "ab"
    store.keep_offline("ab", True)
    assert store.session("me", "ab").offline
    store.close()


@pytest.mark.parametrize("version", range(1, schema.VERSION))
async def test_a_database_of_every_earlier_version_opens(tmp_path: Path, version: int) -> None:
    path = tmp_path / "sessions.db"
    with contextlib.closing(sqlite3.connect(path)) as old:
        schema.migrate(old, 0, version)
        old.execute(
            "INSERT INTO sessions (id, user, title, created_at, updated_at, head)"
            " VALUES ('ab', 'me', 'old', 1, 2, 1)"
        )
        if version >= 4:  # that version could go without memory
            old.execute("UPDATE sessions SET memory = 0")
        old.execute(
            "INSERT INTO turns (session, kind, prompt, created_at, backend, model)"
            " VALUES ('ab', 'chat', 'hello', 1, 'demo', 'm')"
        )
        old.commit()
    store = Store(path)
    (info,) = store.sessions("me")
    assert (info.title, info.memory) == ("old", version < 4)
    assert store.saved("ab") == {}
    store.keep_saved("ab", "0a", "I like tea.", "{}")
    store.sendings.note("ab", [Sent("far.example", 7, "embeddings", sender="memory")])
    store.close()
    store = Store(path)
    assert store.saved("ab") == {("0a", "I like tea."): "{}"}
    assert [event.bytes for turn in store.sendings.turns("ab") for event in turn.events] == [7]
    store.delete_session("ab")
    assert store.saved("ab") == {}
    store.close()


def test_a_conversation_of_thousands_of_turns_is_deleted(store: Store) -> None:
    kept = store.create_session("anna")
    long = store.create_session("anna")
    for session, turns in ((kept.id, 2), (long.id, 5_000)):
        with store.database.transaction() as db:
            parent = None
            for number in range(turns):
                parent = db.execute(
                    "INSERT INTO turns (session, parent, kind, prompt, created_at, backend, model,"
                    " indexed) VALUES (?, ?, 'chat', ?, 0, '', '', 1)",
                    (session, parent, f"prompt {number}"),
                ).lastrowid
                place = db.execute(
                    "INSERT INTO found (text, turn, kind) VALUES (?, ?, 'prompt')",
                    (f"prompt {number}", parent),
                ).lastrowid
                db.execute("INSERT INTO found_at VALUES (?, ?)", (place, parent))
            db.execute("UPDATE sessions SET head = ? WHERE id = ?", (parent, session))
    store.hide_session(long.id)
    store.purge(days=-1)
    assert [info.id for info in store.sessions("anna")] == [kept.id]
    assert len(store.turns(kept.id)) == 2
    assert len(store.index.search("anna", "prompt")) == 2
    for table in ("turns", "found", "found_at"):
        ((number,),) = store.database.rows(f"SELECT count(*) FROM {table}")
        assert number == 2, table


async def test_a_kept_file_goes_with_the_last_conversation_that_has_it(store: Store) -> None:
    shared, own = "a" * 64, "b" * 64
    one, two = store.create_session("me").id, store.create_session("me").id
    for session, hashes in ((one, (shared, own)), (two, (shared,))):
        writer = store.begin_turn(session, None, "draw")
        pictures = tuple(ImagePart(sha256, "image/png") for sha256 in hashes)
        writer.add(ToolFinished("c", pictures, True))
        writer.flush()  # known before the turn is over: a kill changes nothing
    assert store.delete_session(one) == [own]
    assert store.hide_session(two)
    hashes = store.purge(days=-1)
    assert hashes == [shared]
    alive = store.create_session("me").id
    files, reports = store.path.parent / "files", store.path.parent / "runs"
    for folder in (files, reports / one, reports / alive):
        folder.mkdir(parents=True)
    (files / shared).touch()
    (files / own).touch()
    store.forget_kept(hashes, files, reports)
    assert [file.name for file in files.iterdir()] == [own]
    assert [folder.name for folder in reports.iterdir()] == [alive]


def test_an_older_database_knows_which_turns_have_kept_files(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    event = encode(ToolFinished("c", (ImagePart("c" * 64, "image/png"),), True)).decode()
    with contextlib.closing(sqlite3.connect(path)) as old:
        schema.migrate(old, 0, 9)
        old.execute(
            "INSERT INTO sessions (id, user, title, created_at, updated_at, head)"
            " VALUES ('ab', 'me', 'old', 1, 2, 1)"
        )
        old.execute(
            "INSERT INTO turns (session, kind, prompt, created_at, backend, model)"
            " VALUES ('ab', 'chat', 'hello', 1, 'demo', 'm')"
        )
        old.execute("INSERT INTO events VALUES (1, 1, ?)", (event,))
        old.commit()
    store = Store(path)
    assert store.delete_session("ab") == ["c" * 64]
    store.close()
