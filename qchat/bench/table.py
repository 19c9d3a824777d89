"""How measurements are shown: what, how much, against what, and the bar."""

import statistics
from collections.abc import Sequence

import msgspec


class Row(msgspec.Struct, frozen=True):
    """One measurement; `ratio` is compared with `bar` (0: reported only)."""

    what: str
    value: str
    against: str = ""
    ratio: float = 0.0
    bar: float = 0.0
    higher_is_better: bool = False

    @property
    def verdict(self) -> str:
        if not self.bar:
            return ""
        good = self.ratio >= self.bar if self.higher_is_better else self.ratio <= self.bar
        return "ok" if good else "MISSED"

    @property
    def limit(self) -> str:
        if not self.bar:
            return ""
        return f"{'≥' if self.higher_is_better else '≤'} {self.bar:g}"


HEAD = ("what", "measured", "against", "ratio", "bar", "")


def table(rows: Sequence[Row]) -> str:
    """Columns aligned, ready to print."""
    cells = [HEAD] + [
        (r.what, r.value, r.against, f"{r.ratio:.2f}" if r.ratio else "", r.limit, r.verdict)
        for r in rows
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))]
    lines = [
        "  ".join(f"{c:{w}}" for c, w in zip(row, widths, strict=True)).rstrip() for row in cells
    ]
    return "\n".join([lines[0], "─" * max(map(len, lines)), *lines[1:]])


def middle(values: Sequence[float]) -> float:
    """The median: one disturbed run on a busy machine does not count."""
    return statistics.median(values)
