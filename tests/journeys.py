"""How much code three journeys of a turn pass through: `python -m tests.journeys`.

An answer, a tool call there and back, a memory saved and one recalled: from `Session.send` to the
end of the turn, with a scripted backend and the real kernel, memory and store, but no interface.
Counted are files entered, functions called, and calls; decision 0031 has the figures.
"""

import asyncio
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import CodeType, FrameType

import msgspec

from qchat.config.settings import Settings, WebSettings
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.protocol.events import ToolFinished
from qchat.runtime.paths import Paths
from tests.scripted import Action, ScriptedBackend, calls, says

ROOT = Path(__file__).parents[1]
OURS = tuple(str(ROOT / folder) for folder in ("qchat", "tools", "memory"))
FACTS = ("My boat is called Nerida.", "My sister lives in Lisbon.", "I play the cello.")


class Journey:
    """Counts what is called between entering and leaving it, in every thread."""

    def __init__(self) -> None:
        self._called: Counter[CodeType] = Counter()

    def __enter__(self) -> "Journey":
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        threading.setprofile(None)

    def _note(self, frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(OURS):
            self._called[frame.f_code] += 1

    @property
    def counted(self) -> str:
        """Files, functions, calls; a generator that goes on counts as a call."""
        files = {code.co_filename for code in self._called}
        return f"{len(files)} / {len(self._called)} / {self._called.total():,}"


async def _drain(session: Session, prompt: str) -> set[str]:
    """What kinds of events came."""
    events = [event async for event in session.send(prompt)]
    worked = {"a tool that worked" for e in events if isinstance(e, ToolFinished) and e.ok}
    return {type(event).__name__ for event in events} | worked


async def _count(
    session: Session, name: str, seen: str, prompts: Sequence[str], *replies: Sequence[Action]
) -> None:
    session.backend = ScriptedBackend(*replies)
    *before, last = prompts
    for prompt in before:
        await _drain(session, prompt)  # what is loaded and opened at first does not count
    # Threads that are there already are not counted in: every journey begins with new ones.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
    with Journey() as journey:
        kinds = await _drain(session, last)
    assert seen in kinds, f"{name}: {kinds}"
    print(f"{name:<32} {journey.counted}")  # noqa: T201


def _saves(text: str) -> list[Action]:
    return calls(("a", "memory_save", msgspec.json.encode({"text": text}).decode()))


async def main() -> None:
    """Print a line for each journey."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        settings = Settings(web=WebSettings(enabled=False))
        workspace = Workspace(settings, Paths(home, home, home / "logs"))
        workspace.pool.give("demo", ScriptedBackend(says("hi")))
        greet, ask = ("Hello!", "And you?"), ("Where does she live?", "What is my boat called?")
        answer = says("two words")
        run = calls(("b", "python", '{"code": "1 + 1"}'))
        kept = [reply for fact in FACTS for reply in (_saves(fact), answer)]
        try:
            await _count(workspace.open(), "an answer, stored", "Text", greet, answer, answer)
            called = (run, answer, run, answer)
            await _count(
                workspace.open(), "a tool call there and back", "a tool that worked", greet, *called
            )
            await _count(workspace.open(), "a memory saved", "a tool that worked", FACTS, *kept)
            await _count(workspace.open(), "a memory recalled", "Recalled", ask, answer, answer)
        finally:
            await workspace.aclose()


if __name__ == "__main__":
    asyncio.run(main())
