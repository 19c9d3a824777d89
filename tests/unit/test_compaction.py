"""Notes in place of what was: shown before, written by the model, changed by the user, undone."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.commands import CommandContext, Outcome, RunTurn, ShowMessage, Write, execute
from qchat.config.settings import MemorySettings, Settings
from qchat.conversation import notes
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import StatusError, UsageError
from qchat.protocol.event_values import Notes, Usage
from qchat.protocol.events import (
    Attached,
    Compacted,
    Event,
    Notice,
    StepFinished,
    Text,
    Thinking,
)
from qchat.protocol.messages import Assistant, Message, User
from qchat.runtime.paths import Paths
from tests.scripted import Action, ScriptedBackend, says

WRITTEN = """\
Decided:
- The harbour gets two cranes because one was too slow
- Mars gets nine lighthouses
Results:
- 12 ships came on Monday
Open questions:
- Who pays for the cranes?
"""
LONG = "The harbour gets two cranes, because one crane was too slow. 12 ships came on Monday. " * 40


@pytest.fixture
async def places(tmp_path: Path) -> AsyncIterator["Places"]:
    made = Places(Paths(tmp_path, tmp_path, tmp_path / "logs"))
    yield made
    await made.aclose()


class Places:
    """The same home, opened again and again as after a restart."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._open: list[Workspace] = []

    def open(self, backend: ScriptedBackend, session: str | None = None) -> CommandContext:
        settings = Settings(memory=MemorySettings(enabled=False))
        given = {"demo": backend}
        workspace = Workspace(settings, self._paths, tools=frozenset(), backends=given)
        self._open.append(workspace)
        return CommandContext(workspace, workspace.open(session))

    async def aclose(self) -> None:
        for workspace in self._open:
            await workspace.aclose()


async def do(place: CommandContext, line: str) -> list[Event]:
    outcome: Outcome = await execute(line, place)
    assert isinstance(outcome, RunTurn)
    return [event async for event in outcome.events]


async def talk(place: CommandContext, *prompts: str) -> None:
    for prompt in prompts:
        async for _ in place.session.send(prompt):
            pass


def backend(*last: list[Action]) -> ScriptedBackend:
    """Answers three prompts at length, then as it is told."""
    return ScriptedBackend(*[says(LONG)] * 3, *last, context=32_768)


def sent(model: ScriptedBackend) -> tuple[Message, ...]:
    return model.requests[-1].messages


PROMPTS = ("Plan the harbour.", "Who pays for the cranes?", "Go on.")


async def test_what_goes_and_stays_is_said_before_and_the_model_writes_the_notes(
    places: Places,
) -> None:
    model = backend(says(WRITTEN), says("ok"))
    place = places.open(model)
    await talk(place, *PROMPTS)
    events = await do(place, "/compact the cranes")
    kinds = [type(event) for event in events]
    assert kinds.index(Notice) < kinds.index(Text) < kinds.index(Compacted)
    first = next(event for event in events if isinstance(event, Notice))
    assert "What goes: " in first.text
    assert "your words (2 prompts)" in first.text
    asked = sent(model)
    assert asked[:5] == model.requests[2].messages, "an engine's cache of it holds"
    assert isinstance(asked[-1], User)
    assert "What matters most: the cranes" in asked[-1].text
    (compacted,) = (event for event in events if isinstance(event, Compacted))
    assert compacted.notes is not None
    assert compacted.notes.goal == "Plan the harbour."
    assert compacted.notes.decisions == ("The harbour gets two cranes because one was too slow",)
    assert compacted.notes.results == ("12 ships came on Monday",)

    await talk(place, "And now?")
    said = [m.text for m in sent(model) if isinstance(m, User)]
    assert [*PROMPTS, "Keep in mind: the cranes", "And now?"] == said
    answers = "\n".join(m.text for m in sent(model) if isinstance(m, Assistant))
    assert "Open questions:\n- Who pays for the cranes?" in answers
    assert "nine lighthouses" not in answers, "that stands nowhere in the conversation"
    assert answers.count(LONG) == 1, "the last answer is there as it was"


@pytest.mark.parametrize(
    "reply",
    [
        says(""),
        says("As a language model I love to help you with whatever you need!"),
        says("Decided:\n- Mars gets 77 bananas"),
        [StatusError("overloaded", 503)],
        [Text("Decided:\n- The harbour g"), StatusError("gone", 500)],
    ],
)
async def test_notes_of_no_use_cost_nothing(places: Places, reply: list[Action]) -> None:
    model = backend(reply, says("ok"))
    place = places.open(model)
    await talk(place, *PROMPTS)
    events = await do(place, "/compact")
    (compacted,) = (event for event in events if isinstance(event, Compacted))
    assert compacted.notes is None
    assert any("notes are made without it" in e.text for e in events if isinstance(e, Notice))
    await talk(place, "And now?")
    answers = "\n".join(m.text for m in sent(model) if isinstance(m, Assistant))
    assert "The harbour gets two cranes" in answers
    assert answers.count(LONG) == 1


