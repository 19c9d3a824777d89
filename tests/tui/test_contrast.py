"""All text can be read in every theme: what is drawn is measured by WCAG 2, cell by cell."""

import re
from pathlib import Path

import msgspec
import pytest
from pygments.token import STANDARD_TYPES
from textual.geometry import Region
from textual.pilot import Pilot

from qchat.protocol.events import Event, Text, ToolFinished, ToolStarted, TurnFinished
from qchat.tui.blocks.answer import AnswerBlock
from qchat.tui.render.code import token_style
from qchat.tui.render.contrast import MIN_TEXT, Rgb, contrast, readable, rgb
from qchat.tui.render.palette import palette
from qchat.tui.render.themes import textual_theme
from qchat.tui.transcript.conversation import Conversation
from qchat_themes import load_themes
from qchat_tools.parts import TextPart
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, drawn, wait_until
from tests.tui.test_looks import EVENTS
from tests.tui.textual_private import strips_of

SHIPPED = load_themes(Path("no such folder"))[0]
CODE = """Text with <kbd>Ctrl</kbd>, <mark>marks</mark>, `code`, [a link](https://a.example),
**bold**.

###### Small

```diff
--- a/x.py
+++ b/x.py
@@ -1,3 +1,3 @@
 context line
-removed line of code
+added line of code
```

```python
x = $5 ? 3  # an error
@cache
class A(B):
    \"\"\"Words.\"\"\"
    def f(self, n=1.5): return f"{n!r}\\n", None, re.compile(r"a+")
```

> quoted

> [!NOTE]
> noted

> [!TIP]
> told

> [!IMPORTANT]
> weighed

> [!WARNING]
> warned

> [!CAUTION]
> feared

| a | b |
|---|---|
| 1 | 2 |
"""
CODES = [*range(30, 38), *range(90, 98)]
COLOURS = "".join(f"\x1b[{code}mcolour {code}\x1b[0m\n" for code in CODES)
SHOWN: list[Event] = [
    *EVENTS[:-2],
    ToolStarted("x", "python", {"code": "print(1)  # so"}, at=90.0),
    ToolFinished("x", (TextPart(COLOURS, "stdout"),), True, at=91.0),
    Text(CODE, at=92.0),
    TurnFinished("stop", at=93.0),
]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_kind_of_token_can_be_read_wherever_code_stands(name: str) -> None:
    colours = palette(textual_theme(SHIPPED[name]))
    bar = 7.0 if "contrast" in name else MIN_TEXT
    low = {}
    for kind in STANDARD_TYPES:
        style = token_style(kind, colours)
        assert style.color is not None
        found = [contrast(_rgb(style.color), rgb(ground)) for ground in colours.grounds]
        if min(found) < bar:
            low[kind] = found
    assert low == {}


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_disabled_can_be_read_too(name: str) -> None:
    """WCAG 2 asks nothing of it; a line that cannot be chosen still says something."""
    theme = textual_theme(SHIPPED[name])
    for ground in (theme.background, theme.surface, theme.panel):
        assert ground is not None
        assert contrast(rgb(theme.variables["text-disabled"]), rgb(ground)) >= MIN_TEXT


def test_a_colour_is_moved_no_further_than_it_must() -> None:
    assert readable("#ffffff", ["#000000"]) == "#ffffff"
    moved = readable("#333333", ["#000000"])
    assert MIN_TEXT <= contrast(rgb(moved), (0, 0, 0)) < MIN_TEXT + 1.5
    assert readable("#777777", ["#ffffff"]) < "#777777"


def _rgb(colour: object) -> Rgb:
    triplet = colour.get_truecolor()  # type: ignore[attr-defined]
    return triplet.red, triplet.green, triplet.blue


def unread(pilot: Pilot[int], region: Region, bar: float = MIN_TEXT) -> dict[str, float]:
    """The texts in a region of the screen that stand out too little from what is behind them."""
    found: dict[str, float] = {}
    for y, strip in enumerate(strips_of(pilot.app)):
        x = 0
        for text, style, _ in strip:
            inside = region.contains(x, y) and any(letter.isalnum() for letter in text)
            x += len(text)
            if not inside or style is None or style.color is None or style.bgcolor is None:
                continue
            ratio = contrast(_rgb(style.color), _rgb(style.bgcolor))
            if ratio < bar:
                found[text] = round(ratio, 2)
    return found


@pytest.mark.parametrize("name", SHIPPED)
async def test_all_text_of_a_conversation_can_be_read(chats: Chats, name: str) -> None:
    chats.settings = msgspec.structs.replace(chats.settings, theme=name)
    async with chats.chat(ScriptedBackend(says("")), size=(100, 110)) as pilot:
        conversation = pilot.app.query_one(Conversation)
        conversation.begin("What is it?")
        for event in SHOWN:
            conversation.feed(event)
        for level in ("info", "warning", "error"):
            conversation.notice(f"said as {level}", level)
        await drawn(pilot)
        await pilot.press("ctrl+o", "ctrl+t")
        await drawn(pilot)
        assert unread(pilot, pilot.app.screen.region) == {}
        pilot.app.screen.set_focus(pilot.app.query(AnswerBlock).last())
        await pilot.pause()
        assert unread(pilot, pilot.app.screen.region) == {}
        pilot.app.screen.text_select_all()
        await pilot.pause()
        assert unread(pilot, pilot.app.screen.region) == {}
        pilot.app.screen.clear_selection()
        conversation.mark(re.compile("o"))  # found by a search
        await pilot.pause()
        assert unread(pilot, pilot.app.screen.region) == {}


@pytest.mark.parametrize("name", SHIPPED)
async def test_all_text_around_a_conversation_can_be_read(chats: Chats, name: str) -> None:
    chats.settings = msgspec.structs.replace(chats.settings, theme=name)
    async with chats.chat(ScriptedBackend(says("")), size=(100, 40)) as pilot:
        below = pilot.app.screen
        for key in ("f1", "ctrl+p", "f2", "f3", "slash"):
            await pilot.press(key)
            await pilot.pause(0.1)
            screen = pilot.app.screen
            if screen is not below:  # what is behind a dialog is not meant to be read
                await wait_until(pilot, lambda top=screen: bool(top.children))
                assert unread(pilot, screen.children[-1].region) == {}, key
            else:
                assert unread(pilot, screen.region) == {}, key
            await pilot.press("escape")
            await wait_until(pilot, lambda: pilot.app.screen is below)


@pytest.mark.parametrize("name", SHIPPED)
async def test_what_is_selected_is_seen(chats: Chats, name: str) -> None:
    """Each letter of a selection changes its ground by a step that can be told apart."""
    chats.settings = msgspec.structs.replace(chats.settings, theme=name)
    async with chats.chat(ScriptedBackend(says("")), size=(80, 40)) as pilot:
        conversation = pilot.app.query_one(Conversation)
        conversation.begin("go")
        conversation.feed(Text("Words.\n\n```python\nx = 1\n```\n", at=1.0))
        conversation.feed(TurnFinished("stop", at=2.0))
        await drawn(pilot)
        grounds = [_grounds(pilot)]
        pilot.app.screen.text_select_all()
        await pilot.pause()
        grounds.append(_grounds(pilot))
        for letters in ("Words.", "x"):
            before, after = (ground[letters] for ground in grounds)
            assert contrast(before, after) > 3


def _grounds(pilot: Pilot[int]) -> dict[str, Rgb]:
    strips = strips_of(pilot.app)
    return {
        text.strip(): _rgb(style.bgcolor)
        for strip in strips
        for text, style, _ in strip
        if style is not None and style.bgcolor is not None
    }
