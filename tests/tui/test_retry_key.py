"""A turn that failed is asked again with one key."""

import os
import signal
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from qchat.backends.base import Request
from qchat.backends.local import LocalBackend
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import EngineCrashed
from qchat.protocol.events import Event, StepFinished, Text, Thinking, TurnFinished
from qchat.tui.app import ChatApp
from tests.engines import write_babbler
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


class Dying(LocalBackend):
    """A model that babbles on a real engine, which is killed so many times in mid-reply."""

    deaths = 2

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        dies, self.deaths = self.deaths > 0, max(self.deaths - 1, 0)
        async with aclosing(super().stream(request)) as events:
            async for event in events:
                if dies and isinstance(event, Thinking) and self.engine is not None:
                    dies = False
                    os.kill(self.engine.pid, signal.SIGKILL)
                yield event


async def test_an_engine_that_really_died_is_started_again_and_then_another_one_offered(
    chats: Chats, tmp_path: Path
) -> None:
    model = write_babbler(tmp_path / "babbler.gguf")
    backend = Dying("demo", BackendSettings(kind="llama.cpp", model=str(model), context=4096))
    async with chats.chat(backend) as pilot:
        app = pilot.app
        assert isinstance(app, ChatApp)

        async def shown(*texts: str) -> None:
            def stands() -> bool:
                page = " ".join(screen(pilot).split())
                return all(text in page for text in texts) and not app.turns.busy

            await wait_until(pilot, stands, tries=1000)

        def ended() -> str:
            last = app.session.turns[0].events[-1:]
            return last[0].reason if last and isinstance(last[0], TurnFinished) else ""

        await say(pilot, "Hello!")
        await shown("what it had written is kept, and it starts again")
        assert any(isinstance(event, Thinking) for event in app.session.turns[0].events)
        await pilot.press("alt+r")
        await shown("died twice in a row", "/engine llama-cpp-python", "/engine llama-server")
        await pilot.press("alt+r")
        await wait_until(pilot, lambda: ended() == "length", tries=1000)
        (turn,) = app.session.turns
        assert len("".join(e.text for e in turn.events if isinstance(e, Thinking))) > 1000
        assert (backend.state.phase, backend.deaths) == ("ready", 0)
