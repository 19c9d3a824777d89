"""Prompts edited, repeated, forked: every branch stays and can be reached."""

from textual.pilot import Pilot

from qchat.tui.blocks.kinds import PromptBlock
from qchat.tui.input.mode_bar import ModeBar
from qchat.tui.input.prompt import Prompt
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, idle, say, screen, wait_until


def prompts(pilot: Pilot[int]) -> list[str]:
    return [block.source for block in pilot.app.query(PromptBlock)]


async def three_turns(pilot: Pilot[int]) -> None:
    for text in ("one", "two", "three"):
        await say(pilot, text)
        await idle(pilot)


async def test_an_edited_prompt_is_a_branch_and_the_old_one_a_key_away(chats: Chats) -> None:
    backend = ScriptedBackend(*(says(f"answer {n}") for n in range(1, 6)))
    async with chats.chat(backend) as pilot:
        await three_turns(pilot)
        await say(pilot, "/edit 2")
        assert pilot.app.layout.prompt.text == "two"
        assert "instead of prompt 2" in screen(pilot)
        await pilot.press("X", "enter")
        await idle(pilot)
        assert prompts(pilot) == ["one", "twoX"]
        assert "2 of 2" in screen(pilot)
        assert "answer 4" in screen(pilot)
        sent = [m.text for m in backend.requests[-1].messages if hasattr(m, "text")]
        assert sent == ["one", "answer 1", "twoX"], "what was replaced is not sent"
        pilot.app.screen.set_focus(pilot.app.query(PromptBlock).last())
        await pilot.press("left")
        await wait_until(pilot, lambda: prompts(pilot) == ["one", "two", "three"])
        await wait_until(pilot, lambda: "1 of 2" in screen(pilot))
        await wait_until(pilot, lambda: "answer 3" in screen(pilot))
        await pilot.press("right")
        await wait_until(pilot, lambda: prompts(pilot) == ["one", "twoX"])


async def test_a_prompt_is_taken_out_by_a_key_and_comes_back(chats: Chats) -> None:
    backend = ScriptedBackend(*(says(f"answer {n}") for n in range(1, 6)))
    async with chats.chat(backend) as pilot:
        await three_turns(pilot)
        pilot.app.screen.set_focus(list(pilot.app.query(PromptBlock))[1])
        await pilot.press("d")
        await wait_until(pilot, lambda: "D again: take this prompt" in screen(pilot))
        assert prompts(pilot) == ["one", "two", "three"], "a letter alone takes nothing away"
        await pilot.press("d")
        await wait_until(pilot, lambda: prompts(pilot) == ["one"])
        assert "Prompt 2 and the 1 behind it left the conversation" in screen(pilot)
        await say(pilot, "four")
        await idle(pilot)
        sent = [m.text for m in backend.requests[-1].messages if hasattr(m, "text")]
        assert sent == ["one", "answer 1", "four"], "what was deleted is not sent"
        await say(pilot, "/undelete")
        await wait_until(pilot, lambda: prompts(pilot) == ["one", "two", "three"])


async def test_escape_leaves_the_prompt_as_it_was(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("answer"))) as pilot:
        await say(pilot, "one")
        await idle(pilot)
        await say(pilot, "/edit")
        await pilot.press("escape")
        assert pilot.app.layout.prompt.text == ""
        assert "instead of" not in screen(pilot)
        await say(pilot, "two")
        await idle(pilot)
        assert prompts(pilot) == ["one", "two"]


async def test_retry_asks_again_by_command_and_by_key(chats: Chats) -> None:
    backend = ScriptedBackend(*(says(f"answer {n}") for n in range(1, 6)))
    async with chats.chat(backend) as pilot:
        await three_turns(pilot)
        await say(pilot, "/retry")
        await idle(pilot)
        assert "answer 4" in screen(pilot)
        assert "answer 3" not in screen(pilot)
        assert "2 of 2" in screen(pilot)
        pilot.app.screen.set_focus(pilot.app.query(PromptBlock).first())
        await pilot.press("t")
        await idle(pilot)
        assert prompts(pilot) == ["one"]
        assert "answer 5" in screen(pilot)
        await say(pilot, "/branch")
        await wait_until(pilot, lambda: "1: 3 turns, the last: three" in screen(pilot))
        assert "* 3: 1 turn, the last: one" in screen(pilot)
        await say(pilot, "/branch 1")
        await wait_until(pilot, lambda: prompts(pilot) == ["one", "two", "three"])


async def test_a_fork_goes_on_elsewhere_and_comes_back_after_a_restart(chats: Chats) -> None:
    backend = ScriptedBackend(*(says(f"answer {n}") for n in range(1, 6)))
    async with chats.chat(backend) as pilot:
        await three_turns(pilot)
        await say(pilot, "/fork 1")
        await wait_until(pilot, lambda: prompts(pilot) == ["one"])
        await say(pilot, "other")
        await idle(pilot)
        session = pilot.app.session.id
    async with chats.chat(backend, session) as pilot:
        await wait_until(pilot, lambda: prompts(pilot) == ["one", "other"])
        await wait_until(pilot, lambda: "2 of 2" in screen(pilot))
        await say(pilot, "/branch 1")
        await wait_until(pilot, lambda: prompts(pilot) == ["one", "two", "three"])


async def test_what_cannot_be_is_said(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("answer"))) as pilot:
        for line, problem in (
            ("/retry", "There is no prompt yet"),
            ("/edit 7", "There is no prompt yet"),
            ("/fork x", "There is no prompt yet"),
            ("/branch 2", "There is no branch 2"),
        ):
            await say(pilot, line)
            await wait_until(pilot, lambda problem=problem: problem in screen(pilot))


async def test_what_an_edit_leaves_behind_can_be_taken_back(chats: Chats) -> None:
    left: list[str] = []
    async with chats.chat(ScriptedBackend(says("answer"))) as pilot:

        async def note(turns: object) -> None:
            left.extend(turn.prompt for turn in turns)  # type: ignore[attr-defined]

        pilot.app.session.cursor.abandoned = note
        await three_turns(pilot)
        await say(pilot, "/edit 2 new")
        await idle(pilot)
        assert left == ["two", "three"]
        assert prompts(pilot) == ["one", "new"]


async def test_the_mode_of_blocks_ends_with_the_last_block(chats: Chats) -> None:
    """A block that is taken out says nothing when it loses the keys: the line stayed."""
    async with chats.chat(ScriptedBackend(says("an answer"))) as pilot:
        await say(pilot, "one")
        await idle(pilot)
        bar = pilot.app.query_one(ModeBar)
        await pilot.press("shift+tab", "up")
        await wait_until(pilot, lambda: bar.display)
        await pilot.press("d", "d")
        await wait_until(pilot, lambda: "/undelete" in screen(pilot) and not bar.display)
        await pilot.press("h", "i")
        await wait_until(pilot, lambda: pilot.app.query_one(Prompt).text == "hi")
