"""Makes the README's pictures from a real run: the demo model, a real kernel, real memory."""

import asyncio
import re
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from qchat.config.settings import Settings
from qchat.conversation.workspace import Workspace
from qchat.runtime.paths import Paths
from qchat.tui.app import ChatApp

HERE = Path(__file__).parent
PROMPTS = (
    "Remember that my parrot is called Zubiko.",
    "What is 127 * 45?",
    "What is my parrot called?",
)
KEYS = {" ": "space", ".": "full_stop", "?": "question_mark", "*": "asterisk", "/": "slash"}
LOADED_S = 2.0


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        workspace = Workspace(Settings(), Paths(home, home, home / "logs"))
        app = ChatApp(workspace, None)
        async with app.run_test(size=(104, 42)) as pilot:
            await pilot.pause(LOADED_S)
            keep(app, "welcome")
            for prompt in PROMPTS:
                await say(pilot, app, prompt)
            for block in list(app.query(".tool, .thinking"))[3:5]:
                block.folded = False
            await pilot.pause(0.5)
            keep(app, "screenshot")
            await pilot.press("f3")
            await pilot.pause(LOADED_S)
            keep(app, "memory")
            await pilot.press("escape")
            await write(pilot, "/theme paper")
            await pilot.press("f2")
            await pilot.pause(LOADED_S)
            keep(app, "sessions")


def keep(app: ChatApp, name: str) -> None:
    """Write what stands on the screen; it must not fetch fonts when it is looked at."""
    drawn = re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(title="qchat"), flags=re.S)
    (HERE / f"{name}.svg").write_text(drawn, "utf-8")


async def write(pilot: Pilot[int], text: str) -> None:
    await pilot.press(*(KEYS.get(character, character) for character in text), "enter")


async def say(pilot: Pilot[int], app: ChatApp, text: str) -> None:
    """Send a prompt and wait for the answer."""
    before = len(app.session.turns)
    app._prompt.focus()
    await write(pilot, text)
    while len(app.session.turns) == before or not app.session.turns[-1].finished:
        await pilot.pause(0.1)


if __name__ == "__main__":
    asyncio.run(main())