async def test_the_fast_way_asks_no_model_and_undo_takes_it_back(places: Places) -> None:
    model = backend(says("ok"))
    place = places.open(model)
    await talk(place, *PROMPTS)
    await do(place, "/compact fast")
    assert len(model.requests) == 3
    await do(place, "/compact undo")
    await talk(place, "And now?")
    assert sum(m.text == LONG for m in sent(model) if isinstance(m, Assistant)) == 3


async def test_notes_are_changed_where_prompts_are_written(places: Places) -> None:
    model = backend(says(WRITTEN), says("ok"))
    place = places.open(model)
    with pytest.raises(UsageError, match="There are no notes yet"):
        await do(place, "/compact notes\nDecided:\n- x")
    await talk(place, *PROMPTS)
    await do(place, "/compact")
    outcome = await execute("/compact edit", place)
    assert isinstance(outcome, Write)
    assert "- 12 ships came on Monday" in outcome.text
    await do(place, outcome.text.replace("12 ships", "13 ships"))
    await talk(place, "And now?")
    answers = "\n".join(m.text for m in sent(model) if isinstance(m, Assistant))
    assert "- 13 ships came on Monday" in answers
    assert "- 12 ships came on Monday" not in answers


async def test_a_restart_changes_nothing_in_what_is_sent(places: Places) -> None:
    """Compacted twice, once with written notes, a mark set: the same request from a new process."""
    model = backend(says(WRITTEN), says(LONG), says(LONG), says("ok"))
    place = places.open(model)
    await talk(place, *PROMPTS)
    await do(place, "/compact the cranes")
    await do(place, "/keep 2")
    await talk(place, "More.", "And more.")
    await do(place, "/compact fast")
    cost = place.session.context.next_request("Last").tokens
    again = ScriptedBackend(says("ok"), context=32_768)
    resumed = places.open(again, place.session.id)
    assert resumed.session.context.next_request("Last").tokens == pytest.approx(cost, rel=0.05)
    await talk(place, "Last")
    await talk(resumed, "Last")
    assert sent(again) == sent(model)
    whole = [m for m in sent(model) if isinstance(m, Assistant) and m.text == LONG]
    assert len(whole) == 2, "what is marked is sent as it was, and the last answer"


async def test_what_is_kept_is_named_by_a_handle_that_exists(places: Places) -> None:
    place = places.open(backend(says("ok")))
    with pytest.raises(UsageError, match="Nothing has been said"):
        await do(place, "/keep")
    await talk(place, *PROMPTS)
    for wrong in ("/keep 99", "/keep 1.7", "/keep me"):
        with pytest.raises(UsageError, match="by its handle"):
            await do(place, wrong)
    assert any(
        "1 is always sent whole" in e.text
        for e in await do(place, "/keep 1")
        if isinstance(e, Notice)
    )
    await do(place, "/keep off 1")


async def test_the_user_is_told_once_that_the_context_fills(places: Places) -> None:
    full = [Text(LONG), StepFinished(Usage(prompt=3_600, completion=900))]
    model = ScriptedBackend(full, full, full, context=8_192)
    place = places.open(model)
    told = [
        event.text
        for prompt in ("One.", "Two.", "Three.")
        for event in [e async for e in place.session.send(prompt)]
        if isinstance(event, Notice) and "full" in event.text
    ]
    assert len(told) == 1
    assert "What goes: " in told[0], "it is said before it happens"
    assert "What stays as it is: your words" in told[0]
    assert "/compact draft shows notes before they hold" in told[0]


async def test_a_draft_changes_nothing_until_it_is_taken(places: Places) -> None:
    written = [Text(WRITTEN), StepFinished(Usage(prompt=5_000, completion=90))]
    model = backend(written, says("ok"))
    place = places.open(model)
    await talk(place, *PROMPTS)
    events = await do(place, "/compact draft")
    (draft,) = (event for event in events if isinstance(event, Compacted))
    assert draft.draft
    assert draft.usage == Usage(prompt=5_000, completion=90), "what it cost is known"
    assert "nothing is changed yet" in [e.text for e in events if isinstance(e, Notice)][-1]
    await talk(place, "And now?")
    assert sent(model)[:5] == model.requests[2].messages, "all is sent as before"

    again = places.open(model, place.session.id)  # as after a restart
    outcome = await execute("/compact edit", again)
    assert isinstance(outcome, Write)
    assert "Mars" not in outcome.text
    await do(again, outcome.text.replace("two cranes", "three cranes"))
    await talk(again, "And now?")
    answers = "\n".join(m.text for m in sent(model) if isinstance(m, Assistant))
    assert "three cranes" in answers
    assert answers.count(LONG) < 3
    asked = len(model.requests)
    await do(again, "/compact undo")
    await talk(again, "And now?")
    answers = "\n".join(m.text for m in sent(model) if isinstance(m, Assistant))
    assert "three cranes" not in answers
    assert len(model.requests) == asked + 1


async def test_a_draft_is_put_in_force_without_asking_the_model_again(places: Places) -> None:
    model = backend(says(WRITTEN), says("ok"))
    place = places.open(model)
    await talk(place, *PROMPTS)
    await do(place, "/compact draft")
    asked = len(model.requests)
    (taken,) = (e for e in await do(place, "/compact") if isinstance(e, Compacted))
    assert len(model.requests) == asked
    assert not taken.draft
    assert taken.notes is not None
    assert taken.notes.results == ("12 ships came on Monday",)


