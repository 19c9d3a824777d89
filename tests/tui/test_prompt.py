"""What goes along with a prompt, waits, is offered; and the switch beside it."""

import asyncio
from pathlib import Path

import pytest
from textual.events import Paste

from qchat.protocol.events import Text
from qchat.tui.blocks.kinds import AttachedBlock, PromptBlock
from qchat.tui.input.queue import Queue
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, idle, say, screen, wait_until


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "work"
    place.mkdir()
    (place / "notes.txt").write_text("The parrot is called Zubiko.\n```\nfence\n")
    (place / "data.bin").write_bytes(b"\xff\x00\xfe")
    (place / "sub").mkdir()
    (place / "sub" / "deep file.md").write_text("deep")
    monkeypatch.chdir(place)
    return place


async def test_a_named_file_is_sent_fenced_and_kept(chats: Chats, folder: Path) -> None:
    backend = ScriptedBackend(says("answer"), says("again"))
    async with chats.chat(backend) as pilot:
        pilot.app.layout.prompt.put("who is in @notes.txt?")
        await pilot.press("enter")
        await idle(pilot)
        (message,) = backend.requests[0].messages
        assert "Attached file notes.txt:\n````\nThe parrot" in message.sent
        assert message.sent.endswith("fence\n\n````")
        assert "attached notes.txt · 3 lines" in screen(pilot)
        session = pilot.app.session.id
        (folder / "notes.txt").unlink()
        await say(pilot, "and?")
        await idle(pilot)
        assert "parrot" in backend.requests[1].messages[0].sent, "the next turn still has it"
    async with chats.chat(backend, session) as pilot:
        await wait_until(pilot, lambda: "attached notes.txt" in screen(pilot))
        pilot.app.query_one(AttachedBlock).folded = False
        await wait_until(pilot, lambda: "The parrot is called" in screen(pilot))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("see @data.bin", "is not a text file"),
        ("see @big.txt", "at most"),
    ],
)
async def test_a_file_that_cannot_go_along_is_named(
    chats: Chats, folder: Path, text: str, problem: str
) -> None:
    (folder / "big.txt").write_text("x" * 300_000)
    backend = ScriptedBackend(says("answer"))
    async with chats.chat(backend) as pilot:
        pilot.app.layout.prompt.put(text)
        await pilot.press("enter")
        await wait_until(pilot, lambda: problem in " ".join(screen(pilot).split()))
        assert pilot.app.layout.prompt.text == text, "nothing is lost"
        assert not backend.requests


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("see @gone.txt", "File not found: gone.txt. It was sent as text"),
        ("see @sub", "@sub is a folder"),
        ("npm i @types/node", ""),
        ('@app.get("/x")\n@pytest.fixture\ndef f(): ...', ""),
        ("mail @someone about @example.com and x@y.txt", ""),
        ("/tmp is full?", ""),
        ("/etc/hosts says what?", ""),
    ],
)
async def test_what_is_no_file_and_no_command_is_sent_as_text(
    chats: Chats, folder: Path, text: str, remark: str
) -> None:
    backend = ScriptedBackend(says("answer"))
    async with chats.chat(backend) as pilot:
        pilot.app.layout.prompt.put(text)
        await pilot.press("enter")
        await idle(pilot)
        assert backend.requests[0].messages[0].text == text
        shown = " ".join(screen(pilot).replace("▌", "").split())
        assert remark in shown
        assert bool(remark) or "as text" not in shown


async def test_paths_are_completed(chats: Chats, folder: Path) -> None:
    async with chats.chat(ScriptedBackend(says("answer"))) as pilot:
        prompt = pilot.app.layout.prompt
        prompt.put("see @s")
        await wait_until(pilot, lambda: prompt.completing)
        await pilot.press("tab")
        await wait_until(pilot, lambda: prompt.text == "see @sub/" and prompt.completing)
        await wait_until(pilot, lambda: "deep file" in screen(pilot))
        await pilot.press("tab")
        await wait_until(pilot, lambda: prompt.text == 'see @"sub/deep file.md" ')
        await pilot.press("enter")
        await idle(pilot)
        assert "attached sub/deep file.md" in screen(pilot)


async def test_every_file_is_offered_behind_the_last_sign(chats: Chats, folder: Path) -> None:
    """Eight were, and none where another file was named before."""
    for number in range(40):
        (folder / "sub" / f"z{number:02}.txt").touch()
    async with chats.chat(ScriptedBackend(says("answer"))) as pilot:
        prompt = pilot.app.layout.prompt
        prompt.put("compare @notes.txt with @sub/z")
        await wait_until(pilot, lambda: prompt.completing and "sub/z00.txt" in screen(pilot))
        assert "sub/z39.txt" not in screen(pilot)
        await pilot.press("up")
        await wait_until(pilot, lambda: "sub/z39.txt" in screen(pilot))


