"""Steps without a word between them are one line, which opens."""

from qchat.protocol.events import Event, StepFinished, Text, Thinking
from qchat.tui.blocks.steps import StepsBlock
from qchat.tui.blocks.tool import ToolBlock
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
