"""Makes the README's picture from a real run: the demo model, a real kernel, real memory."""

import asyncio
import re
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from qchat.paths import Paths
from qchat.settings import Settings
from qchat.tui.app import ChatApp
from qchat.workspace import Workspace

PROMPTS = (
    "Remember that my parrot is called Zubiko.",
    "What is 127 * 45?",
    "What is my parrot called?",
)
KEYS = {" ": "space", ".": "full_stop", "?": "question_mark", "*": "asterisk"}


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        workspace = Workspace(Settings(), Paths(home, home, home / "logs"))
        app = ChatApp(workspace, None)
        async with app.run_test(size=(104, 42)) as pilot:
            for prompt in PROMPTS:
                await say(pilot, app, prompt)
            blocks = list(app.query(".tool, .thinking"))
            for block in blocks[3:5]:
                block.folded = False
            await pilot.pause(0.5)
            picture = app.export_screenshot(title="qchat")
    # The picture must not fetch fonts from elsewhere when it is looked at.
    picture = re.sub(r"@font-face \{.*?\}", "", picture, flags=re.S)
    Path(__file__).with_name("screenshot.svg").write_text(picture, "utf-8")


async def say(pilot: Pilot[int], app: ChatApp, text: str) -> None:
    """Send a prompt and wait for the answer."""
    before = len(app.session.turns)
    await pilot.press(*(KEYS.get(character, character) for character in text), "enter")
    while len(app.session.turns) == before or not app.session.turns[-1].finished:
        await pilot.pause(0.1)


if __name__ == "__main__":
    asyncio.run(main())
