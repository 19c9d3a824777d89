"""What is selected is copied, what the window is called, and where the help says that keys work."""

import gc

import msgspec
import pytest
from textual.events import AppBlur, AppFocus
from textual.pilot import Pilot
from textual.selection import SELECT_ALL

from qchat.commands import helps
from qchat.protocol.events import StepFinished, Text, ToolFinished, ToolStarted, TurnFinished
from qchat.tui.blocks.answer import AnswerBlock
from qchat.tui.blocks.block import Block
from qchat.tui.blocks.kinds import PromptBlock
from qchat.tui.blocks.tool import ToolBlock
from qchat.tui.transcript.conversation import Conversation
from qchat_tools.parts import TextPart
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, drawn, say, screen, wait_until


async def select(pilot: Pilot[int], first: str, last: str) -> None:
    """Drag over an answer, from one of its words to before another, as a mouse does."""
    lines = screen(pilot).splitlines()
    top = next(n for n, line in enumerate(lines) if first in line)
    await pilot.mouse_down(offset=(lines[top].index(first), top))
    await pilot.hover(offset=(lines[top].index(first) + 1, top))
    await pilot.mouse_up(offset=(lines[top].index(last) - 1, top))
    await pilot.pause()


async def answered(pilot: Pilot[int], text: str = "The tower in Paris is very high.") -> None:
    conversation = pilot.app.query_one(Conversation)
    conversation.begin("go")
    conversation.feed(Text(text, at=1.0))
    conversation.feed(StepFinished(at=1.0))
    conversation.feed(TurnFinished("stop", at=1.0))
    await drawn(pilot)


