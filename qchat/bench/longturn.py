"""What a step of a running turn costs when a thousand came before it."""

import gc
import time

from textual.pilot import Pilot

from qchat.bench.rendering import WIDTH, Page
from qchat.bench.table import Row
from qchat.protocol.events import Event, StepFinished, Thinking, ToolFinished, ToolStarted
from qchat.tui.blocks.block import Block
from qchat_tools.parts import TextPart

STEPS = 1_000
SAMPLE = 100
"""Steps that are measured, early and late."""
FRAME = 10
"""Steps of those that come between two frames; of those between them all `SAMPLE`."""


async def rows() -> list[Row]:
    app = Page()
    async with app.run_test(size=(WIDTH, 40)) as pilot:
        app.conversation.begin("count")
        steps = Steps(app, pilot)
        await steps.play(SAMPLE, SAMPLE)
        early = await steps.play(SAMPLE, FRAME)
        for _ in range(STEPS // SAMPLE - 3):
            await steps.play(SAMPLE, SAMPLE)
        late = await steps.play(SAMPLE, FRAME)
        widgets = len(app.query(Block))
    return [
        Row(
            f"one step of a turn, after {STEPS:,}",
            f"{late * 1e3:.1f} ms, {widgets} widgets",
            f"{early * 1e3:.1f} ms after {SAMPLE}",
            late / early,
            1.2,
        )
    ]


class Steps:
    """Feeds a conversation with steps, one after the other."""

    def __init__(self, app: Page, pilot: Pilot[None]) -> None:
        self._app = app
        self._pilot = pilot
        self._number = 0

    async def play(self, count: int, frame: int) -> float:
        """Go on by so many steps, a frame drawn after each `frame` of them; seconds for one."""
        await self._pilot.pause(0.1)  # what is far away from the view is gone
        gc.collect()  # one look through all the garbage so far would be counted to a few steps
        began = time.process_time()
        for _ in range(count // frame):
            for _ in range(frame):
                for event in _step(self._number):
                    self._app.conversation.feed(event)
                self._number += 1
            await self._pilot.pause()
        return (time.process_time() - began) / count


def _step(number: int) -> list[Event]:
    call, at = f"c{number}", float(number)
    return [
        Thinking("First the sum, then the product. " * 5, at=at),
        StepFinished(at=at),
        ToolStarted(call, "python", {"code": f"print({number})"}, at=at),
        ToolFinished(call, (TextPart(f"{number}\n", "stdout"),), True, at=at),
    ]
