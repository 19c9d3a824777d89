"""A conversation: what is kept, what the model is sent, who is asked, and what a failure leaves."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from qchat.backends.retries import Retries
from qchat.config.settings import MemorySettings, Settings
from qchat.conversation.branch import Branch
from qchat.conversation.cursor import BringBack
from qchat.conversation.session import Session
from qchat.conversation.toolbox import Toolbox
from qchat.memory.memories import Memories
from qchat.protocol.errors import ConnectionFailed, StatusError
from qchat.protocol.event_values import Usage
from qchat.protocol.events import (
    Cited,
    Compacted,
    Event,
    GivenUp,
    Notice,
    StepFinished,
    Text,
    Thinking,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)
from qchat.protocol.messages import Assistant, User
from qchat.protocol.permission import Permission
from qchat.runtime.paths import Paths
from qchat.store import Store, Turn
from qchat_tools.parts import TextPart, as_text
from tests.scripted import ScriptedBackend, calls, says


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator["Home"]:
    home = Home(tmp_path)
    yield home
    await home.aclose()


class Home:
    """Opens sessions in one place, and closes them."""

    def __init__(self, path: Path) -> None:
        self.paths = Paths(path, path, path / "logs")
        self.store = Store(self.paths.sessions_db)
        self._sessions: list[Session] = []

    def session(self, backend: ScriptedBackend, id_: str = "") -> Session:
        info = self.store.session("me", id_) if id_ else self.store.create_session("me")
        settings = Settings(memory=MemorySettings(enabled=False))
        toolbox = Toolbox(settings, self.paths, info.id, Memories(None, info.id))
        turns = Branch(self.store, info.id)
        session = Session(
            info, self.store, turns, toolbox, backend, think=True, budget=0, max_steps=0
        )
        self._sessions.append(session)
        return session

    async def aclose(self) -> None:
        for session in self._sessions:
            await session.aclose()
        self.store.close()


async def send(session: Session, prompt: str) -> list[Event]:
    return [event async for event in session.send(prompt)]


async def test_after_a_kill_the_model_is_told_what_was_cut_off_once(home: Home) -> None:
    info = home.store.create_session("me")
    writer = home.store.begin_turn(info.id, None, "Compute it.", backend="b", model="m")
    for id_ in ("c1", "c2"):
        writer.add(ToolStarted(id_, "python", {"code": "1"}))
    writer.add(ToolFinished("c1", (TextPart("1"),), True))
    writer.flush()  # and the process is gone
    backend = ScriptedBackend(says("I see."))
    session = home.session(backend, info.id)
    await send(session, "Go on.")
    await send(session, "And now?")
    first, second = (request.messages[-1] for request in backend.requests)
    assert isinstance(first, User)
    assert isinstance(second, User)
    assert first.text == "Go on."
    assert "may have had effects: python (c2)." in first.sent
    assert "kernel is new" in first.sent
    assert second.sent == "And now?"
    assert first.sent in [m.sent for m in backend.requests[1].messages if isinstance(m, User)]


async def test_a_turn_is_kept_with_times_and_comes_back(home: Home) -> None:
    session = home.session(ScriptedBackend([Thinking("hm"), *says("yes")]))
    events = await send(session, "really?")
    assert all(event.at > 0 for event in events)
    again = home.session(ScriptedBackend(says("")), session.id)
    assert list(again.turns) == list(session.turns)
    assert again.title == "really?"
    assert list(again.turns[0].events) == events


async def test_what_is_asked_first_is_the_title_behind_a_command(home: Home) -> None:
    session = home.session(ScriptedBackend(says("yes")))
    compacting = [event async for event in session.compacting.compact()]
    assert isinstance(compacting[-1], TurnFinished)
    again = home.session(ScriptedBackend(says("yes")), session.id)
    assert session.title == again.title == "/compact"
    await send(again, "really?")
    assert again.title == "really?"
    assert home.session(ScriptedBackend(says("yes")), session.id).title == "really?"


async def test_the_next_turn_is_sent_with_what_was_before(home: Home) -> None:
    backend = ScriptedBackend(says("one"), says("two"))
    session = home.session(backend)
    await send(session, "first /no_think")
    await send(session, "second")
    first, second = backend.requests
    assert (first.think, second.think) == (False, True)
    assert first.messages == (User("first"),)
    assert second.messages == (User("first"), Assistant((Text("one"),)), User("second"))


@pytest.mark.parametrize("recalled", [False, True])
async def test_thinking_takes_room_only_where_it_is_sent(home: Home, recalled: bool) -> None:
    backend = ScriptedBackend([Thinking("hm " * 4_500), *says("yes")], context=8_192)
    backend.recalls_thinking = recalled
    session = home.session(backend)
    for prompt in ("first", "second", "third"):
        await send(session, prompt)
    messages = backend.requests[-1].messages
    assert [m.text for m in messages if isinstance(m, User)] == ["first", "second", "third"]
    thoughts = [m.thinking for m in messages if isinstance(m, Assistant)]
    assert all(thoughts) is not recalled


async def test_how_much_fits_is_known_before_it_is_asked(home: Home) -> None:
    class Loading(ScriptedBackend):
        async def start(self) -> None:
            self.context = 4_096

    backend = Loading(says("yes"))
    session = home.session(backend)
    for _ in range(4):
        await send(session, "long " * 600)
    assert [len(request.messages) for request in backend.requests] == [1, 3, 5, 1]


async def test_a_prompt_that_no_context_holds_leaves_the_session_usable(home: Home) -> None:
    backend = ScriptedBackend(says("yes"), context=4_096)
    session = home.session(backend)
    refused = await send(session, "long " * 5_000)
    assert isinstance(refused[-2], Notice)
    assert "Nothing was sent: this prompt has about" in refused[-2].text
    assert backend.requests == []
    events = await send(session, "short")
    assert backend.requests[-1].messages == (User("short"),)
    assert events[-1].reason == "stop"


async def test_a_prompt_that_was_refused_was_not_counted(home: Home) -> None:
    counted = [Text("yes"), StepFinished(Usage(prompt=600))]
    backend = ScriptedBackend(counted, [StatusError("too long", 400)], says("ok"), context=1_000)
    session = home.session(backend)
    await send(session, "dense" * 60)
    await send(session, "long" * 375)
    await send(session, "short")
    assert backend.requests[-1].messages == (User("short"),)


async def test_stopping_keeps_what_was_streamed(home: Home) -> None:
    backend = ScriptedBackend([Thinking("so far"), asyncio.Event()])
    session = home.session(backend)
    task = asyncio.create_task(send(session, "go"))
    await backend.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (turn,) = home.store.turns(session.id)
    assert [type(event) for event in turn.events] == [Thinking, TurnFinished]
    assert turn.events[-1].reason == "cancelled"


async def test_a_failure_is_shown_kept_and_leaves_the_session_usable(home: Home) -> None:
    backend = ScriptedBackend([Text("so far"), ConnectionFailed("the server is gone")], says("ok"))
    session = home.session(backend)
    session.retries = Retries(tries=1)
    events = await send(session, "go")
    assert [type(event) for event in events] == [Text, Notice, TurnFinished]
    assert events[1].text == "the server is gone"
    assert events[1].level == "error"
    assert (await send(session, "again"))[-1].reason == "stop"
    assert home.store.turns(session.id) == list(session.turns)


async def test_a_turn_that_a_kill_cut_short_says_so(home: Home) -> None:
    info = home.store.create_session("me")
    writer = home.store.begin_turn(info.id, None, "p")
    writer.add(Text("so far"))
    writer.flush()
    backend = ScriptedBackend(says("on"))
    session = home.session(backend, info.id)
    assert [type(event) for event in session.turns[0].events] == [Text, Notice, TurnFinished]
    await send(session, "go on")
    assert Assistant((Text("so far"),)) in backend.requests[0].messages
    writer.close()


async def test_a_full_disk_is_said_and_nothing_is_sent(home: Home) -> None:
    backend = ScriptedBackend(says("yes"))
    session = home.session(backend)
    home.store.database.connection.execute("PRAGMA query_only = ON")
    events = await send(session, "go")
    assert isinstance(events[0], Notice)
    assert "nothing was sent" in events[0].text
    assert backend.requests == []
    home.store.database.connection.execute("PRAGMA query_only = OFF")


async def test_an_edit_that_cannot_be_kept_changes_nothing(home: Home) -> None:
    backend = ScriptedBackend(says("one"), says("two"), says("three"))
    session = home.session(backend)
    for prompt in ("first", "second"):
        await send(session, prompt)
    taken_back: list[Sequence[Turn]] = []

    async def abandoned(turns: Sequence[Turn]) -> BringBack:
        taken_back.append(turns)
        return none_to_bring_back

    session.cursor.abandoned = abandoned
    home.store.database.connection.execute("PRAGMA query_only = ON")
    events = [event async for event in session.edit(1, "other")]
    assert "nothing was sent" in events[0].text
    home.store.database.connection.execute("PRAGMA query_only = OFF")
    assert [turn.prompt for turn in session.turns] == ["first", "second"]
    assert taken_back == []
    events = [event async for event in session.edit(1, "other")]
    assert events[-1].reason == "stop"
    assert [turn.prompt for turn in session.turns] == ["other"]
    assert [[turn.prompt for turn in turns] for turns in taken_back] == [["first", "second"]]


async def none_to_bring_back() -> None:
    """Nothing was taken."""


async def test_what_no_longer_fits_is_sent_as_notes_and_it_is_said(home: Home) -> None:
    backend = ScriptedBackend(says("yes and no " * 600), context=4_096)
    session = home.session(backend)
    for prompt in ("first", "second", "third"):
        events = await send(session, prompt)
    assert any(isinstance(event, Notice) and "as notes" in event.text for event in events)
    messages = backend.requests[-1].messages
    assert [m.text for m in messages if isinstance(m, User)] == ["first", "second", "third"]
    assert sum(len(m.text) for m in messages if isinstance(m, Assistant)) < 7_000
    assert "look_back" in [tool.name for tool in backend.requests[-1].tools]


@pytest.mark.parametrize(
    ("answer", "questions"), [("once", 2), ("session", 1), ("no", 2), ("never", 1)]
)
async def test_a_standing_answer_is_not_asked_for_again(
    home: Home, answer: Permission, questions: int
) -> None:
    session = home.session(ScriptedBackend(says("")))
    asked: list[str] = []

    async def ask(question: str) -> Permission:
        asked.append(question)
        return answer

    session.ask = ask
    allowed = [await session.confirm("python", "may I?") for _ in range(2)]
    assert allowed == [answer in ("once", "session")] * 2
    assert len(asked) == questions


async def test_the_user_uses_a_tool_and_the_model_is_told(home: Home) -> None:
    backend = ScriptedBackend(says("I saw it."))
    session = home.session(backend)
    events = [event async for event in session.call("nope", {"x": 1}, "/nope 1")]
    assert isinstance(events[-2], ToolFinished)
    assert "there is no tool 'nope'" in as_text(events[-2].parts)
    await send(session, "what did it say?")
    told = backend.requests[0].messages[0]
    assert isinstance(told, User)
    assert "there is no tool 'nope'" in told.sent


async def test_three_equal_failures_end_the_turn_and_it_is_kept(home: Home) -> None:
    session = home.session(ScriptedBackend(calls(("c", "nope", "{}"))))
    events = await send(session, "go")
    assert events[-1] == session.turns[0].events[-1]
    assert events[-1].reason == "error"


async def test_a_think_switch_is_a_field_of_its_turn(home: Home) -> None:
    backend = ScriptedBackend(says("yes"))
    session = home.session(backend)
    await send(session, "really? /no_think")
    assert [event async for event in session.send("think!", think=True)]
    assert [event async for event in session.retry(1)]
    assert [request.think for request in backend.requests] == [False, True, False]
    again = home.session(backend, session.id)
    assert [(turn.prompt, turn.think) for turn in again.turns] == [("really?", False)]
    assert again.turns[0].typed == "really? /no_think"


async def test_a_compaction_holds_after_a_restart_and_is_undone(home: Home) -> None:
    backend = ScriptedBackend(says("yes and no " * 200), context=32_768)
    session = home.session(backend)
    for prompt in ("first", "second"):
        await send(session, prompt)
    compacted = [event async for event in session.compacting.compact("the ship is called Fram")]
    assert any(isinstance(event, Compacted) for event in compacted)
    again = home.session(backend, session.id)
    await send(again, "third")
    short = backend.requests[-1].messages
    assert [m.sent for m in short if isinstance(m, User)] == [
        "first",
        "second",
        "Keep in mind: the ship is called Fram",
        "third",
    ]
    first, last = (m for m in short if isinstance(m, Assistant))
    assert len(first.text) < 1_000 < len(last.text), "the last answer is what one goes on from"
    assert [event async for event in again.compacting.undo()]
    await send(again, "fourth")
    whole = [m.text for m in backend.requests[-1].messages if isinstance(m, Assistant)]
    assert all(len(text) > 2_000 for text in whole)
    account = again.context.account("what next?")
    assert account.total > 1_000
    assert "your words" in str(account)


async def test_what_a_reply_cited_that_was_given_up_is_not_cited(home: Home) -> None:
    whole = [Text("See "), Text("[1]."), StepFinished()]
    session = home.session(ScriptedBackend(whole, [Text("See [1]."), GivenUp(), *says("Nothing.")]))
    session.toolbox.sources.add("http://a.test/", "A", "x")
    cited, given_up = await send(session, "Where?"), await send(session, "And now?")
    assert [source.number for e in cited if isinstance(e, Cited) for source in e.sources] == [1]
    assert not any(isinstance(event, Cited) for event in given_up)
    assert session.last_step == next(e for e in given_up if isinstance(e, StepFinished))
