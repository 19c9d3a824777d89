"""The number by which a run is judged: reported by the model with a tool, drawn by qchat."""

import math
from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from qchat_memory.origin import QCHAT
from qchat_tools.base import Call, ToolError, parse, spec
from qchat_tools.parts import Part, TextPart

NAME = "report_metric"
BARS = "▁▂▃▄▅▆▇█"
Better = Literal["higher", "lower"]


class MetricArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    value: float
    name: Annotated[str, Meta(description="Which number it is", max_length=40)] = "metric"
    better: Annotated[Better, Meta(description="Which way is better")] = "higher"
    note: Annotated[str, Meta(description="What was done for it, in a few words")] = ""


class Point(msgspec.Struct, frozen=True):
    """A value, at which step it was reported, and after how many seconds of work."""

    name: str
    value: float
    better: Better
    step: int
    after_s: float
    note: str = ""


def best(points: Sequence[Point]) -> Point | None:
    """The best value of the number that was reported last; the first where several are equal."""
    if not points:
        return None
    same = [point for point in points if point.name == points[-1].name]
    sign = 1 if points[-1].better == "higher" else -1
    return max(same, key=lambda point: sign * point.value)


def sparkline(points: Sequence[Point], width: int = 24) -> str:
    """How the number went, as one line of bars; the newest value of each stretch of time."""
    values = [point.value for point in points if points[-1].name == point.name]
    if len(values) > width:
        values = [values[(at + 1) * len(values) // width - 1] for at in range(width)]
    low, high = min(values, default=0.0), max(values, default=0.0)
    spread = high / 2 - low / 2  # halves: no difference of two numbers is infinite
    if not spread:
        return BARS[0] * len(values)
    return "".join(
        BARS[round((value / 2 - low / 2) / spread * (len(BARS) - 1))] for value in values
    )


class MetricTool:
    """Reports a number."""

    spec = spec(
        NAME,
        "Report the number by which this work is judged, whenever it changes; the user sees it "
        "drawn, and the best one stands in the report.",
        MetricArguments,
    )
    origin = QCHAT

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Check the call. Raises ToolError for what is no number."""
        asked = parse(MetricArguments, call.arguments)
        if not math.isfinite(asked.value):
            raise ToolError("value must be a finite number")
        yield TextPart("Noted.", origin=QCHAT)
