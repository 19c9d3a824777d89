"""How far a run is, in a few words: for a row of a panel, and for who looks on from elsewhere."""

import msgspec

from qchat.runs.goal import short, span
from qchat.runs.metric import best, sparkline
from qchat.runs.progress import Progress
from qchat.runtime.language import tr
from qchat.store import RunRow


class Figures(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a run is, for a row of a panel and for who looks on from another process."""

    steps: int = 0
    tokens: int = 0
    worked_s: float = 0.0
    metric: str = ""
    waiting: int = 0

    def __str__(self) -> str:
        parts = [
            tr("step {steps:,}", steps=self.steps),
            span(self.worked_s),
            tr("{tokens} tokens", tokens=short(self.tokens)),
        ]
        parts += [self.metric] if self.metric else []
        parts += [tr("{waiting} waiting for you", waiting=self.waiting)] if self.waiting else []
        return " · ".join(parts)


def figures_of(progress: Progress, waiting: int) -> Figures:
    """As they are now."""
    top = best(progress.points)
    shown = f"{top.name} {top.value:g} {sparkline(progress.points, 12)}" if top else ""
    return Figures(progress.steps, progress.tokens, progress.worked_s, shown, waiting)


def read_figures(row: RunRow) -> Figures | None:
    """What was noted of a run last; None where nothing was that can be read."""
    try:
        return msgspec.json.decode(row.figures, type=Figures) if row.figures else None
    except msgspec.DecodeError:
        return None


def told(row: RunRow) -> str:
    """How far a run is that somebody else works on."""
    return str(read_figures(row) or "")
