"""The terminal interface, key by key."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import closing
from itertools import pairwise

import pytest
from rich.cells import cell_len
from textual.events import Paste
from textual.pilot import Pilot

from qchat.backends.base import Request
from qchat.commands import Completion
from qchat.protocol.errors import ConnectionFailed, StatusError, UsageError
from qchat.protocol.event_values import Timings, Usage
from qchat.protocol.events import (
    Event,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
)
from qchat.store import Store
from qchat.tui.blocks.answer import AnswerBlock
from qchat.tui.blocks.block import Block
from qchat.tui.blocks.kinds import NoticeBlock, PromptBlock, ThinkingBlock
from qchat.tui.blocks.tool import ToolBlock
from qchat.tui.input.completions import Completions
from qchat.tui.input.prompt import Prompt
from qchat.tui.status import Status
from qchat.tui.transcript.conversation import Conversation
from qchat_tools.parts import TextPart
from tests.scripted import ScriptedBackend, calls, says
from tests.tui.conftest import Chats, drawn, idle, say, screen, wait_until

THOUGHT = "First I think.\nThen I think again.\nA third line.\nA fourth.\nAnd a fifth."
DONE = StepFinished(Usage(90, 12, 7, 70), Timings(0.1, 1.0, 55.0))


def thinks(then: list[Event]) -> list[Event]:
    pieces: list[Event] = [Thinking(word) for word in THOUGHT.split(" ")]
    spaced = [Thinking(f"{piece.text} ") for piece in pieces]
    return [*spaced, *then]


def blocks(pilot: Pilot[int]) -> list[Block]:
    """The blocks of turns, without what the interface itself has to say at the start."""
    found = [*pilot.app.query(Block)]
    first = next((n for n, b in enumerate(found) if isinstance(b, PromptBlock)), len(found))
    return found[first:]


def kinds(pilot: Pilot[int]) -> list[type[Block]]:
    return [type(block) for block in blocks(pilot)]


async def test_blocks_stand_in_the_order_in_which_it_happened(chats: Chats) -> None:
    call = [ToolDraft("c", "nope", '{"x": 1}'), StepFinished(reason="tool_calls")]
    backend = ScriptedBackend(thinks(call), thinks([Text("It is *done*."), DONE]))
    async with chats.chat(backend) as pilot:
        await say(pilot, "go on")
        await idle(pilot)
        expected = [PromptBlock, ThinkingBlock, ToolBlock, ThinkingBlock, AnswerBlock]
        assert kinds(pilot) == expected
        tops = [block.region.y for block in blocks(pilot)]
        assert all(upper < lower for upper, lower in pairwise(tops))
        shown = screen(pilot)
        assert "It is done." in shown
        assert "✗ nope" in shown


async def test_a_call_that_was_not_run_does_not_look_done(chats: Chats) -> None:
    call = [ToolDraft("c", "python", '{"code": "pri'), StepFinished(reason="length")]
    async with chats.chat(ScriptedBackend(call)) as pilot:
        await say(pilot, "go on")
        await idle(pilot)
        assert "✗ python" in screen(pilot)
        shown = " ".join(screen(pilot).replace("▌", "").split())
        assert "the call that it was writing was not run" in shown


async def test_thinking_is_live_then_folds_and_opens_again(chats: Chats) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([*thinks([]), gate, Text("Done."), DONE])
    async with chats.chat(backend) as pilot:
        await say(pilot, "go")
        await wait_until(pilot, lambda: "And a fifth." in screen(pilot))
        assert "First I think." not in screen(pilot), "only the last four lines are live"
        gate.set()
        await idle(pilot)
        assert "Thought for" in screen(pilot)
        assert "7 tokens" in screen(pilot)
        assert "And a fifth." not in screen(pilot)
        await pilot.press("shift+tab", "up", "space")
        await drawn(pilot)
        assert "First I think." in screen(pilot)
        assert "And a fifth." in screen(pilot)
        await pilot.press("enter")
        await drawn(pilot)
        assert "And a fifth." not in screen(pilot)


async def test_one_key_opens_and_folds_all_of_a_kind(chats: Chats) -> None:
    call = calls(("c", "nope", '{"x": 1}'))
    backend = ScriptedBackend(thinks(call), thinks(says("done")))
    async with chats.chat(backend) as pilot:
        await say(pilot, "go")
        await idle(pilot)
        await pilot.press("ctrl+t")
        await drawn(pilot)
        assert screen(pilot).count("And a fifth.") == 2
        await pilot.press("ctrl+o")
        await drawn(pilot)
        assert "Error: there is no tool 'nope'" in screen(pilot)
        await pilot.press("ctrl+t", "ctrl+o")
        await drawn(pilot)
        assert "And a fifth." not in screen(pilot)
        assert '"x": 1' not in screen(pilot)


async def test_the_same_blocks_stand_there_after_a_restart(chats: Chats) -> None:
    backend = ScriptedBackend(
        thinks(calls(("c", "nope", '{"x": 1}'))),
        thinks([Text("| a | b |\n|---|---|\n| 1 | 2 |"), DONE]),
    )
    async with chats.chat(backend) as pilot:
        await say(pilot, "go")
        await idle(pilot)
        before = [block.lines(80) for block in blocks(pilot)]
        id_ = pilot.app.session.id
    async with chats.chat(ScriptedBackend(says("")), id_) as pilot:
        await drawn(pilot)
        assert [block.lines(80) for block in blocks(pilot)] == before


async def test_escape_stops_and_keeps_what_was_streamed(chats: Chats) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([Text("so far "), gate, Text("never")], says("and on"))
    async with chats.chat(backend) as pilot:
        await say(pilot, "go")
        await backend.reached.wait()
        await pilot.press("escape")
        await idle(pilot)
        assert "so far" in screen(pilot)
        assert "stopped" in screen(pilot)
        await say(pilot, "go on")
        await idle(pilot)
        assert "and on" in screen(pilot)
        assert "never" not in screen(pilot)


async def test_prompts_wait_while_the_model_is_busy(chats: Chats) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([gate, *says("one")], says("two"))
    async with chats.chat(backend) as pilot:
        await say(pilot, "first")
        await backend.reached.wait()
        await say(pilot, "second")
        await say(pilot, "third")
        await wait_until(pilot, lambda: "waits: second" in screen(pilot))
        await wait_until(pilot, lambda: "waits: third" in screen(pilot))
        await pilot.press("up")
        await wait_until(pilot, lambda: pilot.app.query_one(Prompt).text == "third")
        await wait_until(pilot, lambda: "waits: third" not in screen(pilot))
        gate.set()
        await idle(pilot)
        prompts = [block.source for block in blocks(pilot) if isinstance(block, PromptBlock)]
        assert prompts == ["first", "second"]


async def test_the_first_frame_does_not_wait_for_the_engine(chats: Chats) -> None:
    never = asyncio.Event()

    class Slow(ScriptedBackend):
        async def start(self) -> None:
            await never.wait()

    async with chats.chat(Slow(says("hello"))) as pilot:
        await say(pilot, "hi")
        await idle(pilot)
        assert "hello" in screen(pilot)
        never.set()


async def test_what_cannot_start_is_said(chats: Chats) -> None:
    class Broken(ScriptedBackend):
        async def start(self) -> None:
            raise ConnectionFailed("nobody listens there")

    async with chats.chat(Broken(says("hello"))) as pilot:
        await wait_until(pilot, lambda: "nobody listens there" in screen(pilot))


async def test_the_view_stays_where_the_reader_is(chats: Chats) -> None:
    gate = asyncio.Event()
    long = "\n\n".join(f"paragraph {n}" for n in range(60))
    backend = ScriptedBackend([Text(long), gate, Text("\n\nthe end"), DONE])
    async with chats.chat(backend, size=(80, 24)) as pilot:
        await say(pilot, "go")
        await wait_until(pilot, lambda: "paragraph 59" in screen(pilot))
        conversation = pilot.app.query_one(Conversation)
        end = conversation.scroll_offset.y
        await pilot.press("pageup")
        await wait_until(pilot, lambda: conversation.scroll_offset.y < end)
        place = conversation.scroll_offset.y
        gate.set()
        await idle(pilot)
        await wait_until(pilot, lambda: "new below" in screen(pilot))
        assert conversation.scroll_offset.y == place
        await pilot.press("ctrl+end")
        await wait_until(pilot, lambda: "the end" in screen(pilot))
        await wait_until(pilot, lambda: "new below" not in screen(pilot))


async def test_the_view_follows_a_reader_at_the_end(chats: Chats) -> None:
    backend = ScriptedBackend([*(Text(f"paragraph {n}\n\n") for n in range(60)), *says("the end")])
    async with chats.chat(backend, size=(80, 24)) as pilot:
        await say(pilot, "go")
        await idle(pilot)
        await wait_until(pilot, lambda: "the end" in screen(pilot))


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("/no_think", "no think"),
        ("/budget 64", "≤ 64"),
        ("/nope", "Unknown command: /nope"),
        ("/backend nope", "Unknown backend 'nope'"),
        ("/budget x", "The budget is a number"),
        ("/tools", "no tools"),
    ],
)
async def test_commands(chats: Chats, line: str, shown: str) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await say(pilot, line)
        await wait_until(pilot, lambda: shown in screen(pilot))


async def test_a_command_is_completed_by_tab(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await pilot.press("slash", "n", "o")
        await wait_until(pilot, lambda: "/no_think" in screen(pilot))
        await pilot.press("tab")
        await wait_until(pilot, lambda: pilot.app.query_one(Prompt).text == "/no_think ")


async def test_what_is_offered_stands_in_columns_in_chinese_too(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        offered = [Completion("@说明书说明书", "about A"), Completion("@ab", "about B")]
        pilot.app.query_one(Completions).offer(offered, "@")
        await wait_until(pilot, lambda: "about B" in screen(pilot))
        lines = [line.partition("about ") for line in screen(pilot).splitlines()]
        assert len({cell_len(before) for before, found, _ in lines if found}) == 1


async def test_the_list_of_completions_is_walked_and_closed(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        prompt = pilot.app.query_one(Prompt)
        await pilot.press("slash", "b")
        await wait_until(pilot, lambda: "/budget" in screen(pilot))
        await pilot.press("down", "tab")
        await wait_until(pilot, lambda: prompt.text == "/backend ")
        await wait_until(pilot, lambda: "/backend demo" in screen(pilot))
        await pilot.press("escape")
        await wait_until(pilot, lambda: "/backend demo" not in screen(pilot))
        assert prompt.text == "/backend "


async def test_help_names_commands_and_keys(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        await say(pilot, "/help")
        await wait_until(pilot, lambda: "answer now" in screen(pilot))
        await pilot.press("escape")
        await wait_until(pilot, lambda: "answer now" not in screen(pilot))


async def test_sessions_are_found_and_opened(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("quetzal"))) as pilot:
        await say(pilot, "alpha")
        await idle(pilot)
        await say(pilot, "/new")
        await wait_until(pilot, lambda: "quetzal" not in screen(pilot))
        await say(pilot, "beta")
        await idle(pilot)
        await say(pilot, "/sessions")
        await wait_until(pilot, lambda: "alpha" in screen(pilot))
        await pilot.press("down", "enter")
        await wait_until(pilot, lambda: [b.source for b in blocks(pilot)] == ["alpha", "quetzal"])
        await pilot.press(*"/sessions ", *"Bet")  # offered by its title, as it has no other name
        await wait_until(pilot, lambda: "beta" in screen(pilot))
        await pilot.press("down", "tab", "enter")
        await wait_until(pilot, lambda: [b.source for b in blocks(pilot)][:1] == ["beta"])


async def test_a_session_in_which_nothing_was_said_leaves_nothing(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        id_ = pilot.app.session.id
    store = Store(chats.paths.sessions_db)
    with pytest.raises(UsageError):
        store.session("default", id_)
    store.close()
    assert not any(chats.paths.work_dir.glob("*"))


async def test_a_question_waits_for_an_answer(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        asked = pilot.app.run_worker(
            pilot.app.layout.questions.ask("Delete [b]everything[/b]?\x1b[2J")
        )
        await wait_until(pilot, lambda: "Delete [b]everything[/b]?␛[2J" in screen(pilot))
        await pilot.press("ctrl+g", "a")
        assert await asked.wait() == "session"


async def test_a_failure_of_the_server_is_shown(chats: Chats) -> None:
    refused = StatusError("the server is gone", 410)
    async with chats.chat(ScriptedBackend([Text("so far"), refused])) as pilot:
        await say(pilot, "go")
        await idle(pilot)
        assert kinds(pilot) == [PromptBlock, AnswerBlock, NoticeBlock]
        assert "the server is gone" in screen(pilot)


async def test_several_lines_and_earlier_prompts(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await say(pilot, "one\ntwo")
        await idle(pilot)
        assert blocks(pilot)[0].source == "one\ntwo"
        await pilot.press("up")
        assert pilot.app.query_one(Prompt).text == "one\ntwo"


async def test_the_status_line_tells_how_it_stands(chats: Chats) -> None:
    backend = ScriptedBackend([Text("ok"), DONE], context=8192)
    async with chats.chat(backend, size=(140, 30)) as pilot:
        await say(pilot, "go")
        await idle(pilot)
        status = screen(pilot).splitlines()[-1]
        for what in ("scripted · script", "think", "▱▱▱▱▱▱ 2% · 99"):
            assert what in status
        assert pilot.app.query_one(Status).region.height == 1
        await pilot.press("f10")
        for what in ("99 of 6,144 tokens", "70 of them reused", "55.0 tokens per second"):
            await wait_until(pilot, lambda what=what: what in screen(pilot))


HOSTILE = {
    "escape sequences": "\x1b[2J\x1b]0;title\x07\x9b31mred",
    "console markup": "[bold red]markup[/] [@click=app.quit]quit[/]",
    "a long line": "".join(f"{n:x}" for n in range(25_000)),
    "zero width": "\u200b" * 5_000 + "seen",
    "nesting": "> " * 300 + "deep",
    "nested lists": "\n".join("  " * n + "- item" for n in range(200)),
    "brackets": "[" * 3_000,
    "an open fence": "```python\nprint(1)",
    "a table": "| a |\n|---|\n" + "| x |\n" * 300,
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_text_is_shown_as_text(chats: Chats, name: str) -> None:
    text = HOSTILE[name]
    backend = ScriptedBackend([Thinking(text), Text(text), Text("\n\nstill here"), DONE])
    async with chats.chat(backend) as pilot:
        await say(pilot, "go")
        await idle(pilot)
        await pilot.press("ctrl+t")
        await drawn(pilot)
        await pilot.press("ctrl+t", "ctrl+end")
        await wait_until(pilot, lambda: "still here" in screen(pilot))
        assert not any(c in screen(pilot) for c in "\x1b\x07\x9b")


async def test_it_fits_a_tiny_terminal_and_a_resize_while_streaming(chats: Chats) -> None:
    gate = asyncio.Event()
    words = [Text(f"word{n} ") for n in range(80)]
    backend = ScriptedBackend([*words, gate, *says("the end")])
    async with chats.chat(backend, size=(40, 12)) as pilot:
        await say(pilot, "go")
        await backend.reached.wait()
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        await pilot.resize_terminal(40, 12)
        gate.set()
        await idle(pilot)
        await wait_until(pilot, lambda: "the end" in screen(pilot))
        assert all(len(line) <= 40 for line in screen(pilot).splitlines())


async def test_a_stopped_turn_takes_its_question_along(chats: Chats) -> None:
    class Asking(ScriptedBackend):
        async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
            yield Text(f"you said {await pilot.app.session.ask('May I?')}")

    async with chats.chat(Asking()) as pilot:
        await say(pilot, "go")
        await wait_until(pilot, lambda: "May I?" in screen(pilot))
        await pilot.press("ctrl+c")
        await idle(pilot)
        assert not pilot.app.layout.questions.display
        assert "stopped" in screen(pilot)


async def test_output_is_shown_by_its_end_while_it_comes_and_whole_later(chats: Chats) -> None:
    output = "".join(f"line {n}\n" for n in range(100))
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        conversation = pilot.app.query_one(Conversation)
        conversation.begin("go")
        conversation.feed(ToolStarted("c", "python", {"code": "x"}))
        conversation.feed(ToolProgress("c", TextPart(output, "stdout")))
        await wait_until(pilot, lambda: "line 99" in screen(pilot))
        assert "line 80" not in screen(pilot)
        conversation.feed(ToolFinished("c", (TextPart(output, "stdout"),), True))
        await drawn(pilot)
        (tool,) = pilot.app.query(ToolBlock)
        tool.folded = False
        assert [n for n in range(100) if f"    line {n}" in [s.text for s in tool.lines(80)]] == [
            *range(100)
        ]


async def test_an_answer_goes_on_while_another_session_is_open(chats: Chats) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([Text("so far "), gate, Text("and on."), DONE], says("fresh"))
    async with chats.chat(backend) as pilot:
        await say(pilot, "alpha")
        await backend.reached.wait()
        left = pilot.app.session
        await say(pilot, "/new")
        await wait_until(pilot, lambda: pilot.app.session is not left)
        await drawn(pilot)
        assert blocks(pilot) == []
        await say(pilot, "beta")
        await idle(pilot)
        assert [block.source for block in blocks(pilot)] == ["beta", "fresh"]
        await pilot.press("f2")
        await wait_until(pilot, lambda: "answering …" in screen(pilot))
        await pilot.press("f2")
        await say(pilot, f"/sessions {left.id}")
        await wait_until(pilot, lambda: "so far" in screen(pilot))
        assert pilot.app.session is left, "with its kernel, its queue and its permissions"
        gate.set()
        await idle(pilot)
        assert [block.source for block in blocks(pilot)] == ["alpha", "so far and on."]


async def test_an_answer_that_came_while_nobody_looked_is_marked_and_there(chats: Chats) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([Text("so far "), gate, Text("and on."), DONE], says("queued"))
    async with chats.chat(backend) as pilot:
        await say(pilot, "alpha")
        await backend.reached.wait()
        await say(pilot, "next")
        left = pilot.app.session
        await say(pilot, "/new")
        await wait_until(pilot, lambda: pilot.app.session is not left)
        gate.set()
        await wait_until(pilot, lambda: "new answer" in screen(pilot))
        await wait_until(pilot, lambda: len(left.turns) == 2 and left.turns[-1].finished)
        await pilot.press("f2")
        await wait_until(pilot, lambda: "new answer ·" in screen(pilot))
        await pilot.press("f2")
        await say(pilot, f"/sessions {left.id}")
        await wait_until(pilot, lambda: "queued" in screen(pilot))
        expected = ["alpha", "so far and on.", "next", "queued"]
        assert [block.source for block in blocks(pilot)] == expected


async def test_what_a_command_says_stands_beside_the_running_answer(chats: Chats) -> None:
    gate = asyncio.Event()
    backend = ScriptedBackend([Text("first half, "), gate, Text("second half"), DONE])
    async with chats.chat(backend) as pilot:
        await say(pilot, "go")
        await wait_until(pilot, lambda: "first half" in screen(pilot))
        await say(pilot, "/tools")
        await wait_until(pilot, lambda: "This session has no tools." in screen(pilot))
        gate.set()
        await idle(pilot)
        assert "first half, second half" in screen(pilot)
        shown = screen(pilot)
        assert shown.index("second half") < shown.index("This session has no tools.")


async def test_what_is_pasted_or_brought_back_is_shown_as_text(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        prompt = pilot.app.query_one(Prompt)
        pilot.app.post_message(Paste("evil \x1b[31mred\x07\r\nsecond \u202eline"))
        await wait_until(pilot, lambda: "second" in prompt.text)
        assert prompt.text == "evil \x1b[31mred\x07\r\nsecond \u202eline".replace("\r", "")
        assert "evil ␛[31mred␇" in screen(pilot)
        assert "second �line" in screen(pilot)
        prompt.past.load(["\x1b[2J"])
        prompt.put("")
        await pilot.press("up")
        await wait_until(pilot, lambda: prompt.text == "\x1b[2J")
        assert "␛[2J" in screen(pilot)
        assert not {"\x1b", "\x07", "\u202e"} & {*screen(pilot)}


async def test_a_spinner_turns_without_drawing_the_rest_again(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        conversation = pilot.app.query_one(Conversation)
        conversation.begin("go")
        conversation.feed(ToolStarted("c", "python", {"code": "print(1)\n" * 9}))
        await drawn(pilot)
        (tool,) = pilot.app.query(ToolBlock)
        await wait_until(pilot, lambda: tool.content_size.width > 0)
        width = tool.content_size.width
        title, *rest = tool.lines(width)
        await wait_until(pilot, lambda: tool.lines(width)[0] != title)
        assert rest
        assert all(new is old for new, old in zip(tool.lines(width)[1:], rest, strict=True))


@pytest.mark.parametrize(
    ("event", "title"),
    [
        (Thinking("so it goes", at=100.0), "▸ Thought"),
        (ToolStarted("c1", "python", {"code": "1"}, at=100.0), "▾ ✗ python"),
    ],
)
async def test_what_a_kill_cut_short_claims_no_time_and_no_success(
    chats: Chats, event: Event, title: str
) -> None:
    with closing(Store(chats.paths.sessions_db)) as store:
        session = store.create_session("default").id
        writer = store.begin_turn(session, None, "first")
        writer.add(event)
        writer.close()
    async with chats.chat(ScriptedBackend(says("")), session) as pilot:
        await wait_until(pilot, lambda: "this turn was cut short" in screen(pilot))
        assert blocks(pilot)[1].title().plain == title
