"""Makes the README's pictures from a real run: the demo model, a real kernel, real memory.

`qchat.gif` shows that run as it went, in a terminal of 90 by 26; the others stand still (SVG).
"""

import asyncio
import io
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import resvg_py
from PIL import Image
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
FONTS = ["/usr/share/fonts", "/System/Library/Fonts"]
MOVING = (90, 26)
FRAME_S = 0.12
SHOWN_MS, HELD_MS = 120, 1500
"""How long a frame stands while one types, and one in which nothing happens.

An answer takes as long as it took: its own clock shows that too.
"""


async def main() -> None:
    if "--moving" in sys.argv[1:]:
        await moving()
        return
    async with chat((104, 42)) as (app, pilot):
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


@asynccontextmanager
async def chat(size: tuple[int, int]) -> AsyncIterator[tuple[ChatApp, Pilot[int]]]:
    """A window on a new home."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        workspace = Workspace(Settings(), Paths(home, home, home / "logs"))
        app = ChatApp(workspace, None)
        async with app.run_test(size=size) as pilot:
            await pilot.pause(LOADED_S)
            yield app, pilot


async def moving() -> None:
    """The same prompts as a moving picture: each frame is what stood on the screen."""
    frames: list[Image.Image] = []
    lasts: list[int] = []

    def take(app: ChatApp, ms: int = SHOWN_MS) -> None:
        svg = without_fonts(app.export_screenshot(title="qchat"))
        svg = svg.replace("Fira Code", "monospace")
        drawn = resvg_py.svg_to_bytes(
            svg_string=svg, width=900, monospace_family="DejaVu Sans Mono", font_dirs=FONTS
        )
        png = bytes(drawn)
        frame = Image.open(io.BytesIO(png)).convert("RGB").quantize(64)
        if frames and frames[-1].tobytes() == frame.tobytes():
            lasts[-1] += ms
        else:
            frames.append(frame)
            lasts.append(ms)

    async with chat(MOVING) as (app, pilot):
        for prompt in PROMPTS:
            for character in prompt:
                await pilot.press(KEYS.get(character, character))
                if character == " ":
                    take(app)
            before = len(app.session.turns)
            await pilot.press("enter")
            while len(app.session.turns) == before or not app.session.turns[-1].finished:
                began = time.monotonic()
                take(app, 0)
                await pilot.pause(FRAME_S)
                lasts[-1] += round(1000 * (time.monotonic() - began))
            await pilot.pause(0.5)
            take(app, HELD_MS)
        await pilot.press("ctrl+o")
        await pilot.pause(0.5)
        take(app, 2 * HELD_MS)
    frames[0].save(
        HERE / "qchat.gif", save_all=True, append_images=frames[1:], duration=lasts, loop=0
    )


def keep(app: ChatApp, name: str) -> None:
    """Write what stands on the screen; it must not fetch fonts when it is looked at."""
    drawn = without_fonts(app.export_screenshot(title="qchat"))
    (HERE / f"{name}.svg").write_text(drawn, "utf-8")


def without_fonts(svg: str) -> str:
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S)


async def write(pilot: Pilot[int], text: str) -> None:
    await pilot.press(*(KEYS.get(character, character) for character in text), "enter")


async def say(pilot: Pilot[int], app: ChatApp, text: str) -> None:
    """Send a prompt and wait for the answer."""
    before = len(app.session.turns)
    await write(pilot, text)
    while len(app.session.turns) == before or not app.session.turns[-1].finished:
        await pilot.pause(0.1)


if __name__ == "__main__":
    asyncio.run(main())
