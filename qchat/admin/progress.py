"""How far something long is, for people only: `rich` draws it, and is loaded for that alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TextIO

Show = Callable[[int, int], None]
"""Told how much is done, and of how much; 0 where nobody knows."""
Unit = Literal["bytes", "memories", "files", "passages", "questions"]


@contextmanager
def progress(out: TextIO, unit: Unit) -> Iterator[Show]:
    """A bar on a terminal, which appears with the first step; anywhere else nothing is written."""
    if not out.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console  # noqa: PLC0415  slow to load, and only for who sees it
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    measures = (
        (DownloadColumn(), TransferSpeedColumn()) if unit == "bytes" else (MofNCompleteColumn(),)
    )
    bar = Progress(
        BarColumn(), TaskProgressColumn(), *measures, TimeRemainingColumn(),
        console=Console(file=out, stderr=False, force_terminal=True),
    )  # fmt: skip
    task = bar.add_task("", total=None)

    def show(done: int, total: int) -> None:
        bar.start()
        bar.update(task, completed=done, total=total or None)

    try:
        yield show
    finally:
        if bar.live.is_started:
            bar.stop()
