"""The status line: what goes on, what it costs, and what is switched off."""

import asyncio

import msgspec
from textual.events import Paste
from textual.pilot import Pilot

from qchat.backends.base import State
from qchat.config.settings import MemorySettings
from qchat.protocol.event_values import Usage
from qchat.protocol.events import StepFinished, Text, Thinking
from qchat.runtime import offline
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, say, screen, wait_until

WIDE = (160, 30)


class Engine(ScriptedBackend):
    """A model that is loaded when the test says so."""

    state = State("idle")

    def __init__(self) -> None:
        super().__init__(says("ok"))
        self.loaded = asyncio.Event()

    async def start(self) -> None:
        await self.loaded.wait()


def line(pilot: Pilot[int]) -> str:
    return screen(pilot).splitlines()[-1].strip()


async def shows(pilot: Pilot[int], *texts: str) -> None:
    await wait_until(pilot, lambda: all(text in line(pilot) for text in texts))


async def hides(pilot: Pilot[int], text: str) -> None:
    await wait_until(pilot, lambda: text not in line(pilot))


async def test_an_engine_says_how_far_it_is_without_being_asked(chats: Chats) -> None:
    engine = Engine()
    async with chats.chat(engine, size=WIDE) as pilot:
        await wait_until(pilot, lambda: line(pilot).startswith("starting"))
        for progress, said in (
            (0.0, "loading"),
            (0.4, "loading the model 40%"),
            (0.9, "loading the model 90%"),
        ):
            engine.state = State("loading", progress)
            await wait_until(pilot, lambda said=said: line(pilot).startswith(said))
        engine.state = State("ready", 1.0)
        engine.loaded.set()
        await wait_until(pilot, lambda: line(pilot).startswith("scripted"))
        engine.state = State("crashed", detail="killed by signal 9")
        await wait_until(pilot, lambda: line(pilot).startswith("engine crashed"))
        engine.state = State("idle")
        await wait_until(pilot, lambda: line(pilot).startswith("model unloaded"))


async def test_the_budget_has_a_gauge_that_fills_while_the_model_thinks(chats: Chats) -> None:
    gates = [asyncio.Event(), asyncio.Event()]
    half = Thinking("word " * 50)
    done = StepFinished(Usage(90, 120, 100, 70))
    backend = ScriptedBackend([half, gates[0], half, gates[1], Text("so"), done])
    async with chats.chat(backend, size=WIDE) as pilot:
        await say(pilot, "/budget 100")
        await shows(pilot, "think ≤ 100")
        await say(pilot, "go")
        await shows(pilot, "think ▰▰▰▱▱▱ 50/100", "thinking", "Esc stops")
        for width in range(60, 100, 2):  # no part of it is cut in two, beside the sign that turns
            await pilot.resize_terminal(width, 30)
            await wait_until(
                pilot, lambda: ("memory" in line(pilot)) == ("memory off" in line(pilot))
            )
        await pilot.resize_terminal(*WIDE)
        gates[0].set()
        await shows(pilot, "think ▰▰▰▰▰▰ 100/100")
        gates[1].set()
        await shows(pilot, "think ≤ 100")
        await hides(pilot, "Esc stops")
        await pilot.press("f10")
        await wait_until(pilot, lambda: "90 tokens read, 70 of them reused" in screen(pilot))


async def test_what_is_switched_off_is_said(chats: Chats) -> None:
    chats.settings = msgspec.structs.replace(chats.settings, memory=MemorySettings())
    async with chats.chat(ScriptedBackend(says("ok")), size=WIDE) as pilot:
        await hides(pilot, "memory off")
        try:
            for switch, said in (("/offline", "offline"), ("/memory", "memory off")):
                assert said not in line(pilot)
                await say(pilot, f"{switch} {'on' if switch == '/offline' else 'off'}")
                await shows(pilot, said)
                await say(pilot, f"{switch} {'off' if switch == '/offline' else 'on'}")
                await hides(pilot, said)
        finally:
            offline.forbid(on=False)


async def test_a_chat_without_memory_says_so_from_the_start(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok")), size=WIDE) as pilot:
        await shows(pilot, "memory off")


async def test_it_foretells_the_next_request_with_what_is_typed_and_pasted(chats: Chats) -> None:
    """The same number as `/context` gives of the same prompt."""
    done = StepFinished(Usage(900, 20))
    async with chats.chat(ScriptedBackend([Text("ok"), done], context=8192), size=WIDE) as pilot:
        await say(pilot, "go")
        await shows(pilot, "context ▰▱▱▱▱▱ 15% · 909")
        await pilot.press(*"twelve")
        await shows(pilot, "· 918")
        for _ in range(6):
            await pilot.press("backspace")
        await say(pilot, "/context twelve")
        await wait_until(pilot, lambda: "918 of 6,144" in screen(pilot))
        pilot.app.post_message(Paste("word " * 4_000))
        await shows(pilot, "⚠ context", "· 4,9")


async def test_a_context_that_nobody_knows_is_no_context_of_none(chats: Chats) -> None:
    """`Next 1,324 of 0 tokens` said the page of details."""
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await say(pilot, "hi")
        await wait_until(pilot, lambda: "ok" in screen(pilot))
        await pilot.press("f10")
        await wait_until(pilot, lambda: "Context    unknown" in screen(pilot))
        assert "of 0" not in screen(pilot)
