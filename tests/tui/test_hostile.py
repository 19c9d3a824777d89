"""Hostile text in every block shows as text, does not hang, and changes nothing outside."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from textual.pilot import Pilot
from textual.screen import ModalScreen

from qchat.commands import Completion
from qchat.conversation.source_view import SourceView
from qchat.protocol.draft import Draft
from qchat.protocol.event_values import RecalledMemory, SourceName
from qchat.protocol.events import (
    Attached,
    Cited,
    Event,
    Notice,
    Recalled,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TurnFinished,
)
from qchat.tui.blocks.block import Block
from qchat.tui.blocks.saved_memory import MemoryLine
from qchat.tui.blocks.sources import Source
from qchat.tui.dialogs.screens import Page
from qchat.tui.input.completions import Completions
from qchat.tui.panels.base import Panel, Row
from qchat.tui.panels.memory import MemoryPanel
from qchat.tui.terminal.crash import crash_page
from qchat.tui.transcript.conversation import Conversation
from qchat_tools.base import InputRequest
from qchat_tools.parts import FilePart, ImagePart, SourcePart, TablePart, TextPart
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, screen, wait_until
from tests.tui.textual_private import strips_of

HOSTILE = {
    "escape sequences": "\x1b[2J\x1b]0;owned\x07\x1b[31mred\x9b31m\x1bPq#0\x1b\\",
    "markup": "[bold red]x[/] [link=javascript:1]y[/link] [@click=app.quit]z[/] [/nonsense]",
    "a long line": "x" * 100_000,
    "a long word of wide letters": "你" * 50_000,
    "zero-width": "a" + "\u0301" * 50_000 + "\u200b" * 50_000 + "b",
    "deep nesting": "> " * 2_000 + "x\n" + "- " * 500 + "y\n" + "[" * 3_000 + "(" * 3_000,
    "many lines": "line\n" * 4_000,
    "direction": "\u202eevil\u202c \u2066x\u2069 \u200f",
    "a wide table": "|" + "a|" * 500 + "\n|" + "-|" * 500 + "\n" + ("|" + "b|" * 500 + "\n") * 20,
    "formulas": "$" + "\\frac{" * 300 + "$ $$\\def\\x{\\x\\x}\\x$$ \\(" + "{" * 5_000 + "\\)",
    "fences": "```\n" * 199 + "~~~\n" * 199,
    "emphasis": "*_" * 5_000,
}
MAX_S = 30.0
"""Far above what one of them takes on a quiet machine (2 s), far below a hang."""


def everywhere(text: str) -> list[Event]:
    """The text in every place where something foreign is shown."""
    return [
        Attached(text, text, at=1.0),
        Recalled((RecalledMemory(text, text, text),), at=1.0),
        Thinking(text, at=1.0),
        ToolDraft("c", text, text, at=2.0),
        ToolStarted("c", text, {"code": text, text: text}, at=2.0),
        ToolProgress("c", TextPart(text, "stdout"), at=2.0),
        ToolFinished(
            "c",
            (
                TextPart(text, "stdout"),
                TextPart(text, "error"),
                SourcePart(1, text, text, text, text),
                ImagePart("0" * 64, text, 1, 1, text),
                TablePart((text[:2_000],), ((text[:2_000], text[:2_000]),), text),
                FilePart(text, 1, "", text),
            ),
            False,
            at=3.0,
        ),
        Notice(text, "error", at=3.0),
        Text(text, at=4.0),
        Cited((SourceName(1, text, text),), (7,), at=4.0),
        TurnFinished("stop", at=5.0),
    ]


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_text_stays_in_its_block(chats: Chats, kind: str) -> None:
    text = HOSTILE[kind]
    async with chats.chat(ScriptedBackend(says("")), size=(60, 30)) as pilot:
        conversation = pilot.app.query_one(Conversation)
        began = time.process_time()
        conversation.begin(text)
        for event in everywhere(text):
            conversation.feed(event)
        conversation.begin("afterwards")
        conversation.feed(Text("all is well", at=6.0))
        conversation.feed(TurnFinished("stop", at=6.0))
        await wait_until(pilot, lambda: "all is well" in screen(pilot))
        for block in pilot.app.query(Block):
            block.folded = False
            assert len(block.lines(50)) >= 0
        await pilot.pause()
        assert time.process_time() - began < MAX_S
        for block in pilot.app.query(Block):
            for strip in block.lines(block.content_size.width)[:2_000]:
                assert strip.cell_length <= block.content_size.width, type(block)
                assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in strip.text)
                assert not any("@click" in (s.style.meta if s.style else {}) for s in strip)
        await pilot.press("ctrl+end")
        shown = screen(pilot)
        assert "all is well" in shown
        assert all("\x1b" not in line for line in shown)
        assert "think" in shown.splitlines()[-2], "the prompt stands where it stood"


AROUND = ("escape sequences", "markup", "a long line", "zero-width", "deep nesting", "direction")
"""Around the conversation nothing is rendered as Markdown: what is left is these."""


def harmless(pilot: Pilot[int]) -> None:
    """Nothing on the screen is more than text, and nothing is wider than the window."""
    width = pilot.app.size.width
    for strip in strips_of(pilot.app):
        assert strip.cell_length <= width
        text = "".join(segment.text for segment in strip)
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066" for c in text)
        metas = [segment.style.meta for segment in strip if segment.style]
        assert not any("app.quit" in str(meta) for meta in metas)


async def in_the_status_line(pilot: Pilot[int], text: str) -> None:
    pilot.app.session.backend.model = text
    pilot.app.state.refresh()


async def in_a_waiting_prompt(pilot: Pilot[int], text: str) -> None:
    pilot.app.turns.waiting.append(Draft(text))
    pilot.app.state.refresh()


async def in_the_prompt(pilot: Pilot[int], text: str) -> None:
    pilot.app.layout.prompt.put(text[:20_000])


async def in_names_that_are_offered(pilot: Pilot[int], text: str) -> None:
    pilot.app.query_one(Completions).offer([Completion(text, text, text)], "@")


async def in_what_goes_along(pilot: Pilot[int], text: str) -> None:
    pilot.app.layout.composer.write(Draft("", (Attached(text, text),)))


async def in_titles_of_sessions(pilot: Pilot[int], text: str) -> None:
    writer = pilot.app.workspace.store.begin_turn(pilot.app.session.id, None, "hello")
    writer.close()
    pilot.app.workspace.rename(pilot.app.session.id, text)
    await pilot.press("f2")
    await wait_until(pilot, lambda: bool(pilot.app.query(Panel)) and "●" in screen(pilot))


async def in_memories_and_found_lines(pilot: Pilot[int], text: str) -> None:
    async def rows(_panel: MemoryPanel, _query: str) -> list[Row]:
        return [Row("a", text, text, marked=True)]

    async def about(_panel: MemoryPanel) -> str:
        return text

    class Hostile(MemoryPanel):
        pass

    Hostile.rows, Hostile.about = rows, about
    await pilot.app.layout.body.open(Hostile(pilot.app.sessions.context))
    await wait_until(pilot, lambda: "●" in screen(pilot))


def on_a(make: Callable[[str], ModalScreen[object]]) -> object:
    async def push(pilot: Pilot[int], text: str) -> None:
        await pilot.app.push_screen(make(text))

    return push


async def in_a_question(pilot: Pilot[int], text: str) -> None:
    pilot.app.run_worker(pilot.app.layout.questions.ask(text))
    await wait_until(pilot, lambda: pilot.app.layout.questions.display)


async def in_a_line_that_is_asked_for(pilot: Pilot[int], text: str) -> None:
    pilot.app.run_worker(pilot.app.layout.questions.ask_line(InputRequest(text, False, text)))
    await wait_until(pilot, lambda: pilot.app.layout.questions.display)


async def on_the_error_page(pilot: Pilot[int], text: str) -> None:
    drawn = Console(width=60, color_system=None).render_lines(
        crash_page(ValueError(text), Path("log"))
    )
    shown = "\n".join("".join(segment.text for segment in line) for line in drawn)
    assert "qchat stopped" in shown
    assert not any(ord(c) < 32 and c != "\n" for c in shown)


PLACES = {
    "the status line": in_the_status_line,
    "a waiting prompt": in_a_waiting_prompt,
    "the prompt": in_the_prompt,
    "file names": in_names_that_are_offered,
    "attachments": in_what_goes_along,
    "titles": in_titles_of_sessions,
    "memories": in_memories_and_found_lines,
    "a question": in_a_question,
    "a line that is asked for": in_a_line_that_is_asked_for,
    "a page": on_a(lambda text: Page(text, text)),
    "a source": on_a(lambda text: Source(SourceView(1, text, text, text, text, [(1, 3)]))),
    "a memory that is corrected": on_a(MemoryLine),
    "the error page": on_the_error_page,
}


@pytest.mark.parametrize("place", PLACES)
async def test_hostile_text_around_the_conversation_is_text(chats: Chats, place: str) -> None:
    async with chats.chat(ScriptedBackend(says("")), size=(60, 30)) as pilot:
        for kind in AROUND:
            began = time.process_time()
            await PLACES[place](pilot, HOSTILE[kind])
            await pilot.pause()
            harmless(pilot)
            await pilot.press("escape", "escape")
            assert time.process_time() - began < MAX_S
        pilot.app.turns.waiting.clear()
        pilot.app.layout.composer.write(Draft(""))
        pilot.app.state.refresh()
        await wait_until(pilot, lambda: "Ask anything" in screen(pilot).splitlines()[-2])
