"""A question that opens while the user writes takes nothing of it, however fast they type."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.events import Key, Paste
from textual.pilot import Pilot

from qchat.backends.base import Request
from qchat.protocol.events import Event, StepFinished, Text
from qchat.tui.app import ChatApp
from qchat.tui.input.prompt import Prompt
from qchat_tools.base import InputRequest
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, idle, say, screen, wait_until

LINE = "/goal may any yaks vanish away"
"""Holds every letter that answers a question."""
DONE = StepFinished()
PAUSES_S = (0.0, 0.001, 0.02)


class Asking(ScriptedBackend):
    """Asks in the middle of its answer, when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.now = asyncio.Event()
        self.app: ChatApp | None = None
        self.answers: list[str] = []

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        assert self.app is not None
        yield Text("wait")
        await self.now.wait()
        self.answers.append(await self.app.session.ask("May the page be read?"))
        yield Text(f" you said {self.answers[-1]}")
        yield DONE


def keys(text: str) -> list[Key]:
    names = {" ": "space", "/": "slash", "\n": "enter", "\t": "tab"}
    return [Key(names.get(letter, letter), letter) for letter in text]


def prompt(pilot: Pilot[int]) -> str:
    return pilot.app.query_one(Prompt).text


@pytest.mark.parametrize("pause_s", PAUSES_S)
@pytest.mark.parametrize("at", [0, 3, len(LINE) // 2, len(LINE)])
async def test_letters_stay_in_the_prompt(chats: Chats, at: int, pause_s: float) -> None:
    backend = Asking()
    async with chats.chat(backend) as pilot:
        assert isinstance(pilot.app, ChatApp)
        backend.app = pilot.app
        await say(pilot, "go")
        for number, key in enumerate([*keys(LINE), None]):
            if number == at:
                backend.now.set()
            if key is not None:
                pilot.app.post_message(key)
                await asyncio.sleep(pause_s)
        await wait_until(pilot, lambda: "May the page be read?" in screen(pilot))
        await wait_until(pilot, lambda: prompt(pilot) == LINE)
        assert backend.answers == []
        await pilot.press("ctrl+g", "n")
        await wait_until(pilot, lambda: backend.answers == ["no"])
        assert prompt(pilot) == LINE
        await pilot.press("y")
        assert prompt(pilot) == f"{LINE}y", "the keys are the prompt's again"


@settings(max_examples=8, deadline=None)
@given(st.text("yanv \t\n", min_size=1, max_size=12), st.booleans())
def test_no_text_answers_whether_it_is_typed_or_pasted(text: str, pasted: bool) -> None:
    async def check(home: Path) -> None:
        async with Chats(home).chat(ScriptedBackend(*[says("ok")] * 20)) as pilot:
            assert isinstance(pilot.app, ChatApp)
            asked = asyncio.ensure_future(pilot.app.layout.questions.ask("May it?"))
            line = pilot.app.layout.questions.ask_line(InputRequest("Name? ", False, "input()"))
            named = asyncio.ensure_future(line)
            for message in [Paste(text)] if pasted else keys(text):
                pilot.app.post_message(message)
            await pilot.pause()
            await idle(pilot)
            assert not asked.done()
            assert not named.done()
            asked.cancel()
            named.cancel()

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(check(Path(folder)))


@pytest.mark.parametrize(
    ("line", "answer"),
    [("/yes", "once"), ("/always", "session"), ("/no", "no"), ("/never", "never")],
)
async def test_a_command_answers_and_a_bare_letter_is_explained(
    chats: Chats, line: str, answer: str
) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        assert isinstance(pilot.app, ChatApp)
        asked = pilot.app.run_worker(pilot.app.layout.questions.ask("May it?"))
        await wait_until(pilot, lambda: "May it?" in screen(pilot))
        await say(pilot, "y")
        await wait_until(pilot, lambda: "then y, a, n or v" in screen(pilot))
        assert prompt(pilot) == "y"
        await pilot.press("backspace")
        await say(pilot, line)
        assert await asked.wait() == answer
        await wait_until(pilot, lambda: "May it?" not in screen(pilot))


async def test_one_answer_never_answers_the_next_question(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        assert isinstance(pilot.app, ChatApp)
        first = pilot.app.run_worker(pilot.app.layout.questions.ask("First?"))
        second = pilot.app.run_worker(pilot.app.layout.questions.ask("Second?"))
        await wait_until(pilot, lambda: "First?" in screen(pilot))
        await pilot.press("ctrl+g", "y", "y")
        assert await first.wait() == "once"
        await wait_until(pilot, lambda: "Second?" in screen(pilot))
        assert not second.is_finished
        assert prompt(pilot) == "y"
        await pilot.press("escape")
        assert await second.wait() == "no"


async def test_a_click_that_was_meant_for_something_else_allows_nothing(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        assert isinstance(pilot.app, ChatApp)
        asked = pilot.app.run_worker(pilot.app.layout.questions.ask("May it?"))
        await wait_until(pilot, lambda: "May it?" in screen(pilot))
        await pilot.click("#answer-once")
        await wait_until(pilot, lambda: "Click once more: Yes" in screen(pilot))
        await pilot.press("y")
        assert not asked.is_finished
        assert prompt(pilot) == "y"
        await pilot.click("#answer-no")
        await pilot.click("#answer-once")
        await wait_until(pilot, lambda: "Click once more: Yes" in screen(pilot))
        assert not asked.is_finished
        once = pilot.app.query_one("#answer-once")
        await wait_until(pilot, lambda: not once.has_class("-active"))  # it takes no double click
        await pilot.click("#answer-once")
        assert await asked.wait() == "once"


async def test_the_line_for_running_code_is_entered_on_purpose(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        assert isinstance(pilot.app, ChatApp)
        for answering in (["ctrl+g", "A", "d", "a", "enter"], None):
            request = InputRequest("Name? ", False, "input()")
            asked = pilot.app.run_worker(pilot.app.layout.questions.ask_line(request))
            await wait_until(pilot, lambda: "Name?" in screen(pilot))
            await pilot.press("x", "backspace")
            if answering:
                await pilot.press(*answering)
            else:
                await say(pilot, "/answer Ada")
            assert await asked.wait() == "Ada"


async def test_what_needs_the_end_of_the_turn_waits_for_it(chats: Chats) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([Text("5"), gate, DONE], says("6"), says("7"))
    async with chats.chat(backend) as pilot:
        await say(pilot, "two and three")
        await backend.reached.wait()
        await say(pilot, "/edit two and four")
        await say(pilot, "and now")
        await wait_until(pilot, lambda: "waits: /edit two and four" in screen(pilot))
        gate.set()
        await idle(pilot)
        turns = pilot.app.session.turns  # type: ignore[attr-defined]
        assert [head.prompt for head in turns.heads] == ["two and four", "and now"]
        assert "is running" not in screen(pilot)


async def test_commands_in_line_are_all_done_and_then_the_prompts(chats: Chats) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([Text("one"), gate, DONE], says("two"))
    async with chats.chat(backend) as pilot:
        await say(pilot, "first")
        await backend.reached.wait()
        for line in ("/delete", "/undelete", "second"):
            await say(pilot, line)
        await wait_until(pilot, lambda: len(pilot.app.turns.waiting) == 3)  # type: ignore[attr-defined]
        gate.set()
        await idle(pilot)
        turns = pilot.app.session.turns  # type: ignore[attr-defined]
        assert [head.prompt for head in turns.heads] == ["first", "second"]
