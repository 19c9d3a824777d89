"""How it looks: pictures of one conversation, compared with those that a person has looked at.

Set QCHAT_NEW_PICTURES=1 to take them anew; then look at each before it is kept.
"""

import os
import re
from difflib import unified_diff
from html import unescape
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

from qchat.protocol.event_values import RecalledMemory, Timings, Usage
from qchat.protocol.events import (
    Event,
    Notice,
    Recalled,
    StepFinished,
    Text,
    Thinking,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)
from qchat.tui.blocks.block import Block
from qchat.tui.input.mode_bar import ModeBar
from qchat.tui.input.prompt import Prompt
from qchat.tui.transcript.conversation import Conversation
from qchat_tools.parts import SourcePart, TextPart
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, drawn, wait_until

PICTURES = Path(__file__).with_name("pictures")
ANSWER = """# A heading

Some *emphasis*, **bold**, `code` and a [link](https://example.org/x).

- one
  - nested 你好
- [x] done

| name | value |
|---|---:|
| alpha | 12 |
| beta [b]\x1b[31m | 3 |

> quoted

```python
def double(x: int) -> int:
    return x * 2  # twice
```
"""
SOURCE = SourcePart(1, "https://example.org/tower", "The tower", "It is 330 m high.")
EVENTS: list[Event] = [
    Recalled((RecalledMemory("a", "My parrot is called Zubiko", "2026-05-01", 0.7),), at=1.0),
    Thinking("First a product.\nThen a page.", at=1.0),
    StepFinished(Usage(10, 20, 19), at=13.0),
    ToolStarted("c", "python", {"code": "print(127 * 45)"}, at=13.0),
    ToolFinished("c", (TextPart("5715\n", "stdout"),), True, at=13.5),
    ToolStarted("d", "web_search", {"query": "the tower"}, at=14.0),
    ToolFinished("d", (TextPart("Web results:"), SOURCE), True, at=15.2),
    ToolStarted("e", "web_search", {"query": "it"}, at=16.0),
    ToolFinished("e", (TextPart("Error: web_search failed: no network", "error"),), False, at=80.0),
    Notice("the server was busy; trying again", "warning", at=80.0),
    Text(ANSWER, at=81.0),
    StepFinished(Usage(100, 50, 0, 80), Timings(0.1, 1.0, 55.0), at=82.0),
    TurnFinished("stop", at=82.0),
]


def picture(pilot: Pilot[int]) -> str:
    """The screen as SVG, without the number that each drawing gets and the address of its font."""
    drawn = re.sub(r"terminal-\d+", "terminal", pilot.app.export_screenshot())
    return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)


async def settled(pilot: Pilot[int]) -> None:
    """Wait until the view stands where a key has led it.

    Where it goes depends on where it is: a key that came while it still moved would lead elsewhere.
    """
    app, conversation = pilot.app, pilot.app.query_one(Conversation)

    def done() -> bool:
        if app.is_dispatching or conversation.scroll_y != conversation.scroll_target_y:  # type: ignore[attr-defined]
            return False
        focused = app.focused
        return not isinstance(focused, Block) or (
            app.query_one(ModeBar).size.height > 0 and app.screen.can_view_entire(focused)
        )

    await pilot.pause()
    await wait_until(pilot, done)


def changes(kept: str, now: str) -> str:
    """The rows by which two pictures differ; where all texts are the same, the drawing itself."""
    texts = [rows(kept), rows(now)]
    before, after = texts if texts[0] != texts[1] else [kept.splitlines(), now.splitlines()]
    return "\n".join(unified_diff(before, after, "kept", "now", n=0, lineterm=""))


def rows(svg: str) -> list[str]:
    """The text of a picture, row by row; those without any are left out."""
    found: dict[float, list[tuple[float, str]]] = {}
    for x, y, text in re.findall(r'<text [^>]*?\bx="([\d.]+)" y="([\d.]+)"[^>]*>(.*?)</text>', svg):
        found.setdefault(float(y), []).append((float(x), unescape(text)))
    return [
        f"{y:>6}  {''.join(text for _, text in sorted(row))}" for y, row in sorted(found.items())
    ]


@pytest.mark.parametrize(
    ("theme", "size", "keys"),
    [
        ("qchat-dark", (100, 60), ["ctrl+o", "ctrl+t"]),
        ("qchat-dark", (40, 12), []),
        ("qchat-light", (80, 24), ["shift+tab", "up", "up"]),
        ("high-contrast", (80, 40), []),
        ("colour-blind", (80, 40), []),
    ],
)
async def test_it_looks_as_it_did(
    chats: Chats, theme: str, size: tuple[int, int], keys: list[str]
) -> None:
    chats.settings = msgspec.structs.replace(chats.settings, theme=theme)
    async with chats.chat(ScriptedBackend(says("")), size=size) as pilot:
        pilot.app.query_one(Prompt).cursor_blink = False
        conversation = pilot.app.query_one(Conversation)
        conversation.begin("What is 127 * 45?\nAnd how high is [b]the tower[/b]?")
        for event in EVENTS:
            conversation.feed(event)
        await drawn(pilot)
        for key in keys:
            await pilot.press(key)
            await settled(pilot)
        file = PICTURES / f"{theme}-{size[0]}x{size[1]}.svg"
        if os.environ.get("QCHAT_NEW_PICTURES"):
            await pilot.pause(1)
            file.parent.mkdir(exist_ok=True)
            file.write_text(picture(pilot), "utf-8")
        kept = file.read_text("utf-8")
        for _ in range(50):
            if picture(pilot) == kept:
                return
            await pilot.pause(0.1)
        raise AssertionError(
            f"{file.name} is not what is drawn now\n{changes(kept, picture(pilot))}"
        )
