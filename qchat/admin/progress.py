"""How far a download is: one line that is written again and again, for people only."""

import time
from types import TracebackType
from typing import Self, TextIO

from qchat.local.hardware import size

EVERY_S = 0.1
WIDTH = 24


class Bar:
    """Writes to a terminal; anywhere else it is silent."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._began = time.monotonic()
        self._first = -1
        self._shown_at = 0.0
        self._longest = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live and self._longest:
            self._out.write("\n")

    def show(self, done: int, total: int) -> None:
        """Told for every block; drawn ten times a second."""
        if self._first < 0:
            self._first, self._began = done, time.monotonic()
        now = time.monotonic()
        if not self._live or (now - self._shown_at < EVERY_S and done != total):
            return
        self._shown_at = now
        line = self._line(done, total, now - self._began)
        self._longest = max(self._longest, len(line))
        self._out.write(f"\r{line:{self._longest}}")
        self._out.flush()

    def _line(self, done: int, total: int, took_s: float) -> str:
        speed = (done - self._first) / took_s if took_s > 0 else 0.0
        rate = f"{size(speed)}/s" if speed else ""
        if not total:
            return f"{size(done)}  {rate}".rstrip()
        full = int(WIDTH * done / total)
        left = f"{_duration((total - done) / speed)} left" if speed and done < total else ""
        bar = "█" * full + "░" * (WIDTH - full)
        return f"{bar} {done / total:4.0%}  {size(done)} of {size(total)}  {rate}  {left}".rstrip()


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
