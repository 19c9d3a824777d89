"""Steps without a word between them are one line, which opens."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from qchat.protocol.events import (
    Event,
    Notice,
    Sent,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)
from qchat.tui.blocks.steps import StepsBlock
from qchat.tui.blocks.tool import ToolBlock
from qchat.tui.transcript.conversation import Conversation
from qchat.tui.transcript.render_context import RenderContext
from qchat.tui.transcript.step_runs import run_of
from qchat.tui.transcript.turn import TurnBox
from qchat_tools.parts import Part, TablePart, TextPart
from tests.emulator import keep_talk
from tests.scripted import ScriptedBackend, calls, says
from tests.tui.conftest import Chats, drawn, idle, say, screen, wait_until


def steps(number: int) -> list[list[Event]]:
    """Replies that think and call a tool that is none, each with other arguments."""
    return [
        [Thinking(f"thought {n}"), *calls((f"c{n}", f"nope{n}", f'{{"x": {n}}}'))]
        for n in range(number)
    ]


async def test_many_steps_are_one_line_that_opens_and_is_found_in(chats: Chats) -> None:
    backend = ScriptedBackend(*steps(2), says("The end."))
    async with chats.chat(backend) as pilot:
        await say(pilot, "go")
        await idle(pilot)
        await wait_until(pilot, lambda: "2 calls · 2 thoughts" in screen(pilot))
        assert "2 failed" in screen(pilot)
        assert "nope1" not in screen(pilot)
        assert "The end." in screen(pilot)
        await pilot.press("shift+tab", "up", "space")
        await wait_until(pilot, lambda: "nope1" in screen(pilot) and "Thought" in screen(pilot))
        await pilot.press("space")
        await wait_until(pilot, lambda: "nope1" not in screen(pilot))
        await pilot.press("tab", "ctrl+f", *"thought", "space", "1")
        await wait_until(pilot, lambda: "thought 1" in screen(pilot).split("2 calls")[1])
        session = pilot.app.session.id
    async with chats.chat(ScriptedBackend(says("")), session) as pilot:
        await drawn(pilot)
        assert "2 calls · 2 thoughts" in screen(pilot)


async def test_few_steps_and_those_with_words_between_stand_as_they_are(chats: Chats) -> None:
    one, two = steps(2)
    backend = ScriptedBackend(one, [Text("A word. "), *two], [Text("The end."), StepFinished()])
    async with chats.chat(backend) as pilot:
        await say(pilot, "go")
        await idle(pilot)
        assert not pilot.app.query(StepsBlock)
        assert all(tool.display for tool in pilot.app.query(ToolBlock))


def step(number: int) -> list[Event]:
    call, at = f"c{number}", float(number + 1)
    return [
        Thinking(f"Thought {number} of it.", at=at),
        StepFinished(at=at),
        ToolStarted(call, "python", {"code": f"print({number})"}, at=at),
        ToolFinished(call, (TextPart(f"result-{number}\n", "stdout"),), True, at=at + 0.5),
    ]


async def test_steps_of_many_sections_are_one_line_live_and_kept(chats: Chats) -> None:
    """The line opens all of them, folds them again, and what is found in them is shown."""
    home = chats.paths.config_file.parent
    talk = [event for number in range(60) for event in step(number)]
    end: list[Event] = [Text("The end."), StepFinished(), TurnFinished("stop")]
    session = keep_talk(home, ("count", [*talk, *end]))
    async with chats.chat(ScriptedBackend(says("")), session) as pilot:
        await wait_until(pilot, lambda: "The end." in screen(pilot))
        kept = screen(pilot)
        assert kept.count(" calls · ") <= 2, "the last section has a line of its own"
        conversation = pilot.app.query_one(Conversation)
        conversation.show([])
        conversation.begin("count")
        for event in talk:
            conversation.feed(event)
        await wait_until(pilot, lambda: "calls" in screen(pilot))
        for event in end:
            conversation.feed(event)
        await drawn(pilot)
        live = screen(pilot)
        assert live.count(" calls · ") <= 2
        counted = [int(n) for n in re.findall(r"(\d+) calls", live)]
        assert sum(counted) == 60
        assert re.findall(r"\d+ calls.*", live) == re.findall(r"\d+ calls.*", kept)
        # Opened, each step can be read, from the first on; folded, it is one line again.
        group = pilot.app.query(StepsBlock).first()
        group.action_fold()
        await wait_until(pilot, lambda: "result-0 " in screen(pilot).replace("\n", " "))
        assert "Thought" in screen(pilot)
        conversation.follow()
        await wait_until(pilot, lambda: "The end." in screen(pilot))
        conversation.go(0)
        await wait_until(pilot, lambda: "result-1" in screen(pilot))
        pilot.app.query(StepsBlock).first().action_fold()
        await wait_until(
            pilot, lambda: re.findall(r"(\d+) calls", screen(pilot))[:1] == [str(counted[0])]
        )
        assert "result-1" not in screen(pilot)
        await pilot.press("ctrl+f", *"result-37", "enter")
        await wait_until(pilot, lambda: "result-37" in screen(pilot).split("\n", 3)[3])
        await pilot.press("escape")
        conversation.fold_all("tool")
        await wait_until(pilot, lambda: "result-" in screen(pilot))


async def test_all_steps_are_opened_and_folded_wherever_they_stand(chats: Chats) -> None:
    """Those of each turn in view, and not of the topmost alone."""
    backend = ScriptedBackend(*steps(2), says("One."), *steps(2), says("Two."))
    async with chats.chat(backend, size=(80, 60)) as pilot:
        for _ in range(2):
            await say(pilot, "go")
            await idle(pilot)
        await wait_until(pilot, lambda: screen(pilot).count("2 calls · 2 thoughts") == 2)
        await pilot.press("ctrl+o")
        await wait_until(pilot, lambda: screen(pilot).count("▾ ✗ nope0") == 2)
        await pilot.press("ctrl+o")
        await wait_until(
            pilot,
            lambda: (
                screen(pilot).count("▸ 2 calls · 2 thoughts") == 2 and "nope" not in screen(pilot)
            ),
        )


def call(number: int, *, ok: bool, parts: tuple[Part, ...]) -> list[Event]:
    """A step whose number is its place in time."""
    thought, done, started, finished = step(number)
    assert isinstance(finished, ToolFinished)
    draft = ToolDraft(finished.call_id, "python", "{", at=finished.at - 0.4)
    end = ToolFinished(finished.call_id, parts, ok, at=finished.at)
    return [thought, draft, done, started, end]


parts = st.sampled_from([(), (TextPart("x"),), (TablePart(("a",), (("1",),)),), (TextPart("y"),)])
others = st.sampled_from([Text("word"), Text(" "), Notice("said"), Sent("host", 3, "backend")])
pieces = st.tuples(st.booleans(), parts) | others


async def test_what_a_run_of_steps_counts_is_what_the_line_counts(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:

        @settings(max_examples=40, deadline=None)
        @given(st.lists(pieces, max_size=12))
        def holds(made: list[tuple[bool, tuple[Part, ...]] | Event]) -> None:
            events: list[Event] = []
            for number, piece in enumerate(made):
                if isinstance(piece, tuple):
                    events += call(number, ok=piece[0], parts=piece[1])
                else:
                    events.append(piece)
            run = run_of(events)
            box = TurnBox(None, RenderContext())
            box.play(events)
            box.leave()
            ends = bool(box.shown) and isinstance(box.shown[-1], StepsBlock)
            assert ends or not run.is_group
            if run.is_group:
                assert box.shown[-1].source == str(run.steps)
                assert (len(box.shown) == 1) == run.whole

        holds()
        assert pilot.app.is_running
