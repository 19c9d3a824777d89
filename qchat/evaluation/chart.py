"""Charts of an evaluation: lines of text for the terminal, and a drawing for PNG and HTML."""

import math
from collections.abc import Sequence

import msgspec

from qchat.evaluation.canvas import Dot, Drawing, Label, Line, Shape, axis
from qchat.evaluation.findings import ModeResult

WIDTH = 50
"""Characters of the scale from 0 to 100 %."""
HEIGHT = 10
"""Lines of a chart in the terminal, but one."""
_COLOURS = ("#2563eb", "#d97706", "#059669", "#7c3aed", "#dc2626", "#0891b2", "#4b5563")


def bars(modes: Sequence[ModeResult]) -> list[str]:
    """A line for each mode: its share, and the interval in which it lies."""
    wide = max((len(mode.mode) for mode in modes), default=0)
    lines = []
    for mode in modes:
        low, here, high = (
            round(share * WIDTH) for share in (mode.interval.low, mode.share, mode.interval.high)
        )
        cells = [" "] * (WIDTH + 1)
        cells[low : high + 1] = "─" * (high + 1 - low)
        cells[low], cells[high], cells[here] = "├", "┤", "●"
        lines.append(f"{mode.mode:{wide}} │{''.join(cells)}│ {100 * mode.share:5.1f} %")
    scale = "".join(f"{f'{mark} %':<{WIDTH // 4}}" for mark in (0, 25, 50, 75))
    return [*lines, f"{'':{wide}}  {scale}100 %"]


def scatter(modes: Sequence[ModeResult]) -> list[str]:
    """The share of right answers against the tokens of a question, which grow by tens."""
    scale = Scale.over([mode.tokens for mode in modes])
    rows = [[" "] * (WIDTH + 1) for _ in range(HEIGHT + 1)]
    for mode in modes:
        x, y = round(scale.place(mode.tokens) * WIDTH), round((1 - mode.share) * HEIGHT)
        name = [*f"● {mode.mode}"]
        if x + len(name) > WIDTH + 1:
            name = [*f"{mode.mode} ●"]
            x = max(x - len(name) + 1, 0)
        # Two that are alike stand below each other, or above where there is nothing below.
        near = [*range(y, HEIGHT + 1), *reversed(range(y))]
        free = (at for at in near if not "".join(rows[at][x : x + len(name)]).strip())
        y = next(free, y)
        rows[y][x : x + len(name)] = name
    sides = {0: "100 %", HEIGHT // 2: " 50 %", HEIGHT: "  0 %"}
    lines = [
        f"{sides.get(y, ''):>5} │{''.join(row)[: WIDTH + 1]}".rstrip() for y, row in enumerate(rows)
    ]
    below = [" "] * (WIDTH + 12)
    for power in scale.powers:
        mark = list(f"{10.0**power:,.0f}" if power >= 0 else f"{10.0**power:g}")
        at = round(scale.place(10.0**power) * WIDTH)
        below[at : at + len(mark)] = mark
    return [*lines, f"      └{'─' * (WIDTH + 1)}", f"       {''.join(below).rstrip()} tokens each"]


class Scale(msgspec.Struct, frozen=True):
    """An axis on which each step is ten times the one before."""

    first: int
    last: int

    @classmethod
    def over(cls, values: Sequence[float]) -> "Scale":
        """One that holds these values."""
        some = [value for value in values if value > 0] or [1.0]
        first = math.floor(math.log10(min(some)))
        return cls(first, max(math.ceil(math.log10(max(some)) + 1e-9), first + 1))

    @property
    def powers(self) -> range:
        return range(self.first, self.last + 1)

    def place(self, value: float) -> float:
        """Where a value stands, from 0 to 1."""
        if value <= 0:
            return 0.0
        return (math.log10(value) - self.first) / (self.last - self.first)


def chart(title: str, modes: Sequence[ModeResult]) -> Drawing:
    """The share of right answers, and the share against what it cost: tokens, time and money."""
    panel = 110 + 34 * max(len(modes), 6)
    costs = [
        ("tokens a question", [mode.tokens for mode in modes]),
        ("seconds a question", [mode.seconds for mode in modes]),
    ]
    if all(mode.money is not None for mode in modes):
        costs.append(("money a question", [mode.money or 0.0 for mode in modes]))
    shapes: list[Shape] = [Label(20, 28, title, "start", 17), *_shares(modes, panel)]
    places = [(530, 0), (80, panel), (530, panel)]
    for (label, values), (left, top) in zip(costs, places, strict=False):
        shapes += _against(modes, label, values, left, top, panel)
    return Drawing(960, 2 * panel, tuple(shapes))


def _shares(modes: Sequence[ModeResult], height: int) -> list[Shape]:
    """Each mode's share with its interval."""
    left, wide = 130, 300
    marks = [(left + wide * mark / 100, f"{mark} %") for mark in (0, 25, 50, 75, 100)]
    shapes = axis(marks, 50, height - 40, height - 22)
    for place, mode in enumerate(modes):
        y, colour = 75 + 34 * place, _COLOURS[place % len(_COLOURS)]
        low, here, high = (
            left + wide * share for share in (mode.interval.low, mode.share, mode.interval.high)
        )
        shapes.append(Label(left - 10, y + 4, mode.mode, "end"))
        shapes += [Line(low, y, high, y, colour, 3), Dot(here, y, colour)]
    return shapes


def _against(
    modes: Sequence[ModeResult],
    label: str,
    values: Sequence[float],
    left: float,
    above: float,
    height: float,
) -> list[Shape]:
    """The share against what a question cost."""
    wide, top, bottom = 370, above + 60, above + height - 50
    scale = Scale.over(values)
    marks = [(left + wide * scale.place(10.0**p), f"{10.0**p:,g}") for p in scale.powers]
    shapes = axis(marks, top, bottom, bottom + 28)
    shapes.append(Label(left + wide / 2, bottom + 44, label))
    for mark in (0, 50, 100):
        y = bottom - (bottom - top) * mark / 100
        shapes += [Line(left, y, left + wide, y), Label(left - 8, y + 4, f"{mark} %", "end")]
    for place, (mode, value) in enumerate(zip(modes, values, strict=True)):
        x, y = left + wide * scale.place(value), bottom - (bottom - top) * mode.share
        shapes += [Dot(x, y, _COLOURS[place % len(_COLOURS)]), Label(x, y - 10, mode.mode)]
    return shapes
