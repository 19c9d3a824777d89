"""What a step of a running turn costs when a thousand came before it."""

import time
from collections.abc import Sequence

from qchat.bench.rendering import WIDTH, Page
from qchat.bench.table import Row
from qchat.events import Event, StepFinished, Thinking, ToolFinished, ToolStarted
from qchat.tui.block import Block
from qchat_tools.parts import TextPart

STEPS = 1_000
FRAME = 10
"""Steps that come between two frames."""
SAMPLE = 100


async def rows() -> list[Row]:
    app = Page()
    async with app.run_test(size=(WIDTH, 40)) as pilot:
        app.conversation.begin("count")
        took: list[float] = []
        for first in range(0, STEPS, FRAME):
            began = time.process_time()
            for number in range(first, first + FRAME):
                for event in _step(number):
                    app.conversation.feed(event)
            await pilot.pause()
            took += [(time.process_time() - began) / FRAME] * FRAME
        widgets = len(app.query(Block))
    early, late = (_mean(part) for part in (took[SAMPLE : 2 * SAMPLE], took[-SAMPLE:]))
    return [
        Row(
            f"one step of a turn, after {STEPS:,}",
            f"{late * 1e3:.1f} ms, {widgets} widgets",
            f"{early * 1e3:.1f} ms after {SAMPLE}",
            late / early,
            1.5,
        )
    ]


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)


def _step(number: int) -> list[Event]:
    call, at = f"c{number}", float(number)
    return [
        Thinking("First the sum, then the product. " * 5, at=at),
        StepFinished(at=at),
        ToolStarted(call, "python", {"code": f"print({number})"}, at=at),
        ToolFinished(call, (TextPart(f"{number}\n", "stdout"),), True, at=at),
    ]
