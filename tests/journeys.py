"""How much code three journeys of a turn pass through: `python -m tests.journeys`.

An answer, a tool call there and back, a memory saved and one recalled, with a scripted backend and
the real kernel, memory and store: from `Session.send` to the end of the turn, and from Enter to its
last token on the screen. Counted are files entered, functions called, and calls; decision 0031 has
the figures.
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
from qchat.tui.app import ChatApp
from qchat.tui.input.prompt import Prompt
from tests.scripted import Action, ScriptedBackend, calls, says
from tests.tui.conftest import Fingers, idle

ROOT = Path(__file__).parents[1]
OURS = tuple(str(ROOT / folder) for folder in ("qchat", "tools", "memory", "themes"))
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


async def _without_interface(
    workspace: Workspace, prompts: Sequence[str], replies: Sequence[Sequence[Action]], seen: str
) -> str:
    """The last one of some prompts: what is loaded and opened at first does not count."""
    session = workspace.open()
    session.backend = ScriptedBackend(*replies)
    *before, last = prompts
    for prompt in before:
        await _drain(session, prompt)
    _renew_threads()
    with Journey() as journey:
        kinds = await _drain(session, last)
    assert seen in kinds, kinds
    await workspace.aclose()
    return journey.counted


async def _on_screen(
    workspace: Workspace, prompts: Sequence[str], replies: Sequence[Sequence[Action]], _seen: str
) -> str:
    """Likewise, from Enter on."""
    workspace.pool.give("demo", ScriptedBackend(*replies))
    app = ChatApp(workspace, None)
    counted = ""
    async with app.run_test(size=(100, 40)):
        fingers = Fingers(app)
        for prompt in prompts:
            app.query_one(Prompt).text = prompt
            await fingers.pause(1)  # whatever looks at what is typed is done
            _renew_threads()
            with Journey() as journey:
                await fingers.press("enter")
                await idle(fingers)
            counted = journey.counted
    return counted


def _renew_threads() -> None:
    """Those that are there already are not counted in: every journey begins with new ones."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())


def _saves(text: str) -> list[Action]:
    return calls(("a", "memory_save", msgspec.json.encode({"text": text}).decode()))


async def main() -> None:
    """Print a line for each journey, both ways."""
    greet, ask = ("Hello!", "And you?"), ("Where does she live?", "What is my boat called?")
    answer, worked = says("two words"), "a tool that worked"
    run = calls(("b", "python", '{"code": "1 + 1"}'))
    journeys = [
        ("an answer, stored", greet, [answer, answer], "Text"),
        ("a tool call there and back", greet, [run, answer, run, answer], worked),
        ("a memory saved", FACTS, [r for fact in FACTS for r in (_saves(fact), answer)], worked),
        ("a memory recalled", ask, [answer, answer], "Recalled"),
    ]
    settings = Settings(web=WebSettings(enabled=False))
    for count in (_without_interface, _on_screen):
        with tempfile.TemporaryDirectory() as folder:
            paths = Paths(Path(folder), Path(folder), Path(folder) / "logs")
            paths.config_file.touch()  # not a first start
            for name, prompts, replies, seen in journeys:
                counted = await count(Workspace(settings, paths), prompts, replies, seen)
                print(f"{count.__name__[1:]:<18} {name:<28} {counted}")  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
