"""One turn of a thousand steps: a few widgets, the same time a step, and all of it found."""

import re
import sys
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from qchat.protocol.event_values import Usage
from qchat.protocol.events import (
    Event,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)
from qchat.tui.blocks.block import Block
from qchat.tui.blocks.kinds import PromptBlock, ThinkingBlock
from qchat.tui.blocks.tool import ToolBlock
from qchat.tui.render.pace import Pace
from qchat.tui.transcript.conversation import Conversation
from qchat.tui.transcript.sections import MAX_PARTS, cuts
from qchat_tools.parts import TextPart
from tests.emulator import keep_talk
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, drawn, screen, wait_until

STEPS = 1_000
LIVE = 240
MAX_BLOCKS = 400


def step(number: int) -> list[Event]:
    call = f"c{number}"
    at = float(number)
    return [
        Thinking(f"Thought {number} of it.", at=at),
        ToolDraft(call, "python", f'{{"code": "print({number})"}}', at=at),
        StepFinished(Usage(100, 50, 40), at=at),
        ToolStarted(call, "python", {"code": f"print({number})"}, at=at),
        ToolFinished(call, (TextPart(f"result-{number}\n", "stdout"),), True, at=at + 0.5),
    ]


def whole() -> Iterator[Event]:
    for number in range(STEPS):
        yield from step(number)
    yield Text("That was all.", at=float(STEPS))
    yield StepFinished(at=float(STEPS))
    yield TurnFinished("stop", at=float(STEPS))


def blocks(pilot: Pilot[int]) -> list[Block]:
    return [*pilot.app.query(Block)]


def results(pilot: Pilot[int]) -> list[int]:
    """The numbers of the results that can be read, top to bottom."""
    return [int(number) for number in re.findall(r"result-(\d+)", screen(pilot))]


