"""What an answer costs to draw, as it grows, and a layout pass with many answers on the screen."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from textual.app import App, ComposeResult

from qchat.bench.table import Row, middle
from qchat.protocol.events import Text, TurnFinished
from qchat.tui.blocks.answer import AnswerBlock
from qchat.tui.blocks.block import Block
from qchat.tui.transcript.conversation import Conversation

SHORT, LONG = 2_000, 40_000
"""Characters of an answer before and after it has grown."""
DELTA = 4
APPENDS = 200
APPENDS_TO_OPEN = 1_500
"""So many that a block which stays open is parsed again among them: that is part of the cost."""
MAX_APPEND_S = 2e-3
ANSWERS = 50
FRAMES = 60
WIDTH = 100

PARAGRAPH = (
    "The quick brown fox jumps over the lazy dog, and *nobody* minds `at all`. " * 6 + "\n\n"
)


def prose() -> Iterator[str]:
    yield from itertools.repeat(PARAGRAPH)


def items() -> Iterator[str]:
    for number in itertools.count():
        yield f"- item {number} with **some** words in it\n"


def code() -> Iterator[str]:
    yield "```python\n"
    for number in itertools.count():
        yield f"value_{number} = compute(number={number})  # a comment\n"


def rows_of_a_table() -> Iterator[str]:
    yield "| number | square |\n|---|---|\n"
    for number in itertools.count():
        yield f"| {number} | {number * number} |\n"


def paragraph() -> Iterator[str]:
    yield from itertools.repeat(PARAGRAPH.strip() + " ")


def chinese() -> Iterator[str]:
    yield from itertools.repeat("这是一个没有空行的很长的段落，")


def inner_items() -> Iterator[str]:
    yield "- outer\n"
    yield from itertools.repeat("  - item with **some** words in it\n")


def quotation() -> Iterator[str]:
    yield from itertools.repeat("> " + PARAGRAPH.strip() + "\n")


KINDS: dict[str, Callable[[], Iterator[str]]] = {
    "prose": prose,
    "list": items,
    "code fence": code,
    "table": rows_of_a_table,
}
OPEN: dict[str, Callable[[], Iterator[str]]] = {
    "one paragraph": paragraph,
    "one Chinese paragraph": chinese,
    "one item of items": inner_items,
    "one quotation": quotation,
}
"""What stays one open block to its end."""


class Page(App[None]):
    """A conversation and nothing else."""

    CSS_PATH = Path(__file__).parents[1] / "tui" / "app.tcss"

    def __init__(self) -> None:
        super().__init__()
        self.conversation = Conversation()

    def compose(self) -> ComposeResult:
        yield self.conversation


async def rows() -> list[Row]:
    """One row for each kind of text, one for a stream's frames and one for the layout."""
    out = [await _append(name, make, APPENDS) for name, make in KINDS.items()]
    out += [await _append(name, make, APPENDS_TO_OPEN) for name, make in OPEN.items()]
    return [*out, await _frames(), await _layout()]


async def _append(name: str, make: Callable[[], Iterator[str]], appends: int) -> Row:
    (short, _), (long, longest) = [await _cost(make, size, appends) for size in (SHORT, LONG)]
    return Row(
        f"one append at {LONG:,} characters: {name}",
        f"{long * 1e3:.2f} ms, longest {longest * 1e3:.0f}",
        f"2 ms ({short * 1e3:.2f} at {SHORT:,})",
        long / MAX_APPEND_S,
        1.0,
    )


async def _cost(make: Callable[[], Iterator[str]], size: int, appends: int) -> tuple[float, float]:
    """Seconds of CPU to take and draw a few characters more, on average and at most."""
    source = make()
    text = "".join(itertools.takewhile(_until(size), source))
    more = "".join(itertools.takewhile(_until(DELTA * appends), source))
    app = Page()
    took = []
    async with app.run_test(size=(WIDTH, 40)) as pilot:
        block = AnswerBlock()
        await app.conversation.mount(block)
        block.append(text)
        await pilot.pause()
        width = block.content_size.width  # at another one all would be drawn anew, each time
        block.lines(width)
        for start in range(0, DELTA * appends, DELTA):
            began = time.thread_time()
            block.append(more[start : start + DELTA])
            block.lines(width)
            took.append(time.thread_time() - began)
    return sum(took) / appends, max(took)


def _until(size: int) -> Callable[[str], bool]:
    lengths: list[int] = [0]

    def more(piece: str) -> bool:
        lengths[0] += len(piece)
        return lengths[0] < size + len(piece)

    return more


async def _frames() -> Row:
    """What drawing and painting take of a second in which 200 tokens come, in CPU time."""
    app = Page()
    source = itertools.cycle(["word "] * 79 + ["word\n\n"])
    async with app.run_test(size=(WIDTH, 40)) as pilot:
        app.conversation.begin("go")
        app.conversation.feed(Text("".join(itertools.islice(source, 1200)), at=1.0))
        await pilot.pause(0.3)
        began, worked = time.perf_counter(), time.thread_time()
        for _ in range(FRAMES):
            app.conversation.feed(Text("".join(itertools.islice(source, 10)), at=1.0))
            await asyncio.sleep(1 / 20)
        share = (time.thread_time() - worked) / (time.perf_counter() - began)
    return Row("drawing and painting at 200 tokens/s", f"{share:.0%} of a core")


async def _layout() -> Row:
    answer = "# Title\n\n" + PARAGRAPH * 3 + "- a\n- b\n\n```python\nx = 1\n```\n"
    app = Page()
    async with app.run_test(size=(WIDTH, 40)) as pilot:
        for number in range(ANSWERS):
            app.conversation.begin(f"question {number}")
            app.conversation.feed(Text(answer, at=1.0))
            app.conversation.feed(TurnFinished("stop", at=2.0))
        await pilot.pause()
        await pilot.pause()
        passes = []
        for _ in range(20):
            began = time.perf_counter()
            app.screen._refresh_layout()
            passes.append(time.perf_counter() - began)
        blocks = len(app.query(Block))
    took = middle(passes)
    return Row(
        f"layout pass, {ANSWERS} answers",
        f"{took * 1e3:.1f} ms",
        f"5 ms ({blocks} widgets)",
        took / 5e-3,
        1.0,
    )
