"""A chat on a home of its own, answered by a script."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from textual.pilot import Pilot

from qchat.backends.base import Backend
from qchat.config.settings import MemorySettings, Settings
from qchat.conversation.workspace import Workspace
from qchat.runtime.paths import Paths
from qchat.store import SessionInfo, Store
from qchat.tui.app import ChatApp
from qchat.tui.blocks.block import Block
from qchat.tui.textual_private import XTermParser
from qchat.tui.transcript.conversation import Conversation
from qchat.tui.transcript.turn import TurnBox
from tests.tui.textual_private import strips_of


class Fingers(Pilot[int]):
    """Presses keys as a person does, who sees what one did before the next.

    Textual's own waits until the process has nothing to do, and takes one that gets no time from a
    busy machine for idle.
    """

    async def press(self, *keys: str) -> None:
        for key in keys:
            await super().press(key)
            while self.app.is_running and self.app.is_dispatching:  # type: ignore[attr-defined]
                await self.pause(0.01)


class Chats:
    """Starts the interface, again and again on the same home."""

    def __init__(self, home: Path) -> None:
        self.paths = Paths(home, home, home / "logs")
        home.mkdir(parents=True, exist_ok=True)
        self.paths.config_file.touch()  # not a first start
        self.settings = Settings(memory=MemorySettings(enabled=False))

    def sessions(self) -> list[SessionInfo]:
        """What is kept of all conversations."""
        with closing(Store(self.paths.sessions_db)) as store:
            return store.sessions("default")

    @asynccontextmanager
    async def chat(
        self,
        backend: Backend,
        session: str | None = None,
        size: tuple[int, int] = (100, 40),
        tools: frozenset[str] = frozenset(),
    ) -> AsyncIterator[Pilot[int]]:
        given = {"demo": backend}
        workspace = Workspace(self.settings, self.paths, tools=tools, backends=given)
        app = ChatApp(workspace, session)
        async with app.run_test(size=size):
            yield Fingers(app)


@pytest.fixture
def chats(tmp_path: Path) -> Chats:
    return Chats(tmp_path)


async def wait_until(pilot: Pilot[int], holds: Callable[[], bool], tries: int = 3000) -> None:
    """Wait until something holds, looking at each new frame: a minute's at least, since a busy
    machine takes that to load what is needed first."""
    for _ in range(tries):
        if holds():
            return
        await pilot.pause(0.02)
    raise AssertionError(f"it never held\n{screen(pilot)}")


async def drawn(pilot: Pilot[int]) -> None:
    """Wait until all that the conversation was fed has its place on the screen."""
    conversation = pilot.app.query_one(Conversation)

    def done() -> bool:
        return all(box.is_drawn for box in conversation.query(TurnBox)) and all(
            block.content_size.height == len(block.lines(block.content_size.width))
            for block in conversation.query(Block)
            if block.display
        )

    await wait_until(pilot, done)
    await pilot.pause()


async def idle(pilot: Pilot[int]) -> None:
    """Wait until no turn runs or waits, and all that came of them is drawn."""
    turns = pilot.app.turns  # type: ignore[attr-defined]
    await wait_until(pilot, lambda: not turns.busy and not turns.waiting)
    await drawn(pilot)


async def say(pilot: Pilot[int], text: str) -> None:
    """Type a text, as fast as terminals bring it, and send it.

    Textual's own `press` waits after each letter until the process has nothing to do.
    """
    for event in XTermParser().feed(f"{text}\r"):
        pilot.app.post_message(event)
    await pilot.pause()
    await wait_until(pilot, lambda: not pilot.app.is_dispatching)  # type: ignore[attr-defined]
    await pilot.pause()


def screen(pilot: Pilot[int]) -> str:
    """What stands on the screen, as text."""
    lines = strips_of(pilot.app)
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in lines)
