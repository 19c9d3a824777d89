"""Charts of an evaluation: lines of text for the terminal, and a drawing for PNG and HTML."""

import math
from collections.abc import Sequence

from qchat.evaluation.drawing import Dot, Drawing, Label, Line, Shape, axis
from qchat.evaluation.findings import ModeResult

WIDTH = 50
"""Characters of the scale from 0 to 100 %."""
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


def chart(title: str, modes: Sequence[ModeResult]) -> Drawing:
    """Two panels: the share of right answers, and the share against what it cost in tokens."""
    height = 110 + 34 * max(len(modes), 6)
    shapes = [Label(20, 28, title, "start", 17), *_shares(modes, height), *_costs(modes, height)]
    return Drawing(960, height, tuple(shapes))


def _shares(modes: Sequence[ModeResult], height: int) -> list[Shape]:
    """The left panel: each mode's share with its interval."""
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


def _costs(modes: Sequence[ModeResult], height: int) -> list[Shape]:
    """The right panel: the share against the tokens of a question, which grow by tens."""
    left, wide, top, bottom = 530, 390, 60, height - 50
    tokens = [max(mode.tokens, 1.0) for mode in modes]
    first = math.floor(math.log10(min(tokens, default=1)))
    last = max(math.ceil(math.log10(max(tokens, default=10)) + 1e-9), first + 1)
    across = wide / (last - first)
    marks = [(left + across * (p - first), f"{10**p:,}") for p in range(first, last + 1)]
    shapes = axis(marks, top, bottom, height - 22)
    shapes.append(Label(left + wide / 2, height - 6, "tokens a question"))
    for mark in (0, 50, 100):
        y = bottom - (bottom - top) * mark / 100
        shapes += [Line(left, y, left + wide, y), Label(left - 8, y + 4, f"{mark} %", "end")]
    for place, (mode, cost) in enumerate(zip(modes, tokens, strict=True)):
        x = left + across * (math.log10(cost) - first)
        y = bottom - (bottom - top) * mode.share
        shapes += [Dot(x, y, _COLOURS[place % len(_COLOURS)]), Label(x, y - 10, mode.mode)]
    return shapes