async def test_a_draft_holds_once_the_context_is_full(places: Places) -> None:
    """Nobody has to wait, and nothing that was drafted is lost."""
    model = backend(says(WRITTEN), says(LONG))
    place = places.open(model)
    await talk(place, *PROMPTS)
    await do(place, "/compact draft")
    model.context = 8_192
    events = [e for n in range(7) async for e in place.session.send(f"And {n}?")]
    held = [event for event in events if isinstance(event, Compacted) and event.level == "notes"]
    assert held and not held[0].draft
    assert held[0].notes is not None
    assert held[0].notes.results == ("12 ships came on Monday",)


async def test_context_and_what_follows_are_the_same_number(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = places.open(backend(says("ok")))
    await talk(place, *PROMPTS)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "long.txt").write_text(LONG)
    here = msgspec.structs.replace(place, pasted=(Attached("pasted-1.txt", LONG),))
    both = (Attached("long.txt", LONG), *here.pasted)
    outcome = await execute("/context See @long.txt", here)
    assert isinstance(outcome, ShowMessage)
    expected = place.session.context.next_request("See @long.txt", both).tokens
    assert f"{expected:,} of 28,672" in outcome.text
    for prompt in ("", "Hello?", LONG):
        outcome = await execute(f"/context {prompt}", place)
        assert isinstance(outcome, ShowMessage)
        assert (
            f"{place.session.context.next_request(prompt.strip()).tokens:,} of 28,672"
            in outcome.text
        )


lines = st.lists(
    st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=20), max_size=4
)


@given(lines, lines, lines, st.text(st.characters(categories=["L"]), max_size=20))
def test_notes_are_read_as_they_are_written(
    decisions: list[str], results: list[str], files: list[str], goal: str
) -> None:
    made = Notes(
        goal,
        decisions=tuple(dict.fromkeys(decisions)),
        results=tuple(dict.fromkeys(results)),
        files=tuple(dict.fromkeys(files)),
    )
    assert notes.from_text(notes.as_text(made)) == made


def test_notes_are_read_as_models_write_them() -> None:
    text = (
        "Sure!\n\n**Decided:**\n1. Use SQLite, because it is there\n\n### Open questions:\n* none\n"
    )
    assert notes.from_text(text) == Notes(
        decisions=("Use SQLite, because it is there",), open=("none",)
    )
    text = "好的。\n\n## 决定\n- 用SQLite\n1、端口用8431\n**失败的尝试：**\n- 无\n## Results\n- 12"
    assert notes.from_text(text) == Notes(
        decisions=("用SQLite", "端口用8431"), failed=("无",), results=("12",)
    )


def test_notes_in_chinese_hold_where_they_say_the_same_in_other_words() -> None:
    said = [
        "8000端口已经被占用了，所以我决定端口用8431。",
        "缓存我们改成用SQLite，不再用Redis了。",
        "312个测试全部通过，总共用时4.5秒。",
    ]
    true = ("使用端口8431，因为8000已被占用", "缓存改用SQLite而不是Redis", "测试共通过312个")
    invented = ("缓存改用Postgres而不是Redis", "测试共通过313个", "火星上发现了外星人的城市")
    assert notes.grounded(Notes(results=(*true, *invented)), said).results == true


def test_decisions_of_answers_are_found_word_for_word() -> None:
    english = "Hm. We decided to use port 8443, because 443 is taken. The rest is open."
    chinese = "先看一下。我们决定使用蓝色主题，因为更清楚。其余不变。"
    assert notes.decided([english]) == ["We decided to use port 8443, because 443 is taken."]
    assert notes.decided([chinese]) == ["我们决定使用蓝色主题，因为更清楚。"]
    assert notes.decided(["Nothing was said."]) == []


async def test_in_a_running_turn_the_model_writes_notes_where_that_is_wished(
    places: Places,
) -> None:
    """What it thinks and writes meanwhile is no part of the turn; a restart sends the same."""
    berths = (f"Berth {n} of the harbour has {n * 7} bollards, counted twice. " for n in range(150))
    long = [Text("".join([*berths, LONG[:90]])), StepFinished()]
    writing = [Thinking("What matters?"), Text(WRITTEN), StepFinished()]
    model = ScriptedBackend(long, long, long, writing, says("ok"), context=8_192)
    place = places.open(model)
    place.session.written_notes = True
    await talk(place, *PROMPTS)
    events = [event async for event in place.session.send("And now?")]
    (compacted,) = (event for event in events if isinstance(event, Compacted))
    assert compacted.level == "notes"
    assert compacted.notes is not None
    assert compacted.notes.results == ("12 ships came on Monday",)
    assert [e.text for e in events if isinstance(e, Text | Thinking)] == ["ok"]
    again = ScriptedBackend(says("ok"), context=8_192)
    resumed = places.open(again, place.session.id)
    await talk(place, "Last")
    await talk(resumed, "Last")
    assert sent(again) == sent(model)
