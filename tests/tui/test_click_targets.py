"""Links, citations and code in blocks: marked by keys, pressed, copied, run; text selected."""

from collections.abc import Iterator

import pytest
from textual.events import Key
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
        assert "row[2] nor" in " ".join(shown.split())
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
        await pilot.press("right", "right", "right", "r", "r", "y", "right", "y", "right", "y")
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


LONG = "Start of a long answer.\n\n" + "".join(
    "".join(f"Paragraph {n}.{m} with words.\n\n" for m in range(14))
    + f"```python\nprint('code block {n}')\n```\n\n"
    for n in range(1, 6)
)


async def fed(pilot: Pilot[int], text: str) -> AnswerBlock:
    conversation = pilot.app.query_one(Conversation)
    conversation.begin("go")
    for start in range(0, len(text), 50):
        conversation.feed(Text(text[start : start + 50], at=1.0))
    conversation.feed(TurnFinished("stop", at=2.0))
    await drawn(pilot)
    block = conversation.query(AnswerBlock).last()
    pilot.app.screen.set_focus(block)
    await wait_until(pilot, lambda: block.has_focus)
    return block


async def test_what_is_marked_is_in_view(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("")), size=(80, 24)) as pilot:
        await fed(pilot, LONG)
        await wait_until(pilot, lambda: pilot.app.query_one(Conversation).max_scroll_y > 0)
        for number in (1, 2, 3, 4, 5, 4):
            await pilot.press("left" if number == 4 and "block 5" in screen(pilot) else "right")
            await wait_until(pilot, lambda n=number: f"print('code block {n}')" in screen(pilot))


async def test_a_key_leads_to_a_block_at_once(chats: Chats) -> None:
    """Where the next key leads depends on where the view stands, so it moves at no time."""
    async with chats.chat(ScriptedBackend(says("")), size=(80, 24)) as pilot:
        await fed(pilot, LONG)
        conversation = pilot.app.query_one(Conversation)
        pilot.app.layout.prompt.enter()
        await pilot.press("ctrl+end")
        await wait_until(pilot, lambda: "block 5" in screen(pilot))
        places = {conversation.scroll_y}

        def moved(y: float) -> None:
            places.add(y)

        pilot.app.watch(conversation, "scroll_y", moved)
        for key in ("shift+tab", "right"):
            pilot.app.post_message(Key(key, None))
        await wait_until(pilot, lambda: "print('code block 1')" in screen(pilot))
        assert len(places) <= 3, "the end, the block, the code in it"


async def test_the_code_that_is_marked_is_what_is_copied_and_run(
    chats: Chats, pressed: list[list[Block]]
) -> None:
    (sent,) = pressed
    text = (
        "One:\n\n    indented one\n\n    still one\n\nTwo:\n\n```python\nprint('two')\n```\n\n"
        "1. in a list\n\n   ~~~sh\n   make\tall\n   ~~~\n\n> ```\n> quoted\n> ```\n\n"
        "```bash\necho three\n```"
    )
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await fed(pilot, text)
        for _ in range(5):
            await pilot.press("right", "y", "r", "r")
        copied = [m.text for m in sent if isinstance(m, Block.Copied)]
        assert copied == [
            "indented one\n\nstill one\n", "print('two')\n", "make\tall\n", "quoted\n",
            "echo three\n",
        ]  # fmt: skip
        run = [(m.language, m.code) for m in sent if isinstance(m, Block.CodePressed)]
        assert run == list(zip(["", "python", "sh", "", "bash"], copied, strict=True))


async def test_a_terminal_selects_text_without_the_frame(chats: Chats) -> None:
    """No letter stands at the start of a line that is not the conversation's own."""
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await fed(pilot, "words\n\n> quoted\n\n```python\nx = 1\n```\n\n| a |\n|---|\n| 1 |")
        lines = [line for line in screen(pilot).splitlines() if line.strip()]
        begins = [next(line for line in lines if word in line) for word in ("go", "words", "x = 1")]
        begins.append(next(line for line in lines if "quoted" in line))
        assert all(line.lstrip()[0].isalnum() for line in begins)
