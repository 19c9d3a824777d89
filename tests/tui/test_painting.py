"""A conversation that grows paints what is new, and what it paints is what a fresh one would."""

import asyncio
from collections.abc import Callable

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from qchat.bench.rendering import KINDS, Page
from qchat.protocol.events import (
    Event,
    StepFinished,
    Text,
    Thinking,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)
from qchat.tui.blocks.block import Block
from qchat.tui.blocks.kinds import ThinkingBlock
from qchat.tui.transcript.conversation import Conversation
from qchat.tui.transcript.turn import TurnBox
from qchat_tools.parts import TextPart
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, drawn, screen, wait_until
from tests.tui.textual_private import (
    lay_out,
    lay_out_for,
    layouts_of,
    not_mounted,
    note_frames,
    note_layouts,
    note_painted,
    strips_of,
)

WIDTH, HEIGHT = 60, 30


async def settled(pilot: Pilot[None]) -> None:
    """Wait until some frames bring nothing new."""
    same, seen = 0, ""
    while same < 4:
        before, seen = seen, screen(pilot)
        same = same + 1 if seen == before else 0
        await pilot.pause(0.06)


def pieces(kind: str, size: int) -> list[str]:
    source = KINDS[kind]()
    text = ""
    while len(text) < size:
        text += next(source)
    return [text[start : start + 7] for start in range(0, len(text), 7)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("event", [Text, Thinking])
async def test_what_has_grown_looks_as_if_it_had_come_at_once(
    kind: str, event: Callable[..., Event]
) -> None:
    grown, at_once = Page(), Page()
    deltas = pieces(kind, 1500)
    async with grown.run_test(size=(WIDTH, HEIGHT)) as pilot:
        grown.conversation.begin("go")
        for number, delta in enumerate(deltas):
            grown.conversation.feed(event(delta, at=1.0))
            if number % 20 == 0:
                grown.conversation.frame()
                await pilot.pause()
        grown.conversation.feed(TurnFinished("stop", at=2.0))
        await settled(pilot)
        ours = screen(pilot)
        painted = strips_of(grown)
        grown.screen.refresh(layout=True)
        for block in grown.query(Block):
            block.refresh()
        await settled(pilot)
        assert strips_of(grown) == painted
    async with at_once.run_test(size=(WIDTH, HEIGHT)) as pilot:
        at_once.conversation.begin("go")
        at_once.conversation.feed(event("".join(deltas), at=1.0))
        at_once.conversation.feed(TurnFinished("stop", at=2.0))
        await settled(pilot)
        assert screen(pilot) == ours


async def test_what_comes_while_a_block_is_mounted_has_its_place_too() -> None:
    app = Page()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.conversation.begin("go")
        app.conversation.feed(Thinking("one", at=1.0))
        await settled(pilot)
        block = app.query(ThinkingBlock).last()
        with not_mounted(block):
            block.append("\n\ntwo\n\nthree")
        await wait_until(pilot, lambda: "three" in screen(pilot))


async def test_what_comes_after_an_early_measuring_has_its_place_too() -> None:
    """A layout that others asked for measures a block that has just come, and then it grows."""
    app = Page()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        conversation = app.conversation
        conversation.begin("go")
        conversation.feed(Thinking("one\ntwo\nthree\n", at=1.0))
        box = app.query_one(TurnBox)
        while not box.children:  # noqa: ASYNC110  the moment before it is mounted is wanted
            await asyncio.sleep(0)
        lay_out(app.screen)
        box.draw(force=True)
        await settled(pilot)
        assert box.blocks[-1].size.height == 4
        assert box.size.height == box.lines(box.blocks[-1].content_size.width)


def step(number: int) -> list[Event]:
    call, at = f"c{number}", float(number + 1)
    return [
        Thinking(f"Thought {number} of it.", at=at),
        StepFinished(at=at),
        ToolStarted(call, "python", {"code": f"print({number})"}, at=at),
        ToolFinished(call, (TextPart(f"{number}\n", "stdout"),), True, at=at + 0.5),
    ]


async def test_steps_that_come_and_go_between_two_frames_are_laid_out_once() -> None:
    app = Page()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.conversation.begin("go")
        rounds = 5
        for number in range(2 * (rounds + 1)):
            if number == 2:
                passes = note_layouts(app.screen)
            for event in step(number):
                app.conversation.feed(event)
            if number % 2:
                app.query_one(TurnBox).draw(force=True)
                await settled(pilot)
        assert f"print({number})" in screen(pilot)
        assert len(passes) <= rounds + 1, "each change by itself would be two or three"


async def test_a_line_that_grows_is_painted_alone_and_lays_nothing_out() -> None:
    app = Page()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.conversation.begin("go")
        app.conversation.feed(Text("one\n\n" * 9 + "two", at=1.0))
        await settled(pilot)
        block = app.query(Block).last()
        passes, regions = layouts_of(block), note_painted(block)
        app.conversation.feed(Text(" three", at=1.0))
        await wait_until(pilot, lambda: any(regions))
        await settled(pilot)
        assert "two three" in screen(pilot)
        last = len(block.lines(block.content_size.width)) - 1
        assert layouts_of(block) == passes
        assert {region for some in regions for region in some} == {
            Region(block.content_offset.x, last, block.content_size.width, 1)
        }


async def test_the_view_follows_a_stream_and_the_scroll_bar_with_it() -> None:
    app = Page()
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        view = app.conversation
        view.begin("go")
        for number in range(100):
            view.feed(Text(f"line {number}\n\n", at=1.0))
            if number % 10 == 0:
                await pilot.pause(0.06)
        view.feed(TurnFinished("stop", at=2.0))
        await wait_until(pilot, lambda: "line 99" in screen(pilot))  # type: ignore[arg-type]
        await settled(pilot)
        bar = view.vertical_scrollbar
        assert (bar.position, bar.window_virtual_size) == (
            view.max_scroll_y,
            view.virtual_size.height,
        )


async def test_a_short_conversation_stays_at_the_top_when_a_list_opens_and_closes(
    chats: Chats,
) -> None:
    async with chats.chat(ScriptedBackend(says("ok")), size=(80, 24)) as pilot:
        conversation = pilot.app.query_one(Conversation)
        for number in range(12):
            conversation.notice(f"notice {number}")
            await wait_until(pilot, lambda n=number: f"notice {n}" in screen(pilot))
            await pilot.press("slash")
            await wait_until(pilot, lambda: "/help" in screen(pilot))
            await pilot.press("backspace")
            await wait_until(pilot, lambda: "/help" not in screen(pilot).replace("type /help", ""))
            await wait_until(
                pilot, lambda: conversation.scroll_offset.y == conversation.max_scroll_y
            )


@pytest.mark.parametrize("keys", [[], ["slash"], ["ctrl+p"], ["f2", "r"]])
async def test_no_terminal_is_too_small(chats: Chats, keys: list[str]) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await pilot.press(*keys)
        for size in [(14, 24), (10, 3), (6, 24), (3, 5), (1, 1)]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await pilot.resize_terminal(80, 24)
        await wait_until(pilot, lambda: "scripted · script" in screen(pilot))


async def test_a_turn_may_go_on_while_qchat_ends(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        conversation = pilot.app.query_one(Conversation)
        conversation.begin("go")
        conversation.feed(Thinking("so it goes", at=1.0))
        await drawn(pilot)
        pilot.app.exit(0)
        conversation.feed(TurnFinished("cancelled", at=2.0))
        conversation.begin("more")


class OneLine(App[None]):
    """A list that is shown when there is something in it, beside texts of any width."""

    CSS = """
    #list { display: none; height: auto; }
    Vertical, Horizontal { height: auto; }
    Static { width: auto; }
    """

    def compose(self) -> ComposeResult:
        with Vertical():
            yield OptionList(id="list")
            with Horizontal(id="line"):
                yield Static("", id="changing")
                yield Static("x", id="other")


async def test_what_changes_twice_is_as_large_as_it_is() -> None:
    """Another's layout measures it in between, as happens where a machine is busy."""
    app = OneLine()
    async with app.run_test() as pilot:
        changing, listed = app.query_one("#changing", Static), app.query_one(OptionList)
        changing.refresh(layout=True)
        listed.display = True
        for id_ in ("#other", "#line"):
            lay_out_for(app.query_one(id_))
        changing.update("think")
        listed.add_option("set aside")
        await wait_until(pilot, lambda: "set aside" in screen(pilot), tries=100)
        assert "think" in screen(pilot)


async def test_what_moves_while_the_screen_is_held_is_painted_behind_that() -> None:
    app = OneLine()
    async with app.run_test() as pilot:
        lines = note_frames(app)
        with app.batch_update():
            app.query_one("#changing", Static).update("one\ntwo\nthree")
            await pilot.pause(0.1)
            lay_out(app.screen)  # as it is when the window is sized anew
            await pilot.pause(0.1)
            assert lines == []
        await wait_until(pilot, lambda: 3 in lines, tries=100)