async def test_known_folders_are_completed(
    chats: Chats, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with chats.chat(ScriptedBackend(says("answer"))) as pilot:
        pilot.app.workspace.library.add(tmp_path_factory.mktemp("manual"), "manual")
        prompt = pilot.app.layout.prompt
        prompt.put("ask @kn")
        await wait_until(pilot, lambda: prompt.completing)
        await wait_until(pilot, lambda: "@know:manual" in screen(pilot))
        await pilot.press("tab")
        await wait_until(pilot, lambda: prompt.text == "ask @know:manual ")


async def test_a_long_paste_becomes_an_attachment(chats: Chats) -> None:
    backend = ScriptedBackend(says("answer"), says("comment"))
    async with chats.chat(backend) as pilot:
        text = "\n".join(f"line {n}" for n in range(40))
        for _ in range(2):
            pilot.app.post_message(Paste(text))
        pilot.app.post_message(Paste("short"))
        await wait_until(pilot, lambda: "pasted-2.txt · 40 lines" in screen(pilot))
        await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "short")
        await pilot.press(*["backspace"] * 6)  # in an empty prompt it removes what goes along
        await wait_until(pilot, lambda: "pasted-2.txt" not in screen(pilot))
        await say(pilot, "/context")
        await wait_until(pilot, lambda: "attachments" in screen(pilot))
        await say(pilot, "what?")
        await idle(pilot)
        assert "Attached file pasted-1.txt:\n```\nline 0\n" in backend.requests[0].messages[0].sent
        assert "attached pasted-1.txt · 40 lines" in screen(pilot)
        assert "✕" not in screen(pilot)
        pilot.app.post_message(Paste(text.replace("line", "row")))
        await wait_until(pilot, lambda: "✕" in screen(pilot))
        await say(pilot, "/ask-other demo Does this fit?")  # it goes along with a command, too
        await idle(pilot)
        assert "\nrow 39\n" in backend.requests[1].messages[-1].sent
        assert "✕" not in screen(pilot)


async def test_a_run_says_how_to_reach_it_and_reports_when_it_is_stopped(chats: Chats) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([Text("slow"), gate, *says("")], says("later"))
    async with chats.chat(backend) as pilot:
        await say(pilot, "/goal Do it.")
        await wait_until(pilot, lambda: "slow" in screen(pilot))
        await say(pilot, "Do it otherwise.")
        await wait_until(pilot, lambda: "/goal say TEXT tells the model now" in screen(pilot))
        await pilot.press("escape")
        await wait_until(pilot, lambda: "Goal not reached: stopped by you" in screen(pilot))
        await idle(pilot)
        assert screen(pilot).count("Goal not reached") == 1


async def test_waiting_prompts_are_seen_edited_and_removed(chats: Chats) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([Text("slow"), gate, *says("")], says("next"), says("last"))
    async with chats.chat(backend) as pilot:
        await say(pilot, "first")
        await wait_until(pilot, lambda: "slow" in screen(pilot))
        for text in ("aa", "bb", "cc"):
            await say(pilot, text)
        await wait_until(pilot, lambda: "waits: cc" in screen(pilot))
        assert "waits: aa" in screen(pilot)
        await pilot.press("alt+q", "delete")
        await wait_until(pilot, lambda: "waits: aa" not in screen(pilot))
        await pilot.press("enter")  # the one that is now first
        await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "bb")
        await pilot.press("X", "enter")
        await wait_until(pilot, lambda: "waits: bbX" in screen(pilot))
        gate.set()
        await idle(pilot)
        sent = [block.source for block in pilot.app.query(PromptBlock)]
        assert sent == ["first", "cc", "bbX"]
        assert not pilot.app.query_one(Queue).display


async def test_the_switch_beside_the_prompt_is_for_one_message(chats: Chats) -> None:
    backend = ScriptedBackend(says("answer"))
    async with chats.chat(backend) as pilot:
        await pilot.press("alt+t")
        await wait_until(pilot, lambda: "no think once" in screen(pilot))
        await say(pilot, "a")
        await idle(pilot)
        await say(pilot, "b")
        await idle(pilot)
        await pilot.click("#think")
        await pilot.click("#think")
        await say(pilot, "c")
        await idle(pilot)
        assert [request.think for request in backend.requests] == [False, True, True]


async def test_earlier_prompts_come_back_in_every_session(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("answer"))) as pilot:
        await say(pilot, "in one session")
        await idle(pilot)
    async with chats.chat(ScriptedBackend(says("answer"))) as pilot:
        await wait_until(pilot, lambda: bool(pilot.app.layout.prompt.past.found("session")))
        await pilot.press("up")
        assert pilot.app.layout.prompt.text == "in one session"


async def test_the_caret_stands_behind_wide_and_joined_letters(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("answer"))) as pilot:
        prompt = pilot.app.layout.prompt
        for text, cells in (("你好", 4), ("שלום", 4), ("e\u0301", 1), ("日本é", 5)):
            prompt.put(text)
            await pilot.pause()
            left = prompt.content_region.x
            assert prompt.cursor_screen_offset.x - left == cells, text


async def test_why_a_prompt_was_not_sent_is_seen_from_wherever_one_reads(
    chats: Chats, folder: Path
) -> None:
    async with chats.chat(ScriptedBackend(says("- a line\n" * 100))) as pilot:
        await say(pilot, "tell")
        await idle(pilot)
        await pilot.press("pageup", "pageup")
        (folder / "no_text.txt").write_bytes(b"\xff\x00\xfe")
        pilot.app.layout.prompt.put("see @no_text.txt")
        await pilot.press("enter")
        await wait_until(pilot, lambda: "no_text.txt is not a text file" in screen(pilot))