@pytest.fixture(autouse=True)
def every_step_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sections are what is looked at here: no line stands for several steps."""
    monkeypatch.setattr("qchat.tui.transcript.turn.MIN_STEPS", 10**9)
    monkeypatch.setattr("qchat.tui.transcript.step_runs.MIN_STEPS", 10**9)


def pointed(pilot: Pilot[int]) -> Block | None:
    """The block that was jumped to."""
    return pilot.app.query_one(Conversation).pointed_at


def calls_to_draw(conversation: Conversation, events: Sequence[Event]) -> int:
    """How many functions run while events are taken and drawn: what it costs, on any machine."""
    calls = 0

    def note(frame: object, event: str, value: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        for event in events:
            conversation.feed(event)
        conversation.frame()
    finally:
        sys.setprofile(before)
    return calls


async def test_a_running_turn_costs_no_more_as_it_grows(
    chats: Chats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pace, "due", lambda _pace, **_: True)  # as many frames on any machine
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        conversation = pilot.app.query_one(Conversation)
        conversation.begin("count")
        took: list[int] = []
        for number in range(LIVE):
            took.append(calls_to_draw(conversation, step(number)))
            if number % 10 == 9:
                await pilot.pause()
        await wait_until(pilot, lambda: f"result-{LIVE - 1}" in screen(pilot))
        assert len(blocks(pilot)) < min(MAX_BLOCKS, LIVE)
        assert sum(took[-60:]) < 1.5 * sum(took[60:120])
        assert "Thought for 0.0 s · 40 tokens" in screen(pilot)
        conversation.feed(TurnFinished("stop", at=float(LIVE)))
        conversation.settle(77)
        assert {item.turn for item in conversation.items({77})} - {None} == {77}
        conversation.scroll_to(y=0, animate=False)
        await wait_until(pilot, lambda: "result-0" in screen(pilot))
        assert len(blocks(pilot)) < MAX_BLOCKS
        assert conversation.turn_of(pilot.app.query(ToolBlock).first()) == 77
        conversation.keep(())
        await wait_until(pilot, lambda: "result-" not in screen(pilot))


async def test_a_kept_turn_is_read_from_its_end_and_found_in(chats: Chats) -> None:
    home = chats.paths.config_file.parent
    session = keep_talk(
        home, ("before", [Text("first answer"), TurnFinished("stop")]), ("count", [*whole()])
    )
    async with chats.chat(ScriptedBackend(says("")), session) as pilot:
        await wait_until(pilot, lambda: "That was all." in screen(pilot))
        assert len(blocks(pilot)) < MAX_BLOCKS
        for _ in range(4):  # page by page, nothing is skipped
            seen = results(pilot)
            await pilot.press("pageup")
            await wait_until(pilot, lambda before=seen: results(pilot) != before)
            await drawn(pilot)
            now = results(pilot)
            assert now[-1] >= seen[0] - 1
            assert now == [*range(now[0], now[-1] + 1)]
        await pilot.press("ctrl+f", *"thought", "space", *"500", "space", *"of")
        await wait_until(pilot, lambda: "1 of 1" in screen(pilot))
        await wait_until(pilot, lambda: "Thought 500 of it." in screen(pilot))
        opened = [b.source for b in pilot.app.query(ThinkingBlock) if not b.folded]
        assert "Thought 500 of it." in opened, "the folded block with the match was opened"
        assert len(blocks(pilot)) < MAX_BLOCKS
        await pilot.press("escape", "alt+up")
        await wait_until(pilot, lambda: isinstance(pointed(pilot), PromptBlock))
        assert pointed(pilot).source == "count", "from its midst to the prompt of the turn"
        await pilot.press("alt+up")
        await wait_until(pilot, lambda: pointed(pilot).source == "before")
        await pilot.press("alt+down")
        await wait_until(pilot, lambda: pointed(pilot).source == "count")
        await pilot.press("ctrl+end")
        await wait_until(pilot, lambda: "That was all." in screen(pilot))
        assert len(blocks(pilot)) < MAX_BLOCKS


pieces = st.sampled_from(
    [
        Thinking("a"),
        Text("b"),
        ToolDraft("c", "python", "{}"),
        StepFinished(),
        ToolStarted("c", "python", {}),
        ToolFinished("c", (), True),
        ToolStarted("d", "python", {}),
        ToolFinished("d", (), True),
    ]
)


@given(st.lists(pieces, max_size=300))
def test_no_call_and_no_reply_is_cut_in_two(events: Sequence[Event]) -> None:
    places = cuts(events)
    assert places[0] == 0
    assert places == sorted(set(places))
    for place in places[1:]:
        before, running = events[:place], set()
        for event in before:
            match event:
                case ToolStarted():
                    running.add(event.call_id)
                case ToolFinished():
                    running.discard(event.call_id)
        assert not running
        kinds = [
            type(e) for e in before if isinstance(e, Thinking | Text | ToolDraft | StepFinished)
        ]
        assert not kinds or kinds[-1] is StepFinished, "the reply before it is whole"


def test_a_long_turn_is_cut_and_a_short_one_is_not() -> None:
    assert cuts([event for n in range(3) for event in step(n)]) == [0]
    places = cuts([*whole()])
    assert STEPS / MAX_PARTS < len(places) < STEPS
    kept = [event for event in whole() if not isinstance(event, ToolDraft | Thinking)]
    assert STEPS / MAX_PARTS < len(cuts(kept)) < STEPS, "also where only calls were kept"


async def test_who_goes_far_away_is_not_brought_back(chats: Chats) -> None:
    """A frame may come before the turns there are widgets: then none is drawn at the view's top."""
    home = chats.paths.config_file.parent
    session = keep_talk(home, ("count", [*whole()]))
    async with chats.chat(ScriptedBackend(says("")), session) as pilot:
        await wait_until(pilot, lambda: "That was all." in screen(pilot))
        await drawn(pilot)
        conversation = pilot.app.query_one(Conversation)
        for line in (0, conversation.max_scroll_y // 2):
            conversation.release_anchor()
            conversation.scroll_to(y=line, animate=False, immediate=True)
            conversation.frame()
            assert conversation.scroll_offset.y == line
        conversation.scroll_to(y=0, animate=False, immediate=True)
        await wait_until(pilot, lambda: "result-0" in screen(pilot))
