"""Which model answers, and how much it thinks: the user's words, and what the model can do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from qchat.backends.profiles import profile_for, remark
from qchat.commands import CommandContext, RunTurn, Show, ShowMessage, execute
from qchat.config.settings import MemorySettings, Settings
from qchat.conversation.thinking_budget import TokenMeter
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import UsageError
from qchat.protocol.event_values import RecalledMemory, Usage
from qchat.protocol.events import Recalled, Sent, StepFinished, Text, Thinking, TurnFinished
from qchat.runtime import offline
from qchat.runtime.paths import Paths
from tests.scripted import ScriptedBackend, says


class Opinionated(ScriptedBackend):
    """Has efforts and a remark, as some models have."""

    name = "other"
    model = "qwen3.8-max"
    efforts = ("xhigh", "medium", "low")

    def remark(self, think: bool, budget: int) -> str:
        return "" if think else "It always thinks."


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[CommandContext]:
    paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
    settings = Settings(memory=MemorySettings(enabled=False))
    thought = StepFinished(Usage(prompt=5, completion=50, thinking=40))
    given = {
        "demo": ScriptedBackend([Thinking("hm"), Text("one"), thought]),
        "cloud": Opinionated(says("two")),
    }
    workspace = Workspace(settings, paths, tools=frozenset(), backends=given)
    yield CommandContext(workspace, workspace.open())
    await workspace.aclose()


async def say(place: CommandContext, line: str) -> str:
    outcome = await execute(line, place)
    assert isinstance(outcome, ShowMessage)
    return outcome.text


async def play(place: CommandContext, prompt: str) -> None:
    events = [event async for event in place.session.send(prompt)]
    assert isinstance(events[-1], TurnFinished)


async def test_another_backend_goes_on_and_says_what_it_cannot(place: CommandContext):
    await play(place, "hello")
    assert await say(place, "/backend cloud") == "From here on other answers (qwen3.8-max)."
    assert await say(place, "/no_think") == "Thinking is off from here on. It always thinks."
    await play(place, "and now?")
    assert [turn.backend for turn in place.session.turns] == ["scripted", "other"]
    backend = place.session.backend
    assert isinstance(backend, ScriptedBackend)
    assert [message.text for message in backend.requests[0].messages] == [
        "hello",
        "one",
        "and now?",
    ]


async def test_efforts_are_the_models_own_words(place: CommandContext):
    assert "no such setting" in await say(place, "/effort low")
    await say(place, "/backend cloud")
    with pytest.raises(UsageError, match="takes xhigh, medium, low, not 'high'"):
        await say(place, "/effort high")
    assert await say(place, "/effort low") == "Effort: low."
    await play(place, "hello")
    backend = place.session.backend
    assert isinstance(backend, ScriptedBackend)
    assert backend.requests[0].effort == "low"
    await say(place, "/budget 9")
    assert "a budget takes its place" in await say(place, "/effort")


async def test_a_budget_shows_what_is_used_and_left(place: CommandContext):
    await say(place, "/budget 64")
    await play(place, "hello")
    assert "40 of 64 tokens, 24 left" in await say(place, "/budget")
    for mistake in ("-1", "x", "3000000000", "9" * 5000):
        with pytest.raises(UsageError, match="up to 1,000,000"):
            await say(place, f"/budget {mistake}")
    assert "40 of 64 tokens, 24 left" in await say(place, "/budget")


async def test_what_an_abandoned_branch_sent_is_listed_too(place: CommandContext):
    def sent(host: str) -> ScriptedBackend:
        tea = Sent(host, 10, "there", ("m1",))
        return ScriptedBackend([tea, Text("ok"), StepFinished(Usage(prompt=7))])

    memory = RecalledMemory("m1", "likes tea", "2026-01-01")
    place.session.backend = ScriptedBackend([Recalled((memory,)), *says("told here")])
    await play(place, "tell")
    place.session.backend = sent("first.example")
    await play(place, "hello")
    place.workspace.pool.give("other", sent("second.example"))
    events = [e async for e in place.session.compare(place.workspace.backend("other"))]
    assert isinstance(events[-1], TurnFinished)
    shown = await say(place, "/egress")
    assert "first.example (there): 1 request, 10 bytes, 7 tokens" in shown
    assert "second.example (there): 1 request, 10 bytes, 7 tokens" in shown
    assert "memory: likes tea" in shown


async def test_the_last_prompt_is_compared_in_a_branch_beside_its_answer(place: CommandContext):
    session = place.session
    with pytest.raises(UsageError, match="nothing has been asked yet"):
        [event async for event in session.compare(place.workspace.backend("cloud"))]
    await play(place, "hello")
    await play(place, "what is it?")
    first = session.turns[-1]
    outcome = await execute("/compare cloud", place)
    assert isinstance(outcome, RunTurn)
    assert outcome.prompt == "what is it?"
    events = [event async for event in outcome.events]
    assert Text("two") in [Text(event.text) for event in events if isinstance(event, Text)]
    second = session.turns[-1]
    assert (second.prompt, second.backend, second.parent) == ("what is it?", "other", first.parent)
    assert session.cursor.tree().siblings(second.id) == [first.id, second.id]
    assert session.backend is place.workspace.backend("demo")
    with pytest.raises(UsageError, match="Name a backend"):
        await execute("/compare", place)


def test_the_gauge_begins_anew_with_each_reply():
    gauge = TokenMeter()
    for _ in range(10):
        gauge.add(Thinking("word "))
    assert (gauge.used, gauge.left(64)) == (10, 54)
    gauge.add(StepFinished(Usage(completion=20, thinking=17)))
    assert gauge.text(64) == "17 of 64 tokens, 47 left"
    gauge.add(Thinking("again"))
    assert gauge.text(0) == "1 tokens"
    gauge.add(Thinking("先算出总和再乘以三个数的积"))  # several tokens in one piece
    assert 8 <= gauge.used <= 11


@pytest.mark.parametrize(
    ("model", "think", "budget", "ends", "says"),
    [
        ("qwen3-coder-30b", True, 0, True, "never thinks"),
        ("qwen3-4b-thinking-2507", False, 0, True, "always thinks"),
        ("gpt-9", False, 0, False, "does not know how gpt-9 switches"),
        ("qwen3-8b", True, 64, False, "qchat ends the thinking at 64 tokens"),
        ("qwen3-8b", True, 64, True, ""),
        ("qwen3-8b", False, 0, True, ""),
        ("gpt-9", True, 0, False, ""),
    ],
)
def test_what_a_model_cannot_do_is_said(
    model: str, think: bool, budget: int, ends: bool, says: str
):
    said = remark(model, profile_for(model), think, budget, ends)
    assert says in said
    assert bool(says) == bool(said)


async def test_offline_said_in_a_conversation_holds_when_it_is_continued(
    place: CommandContext,
) -> None:
    try:
        assert "Offline" in await say(place, "/offline on")
        await play(place, "hello")
        assert "Offline" in await say(place, "/egress")
        offline.forbid(False)  # another process begins without it
        place.workspace.open(place.session.id)
        assert offline.forbidden()
        assert "Online" in await say(place, "/offline off")
        place.workspace.open(place.session.id)
        assert not offline.forbidden()
        with pytest.raises(UsageError, match="/offline on or"):
            await execute("/offline perhaps", place)
    finally:
        offline.forbid(False)


async def test_conversations_are_listed_with_their_titles(place: CommandContext):
    await play(place, "A talk about storks")
    outcome = await execute("/sessions", place)
    assert isinstance(outcome, Show)
    assert place.session.id in outcome.text
    assert "A talk about storks" in outcome.text


async def test_a_long_list_of_conversations_keeps_the_newest_in_view(place: CommandContext):
    store, user = place.workspace.store, place.workspace.user
    for number in range(30):
        session = store.create_session(user).id
        store.begin_turn(session, None, f"talk {number} " + "long " * 20, backend="b")
    outcome = await execute("/sessions", place)
    assert isinstance(outcome, Show)
    *lines, older = outcome.text.splitlines()
    assert "talk 29" in lines[0]
    assert max(map(len, lines)) < 80
    assert older.startswith(f"{30 - len(lines)} older ones")
