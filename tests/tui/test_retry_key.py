"""A turn that failed is asked again with one key."""

from qchat.errors import EngineCrashed
from qchat.events import StepFinished, Text
from qchat.tui.app import ChatApp
from tests.scripted import ScriptedBackend
from tests.tui.conftest import Chats, say, screen, wait_until


async def test_a_crashed_turn_is_retried_with_one_key(chats: Chats) -> None:
    crash = EngineCrashed("the local engine died (signal 9); what it had written is kept")
    backend = ScriptedBackend([Text("half an "), crash], [Text("whole answer"), StepFinished()])
    async with chats.chat(backend) as pilot:
        app = pilot.app
        assert isinstance(app, ChatApp)
        await say(pilot, "a question")
        await wait_until(pilot, lambda: "died (signal 9)" in screen(pilot))
        await wait_until(pilot, lambda: not app.turns.busy)
        await pilot.press("alt+r")
        await wait_until(pilot, lambda: "whole answer" in screen(pilot))
        asked = [request.messages[-1] for request in backend.requests]
        assert asked[0] == asked[1]
