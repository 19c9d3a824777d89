"""Links, citations and code in blocks: marked by keys, pressed, copied, run; text selected."""

from collections.abc import Iterator

import pytest
from textual.pilot import Pilot

from qchat.protocol.events import Event, Text, ToolFinished, ToolStarted, TurnFinished
from qchat.tui.blocks.answer import AnswerBlock
from qchat.tui.blocks.block import Block
from qchat.tui.transcript.conversation import Conversation
from qchat_tools.parts import SourcePart
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, drawn, screen, wait_until

ANSWER = """The tower is high [1], they say [7].
See [the page](https://example.org/tower), not row[2] nor `x[3]`.

```python
print("é")
```

and

```sh
ls
```
"""
SOURCE = SourcePart(1, "https://example.org/a", "The tower", "It is 330 m high.")
EVENTS: list[Event] = [
    ToolStarted("d", "web_search", {"query": "the tower"}, at=1.0),
    ToolFinished("d", (SOURCE,), True, at=2.0),
    Text(ANSWER, at=3.0),
    TurnFinished("stop", at=4.0),
]


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """What blocks have sent, in order."""
    sent: list[object] = []
    post = Block.post_message

    def note(block: Block, message: object) -> bool:
        if isinstance(message, Block.LinkPressed | Block.CodePressed | Block.Copied):
            sent.append(message)
            return True
        return post(block, message)  # type: ignore[arg-type]

    monkeypatch.setattr(Block, "post_message", note)
    return iter([sent])


async def answer(pilot: Pilot[int]) -> AnswerBlock:
    conversation = pilot.app.query_one(Conversation)
    conversation.around.known = {1}.__contains__
    conversation.begin("how high?")
    for event in EVENTS:
        conversation.feed(event)
    await drawn(pilot)
    block = conversation.query(AnswerBlock).last()
    pilot.app.screen.set_focus(block)
    await wait_until(pilot, lambda: block.has_focus)
    return block


async def test_a_citation_that_was_never_given_out_is_marked(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await answer(pilot)
        shown = screen(pilot)
        assert "high [1], they say [7?]" in shown
        assert "row[2] nor" in shown
        assert "x[3]." in shown, "an index is no citation"


async def test_keys_walk_the_links_and_press_them(chats: Chats, pressed: list[list[Block]]) -> None:
    (sent,) = pressed
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await answer(pilot)
        await pilot.press("right", "enter", "right", "enter", "y")
        urls = [m.url for m in sent if isinstance(m, Block.LinkPressed)]
        assert urls == ["qchat:source/1", "https://example.org/tower"]
        assert isinstance(sent[-1], Block.Copied)
        assert sent[-1].text == "https://example.org/tower"


async def test_a_click_presses_a_link(chats: Chats, pressed: list[list[Block]]) -> None:
    (sent,) = pressed
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        block = await answer(pilot)
        line = screen(pilot).splitlines()[block.content_region.y]
        await pilot.click(offset=(line.index("[1]") + 1, block.content_region.y))
        assert [m.url for m in sent if isinstance(m, Block.LinkPressed)] == ["qchat:source/1"]


async def test_a_source_in_a_tool_block_is_a_link(chats: Chats, pressed: list[list[Block]]) -> None:
    (sent,) = pressed
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await answer(pilot)
        await pilot.press("up", "space", "right", "enter", "right", "enter")
        urls = [m.url for m in sent if isinstance(m, Block.LinkPressed)]
        assert urls == ["qchat:source/1", "https://example.org/a"]


async def test_code_is_copied_and_run(chats: Chats, pressed: list[list[Block]]) -> None:
    (sent,) = pressed
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await answer(pilot)
        await pilot.press("r")
        assert not sent, "which of two is meant?"
        await pilot.press("right", "right", "right", "r", "y", "right", "y", "right", "y")
        run, *copied = sent
        assert isinstance(run, Block.CodePressed)
        assert (run.code, run.language) == ('print("é")\n', "python")
        texts = [m.text for m in copied if isinstance(m, Block.Copied)]
        assert texts == ['print("é")\n', "ls\n", ANSWER], "behind the last one stands the block"


async def test_the_source_of_a_block_is_one_key_away(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await answer(pilot)
        await pilot.press("s")
        await wait_until(pilot, lambda: "[the page](https://example.org/tower)" in screen(pilot))
        await pilot.press("s")
        await wait_until(pilot, lambda: "[the page](https" not in screen(pilot))


async def test_text_is_selected_with_the_mouse(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        block = await answer(pilot)
        top = block.content_region.y
        line = screen(pilot).splitlines()[top]
        await pilot.mouse_down(offset=(line.index("tower"), top))
        await pilot.hover(offset=(line.index("tower"), top + 1))
        await pilot.mouse_up(offset=(line.index("high"), top))
        assert pilot.app.screen.get_selected_text() == "tower is h"
