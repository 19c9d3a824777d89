"""A talk of many hundred turns: only what can be sent is read, and all of it can be found."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from qchat.bench.longsession import fill
from qchat.commands import CommandContext, Outcome, RunTurn, execute
from qchat.config.settings import MemorySettings, Settings
from qchat.conversation.history import History
from qchat.conversation.look_back import LookBackTool
from qchat.conversation.workspace import Workspace
from qchat.protocol.events import Compacted, Event, Marked, Text
from qchat.protocol.messages import Assistant, Message, User
from qchat.runtime.paths import Paths
from qchat.store import Store
from qchat_tools.base import Call
from qchat_tools.parts import as_text
from tests.scripted import ScriptedBackend, says

TURNS = 500
CONTEXT = 8_192


class Talk:
    """A conversation of `TURNS` turns that no process has open yet, opened again and again."""

    def __init__(self, home: Path) -> None:
        self._paths = Paths(home, home, home / "logs")
        store = Store(self._paths.sessions_db)
        self.id = fill(store, "default", TURNS)
        store.close()
        self.model = ScriptedBackend(says("ok"), context=CONTEXT)
        self._open: list[Workspace] = []

    def open(self) -> CommandContext:
        settings = Settings(memory=MemorySettings(enabled=False))
        given = {"demo": self.model}
        workspace = Workspace(settings, self._paths, tools=frozenset(), backends=given)
        self._open.append(workspace)
        place = CommandContext(workspace, workspace.open(self.id))
        place.session.backend = self.model
        return place

    async def aclose(self) -> None:
        for workspace in self._open:
            await workspace.aclose()

    @property
    def sent(self) -> tuple[Message, ...]:
        return self.model.requests[-1].messages


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    made = Talk(tmp_path)
    yield made
    await made.aclose()


async def send(place: CommandContext, prompt: str) -> list[Event]:
    return [event async for event in place.session.send(prompt)]


async def do(place: CommandContext, line: str) -> None:
    outcome: Outcome = await execute(line, place)
    assert isinstance(outcome, RunTurn)
    async for _ in outcome.events:
        pass


async def refuse(_question: str) -> bool:
    return False


def texts(messages: tuple[Message, ...]) -> str:
    return "\n".join(m.text for m in messages if isinstance(m, User | Assistant))


async def test_what_is_read_grows_with_the_context_and_not_with_the_talk(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    events = Store.events

    def counted(self: Store, turns: list[int]) -> dict[int, tuple[Event, ...]]:
        read.extend(turns)
        return events(self, turns)

    monkeypatch.setattr(Store, "events", counted)
    first = await send(talk.open(), "And now?")
    assert [event.level for event in first if isinstance(event, Compacted)] == ["dropped"]
    assert len(set(read)) < 200
    before = talk.sent
    read.clear()
    again = await send(talk.open(), "And now?")
    assert not [event for event in again if isinstance(event, Compacted)]
    assert len(set(read)) < 100
    assert talk.sent[: len(before)] == before, "a restart sends the same"


async def test_a_mark_brings_back_a_turn_that_is_far_too_old(talk: Talk) -> None:
    place = talk.open()
    await send(place, "And now?")
    assert "question 2\n" not in texts(talk.sent)
    old = place.session.turns.heads[2].id
    await do(place, f"/keep {old}.1")
    await send(place, "And then?")
    here = talk.sent
    assert "f(2)" in texts(here[:3])
    await send(talk.open(), "And then?")
    assert talk.sent[: len(here)] == here, "a restart sends the same"
    await do(place := talk.open(), f"/keep off {old}.1")
    await send(place, "And then?")
    assert "f(2)" not in texts(talk.sent[:3])


async def test_undone_it_is_sent_again_as_far_as_it_fits(talk: Talk) -> None:
    place = talk.open()
    await send(place, "And now?")
    few = len(talk.sent)
    await do(place, "/compact undo")
    talk.model.context = CONTEXT * 2
    await send(place, "And then?")
    assert len(talk.sent) > few * 1.5


@pytest.mark.parametrize(
    "words", ["zebra finch", "finch", "仓库", "我们的仓库在北边", "zebra 仓库"]
)
async def test_what_is_far_too_old_is_found_by_words_and_by_handle(
    talk: Talk, words: str, tmp_path: Path
) -> None:
    place = talk.open()
    turns = place.session.turns
    old = turns.heads[30].id
    store = Store(tmp_path / "sessions.db")
    with store.database.transaction() as db:
        db.execute(
            "UPDATE turns SET prompt = 'A zebra finch. 我们的仓库在北边。', indexed = 0"
            " WHERE id = ?",
            (old,),
        )
    store.close()
    tool = LookBackTool(History(talk.open().session.turns))
    found = [p async for p in tool.run(Call("c", {"words": words}, refuse))]
    assert f"[{old}.0: the user said]" in as_text(tuple(found))
    whole = [p async for p in tool.run(Call("c", {"handle": f"{old}.0"}, refuse))]
    assert "zebra finch" in as_text(tuple(whole))


async def test_a_mark_of_another_branch_counts_there_alone(talk: Talk) -> None:
    place = talk.open()
    last = place.session.turns.heads[-1].id
    await do(place, f"/keep {last}")
    marked = place.session.turns[-1]
    assert [event.turn for event in marked.events if isinstance(event, Marked)] == [last]
    place.session.cursor.fork(TURNS - 1)
    events = await send(place, "Another way?")
    assert any(isinstance(event, Text) for event in events)
    assert f"f({TURNS - 1})" not in texts(talk.sent)