async def test_ctrl_c_copies_what_is_selected_and_stops_nothing(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await answered(pilot)
        await say_draft(pilot, "draft")
        await select(pilot, "tower", "is very")
        assert pilot.app.clipboard == "", "releasing the button alone copies nothing"
        await pilot.press("ctrl+c")
        await wait_until(pilot, lambda: pilot.app.clipboard == "tower in Paris ")
        assert "draft" in screen(pilot), "the prompt keeps its text"
        assert not pilot.app.screen.get_selected_text()
        await pilot.press("shift+home", "ctrl+c")
        await wait_until(pilot, lambda: pilot.app.clipboard == "draft")
        assert "draft" in screen(pilot)
        await pilot.press("end", "ctrl+c")
        await wait_until(pilot, lambda: "draft" not in screen(pilot))


CODE = "Do:\n\n- a\u2028b\n\n  ```python\n  if x:\n      print(1)\n  ```\n- done\n\nEnd of it.\n"


@pytest.mark.parametrize(
    ("first", "last", "copied"),
    [
        ("if x", "print", "if x:\n    "),
        ("python", "done", "python\nif x:\n    print(1)\n\n• "),
        ("a\u2028b", "if x", "a\u2028b\n\npython"),
        ("done", "of it", "done\n\nEnd "),
    ],
)
async def test_selected_code_can_be_pasted_into_python(
    chats: Chats, first: str, last: str, copied: str
) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await answered(pilot, CODE)
        lines = screen(pilot).split("\n")
        top = next(n for n, line in enumerate(lines) if first in line)
        end = next(n for n, line in enumerate(lines) if last in line and n > top)
        await pilot.mouse_down(offset=(lines[top].index(first), top))
        await pilot.hover(offset=(lines[end].index(last) - 1, end))
        await pilot.mouse_up(offset=(lines[end].index(last) - 1, end))
        assert pilot.app.screen.get_selected_text() == copied


LONG = " ".join(f"word{n}" for n in range(40))
CHINESE = "这是一个没有空格的句子，" * 12
ADDRESS = f"https://example.org/{'path/' * 30}"
CALL = f"total = add({', '.join(f'item_{n}' for n in range(20))})"
SPACES = f"x = '{'a' * 60}{' ' * 80}b'"


@pytest.mark.parametrize(
    "text",
    [LONG, CHINESE, ADDRESS, f"- {LONG}\n- {CHINESE}", f"> {LONG}", f"# {LONG}"],
)
async def test_a_line_that_was_broken_is_copied_as_one(chats: Chats, text: str) -> None:
    async with chats.chat(ScriptedBackend(says("")), size=(60, 40)) as pilot:
        await answered(pilot, text)
        copied = await everything(pilot, AnswerBlock)
        assert copied == text.replace("- ", "• ").replace("> ", "  ").removeprefix("# ")


@pytest.mark.parametrize("line", [CALL, SPACES, ADDRESS])
async def test_code_and_output_that_were_broken_are_copied_as_they_are(
    chats: Chats, line: str
) -> None:
    async with chats.chat(ScriptedBackend(says("")), size=(60, 60)) as pilot:
        await answered(pilot, f"- do\n\n  ```\n  if x:\n      {line}\n  ```\n")
        assert f"if x:\n    {line}" in await everything(pilot, AnswerBlock)
        conversation = pilot.app.query_one(Conversation)
        conversation.begin(f"{LONG}\n    {LONG}")
        conversation.feed(ToolStarted("c", "python", {"code": f"if x:\n    {line}"}, at=1.0))
        printed = f"  {line}\n\n  \x1b[31m{line}\x1b[0m\n"
        conversation.feed(ToolFinished("c", (TextPart(printed, "stdout"),), True, at=2.0))
        conversation.feed(TurnFinished("stop", at=3.0))
        await drawn(pilot)
        for block in pilot.app.query(ToolBlock):
            block.folded = False
        copied = await everything(pilot, ToolBlock)
        assert f"\nif x:\n    {line}\n" in copied
        assert copied.endswith(f"  {line}\n\n  {line}".rstrip())
        assert await everything(pilot, PromptBlock) == f"{LONG}\n    {LONG}"


async def everything(pilot: Pilot[int], kind: type[Block]) -> str:
    """What is copied of the last block of a kind when all of it is selected."""
    block = list(pilot.app.query(kind))[-1]
    await wait_until(pilot, lambda: len(block.lines(block.content_size.width)) > 2)
    selected = block.get_selection(SELECT_ALL)
    assert selected is not None
    return selected[0]


async def say_draft(pilot: Pilot[int], text: str) -> None:
    await pilot.press(*text)
    await wait_until(pilot, lambda: text in screen(pilot))


async def test_copy_on_select_copies_when_the_button_is_released(chats: Chats) -> None:
    chats.settings = msgspec.structs.replace(chats.settings, copy_on_select=True)
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await answered(pilot)
        await select(pilot, "Paris", "very")
        await wait_until(pilot, lambda: pilot.app.clipboard == "Paris is ")


async def test_the_window_is_named_after_its_talk_and_focus_is_heard(chats: Chats) -> None:
    """The title's own sequence is looked at in `unit/test_notifications.py`."""
    async with chats.chat(ScriptedBackend(says("An answer."))) as pilot:
        await say(pilot, "What is new?")
        await wait_until(pilot, lambda: "An answer." in screen(pilot))
        attention = pilot.app.attention  # type: ignore[attr-defined]
        await wait_until(pilot, lambda: attention.named == "What is new? · qchat")
        pilot.app.post_message(AppBlur())
        await wait_until(pilot, lambda: attention.focused is False)
        pilot.app.post_message(AppFocus())
        await wait_until(pilot, lambda: attention.focused is True)


async def test_the_help_says_where_a_key_works(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("")), size=(80, 24)) as pilot:
        await pilot.press("f1")
        await wait_until(pilot, lambda: "While you write" in screen(pilot))
        seen = screen(pilot)
        for _ in range(8):
            await pilot.press("pagedown")
            await pilot.pause()
            seen += screen(pilot)
        for place in ("While you write", "Everywhere", "On a block", "Commands"):
            assert place in seen
        assert seen.index("While you write") < seen.index("Everywhere") < seen.index("On a block")


async def test_the_list_of_commands_shows_all_and_scrolls(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("")), size=(80, 24)) as pilot:
        await pilot.press("slash")
        await wait_until(pilot, lambda: "/help" in screen(pilot) or "/think" in screen(pilot))
        seen: set[str] = set()
        for _ in range(len(helps())):
            seen |= {
                word
                for line in screen(pilot).splitlines()
                for word in line.split()[:1]
                if word.startswith("/")
            }
            await pilot.press("down")
            await pilot.pause()
        missing = {head.split()[0] for head, _ in helps()} - seen
        assert not missing, f"never shown: {missing}"
        await pilot.press(*"cmp")
        await wait_until(pilot, lambda: "/compact" in screen(pilot) or "/compare" in screen(pilot))


async def test_work_that_never_begins_leaves_nothing_behind(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend()) as pilot:
        pilot.app.copy_to_clipboard("x")
        pilot.app.workers.cancel_all()
    gc.collect()  # a coroutine that nobody awaits warns, and a warning is an error
