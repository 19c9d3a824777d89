"""A turn of several trails, as one line that opens: rounds, what they found, and the trails."""

from collections.abc import Callable
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.strip import Strip

from qchat.depth.progress import COMPARE, HEAD, DepthEvent, Progress, TrailLine
from qchat.protocol.events import DepthStarted
from qchat.runtime.language import tr
from qchat.tui.blocks.block import Block, arrow
from qchat.tui.render.strips import indented, plain, render, shown
from qchat.tui.render.targets import TRAIL, link

MIN_COLUMN = 24
"""Cells; where columns would be narrower, the answers stand one below the other."""
GAP = 2

Said = Callable[[int], str]
"""What a trail said, by the id of its turn."""


class DepthBlock(Block):
    """Grows with the events of the turn; Enter or a click on a trail opens it."""

    KIND: ClassVar[str] = "depth"

    def __init__(self, said: Said) -> None:
        super().__init__()
        self._progress = Progress()
        self._said = said
        self._over = self._stopped = False
        self.folded = True

    @property
    def source(self) -> str:
        return "\n".join([self._progress.title(over=self._over), *self._progress.lines()])

    def feed(self, event: DepthEvent) -> None:
        """The next event."""
        self._progress.feed(event)
        if isinstance(event, DepthStarted) and event.mode == COMPARE:
            self.folded = False  # it is asked for to be looked at
        self.changed()

    def end(self, *, stopped: bool) -> None:
        """The turn is over, by its own end or before it."""
        self._over = True
        self._stopped = stopped and self._progress.begun.mode != COMPARE
        self.changed()

    def title(self) -> Text:
        line = Text(arrow(folded=self.folded), self.colours.dim, overflow="ellipsis", no_wrap=True)
        line.append(self._progress.title(over=self._over))
        if self._stopped:
            line.append(f" · {tr('/deep --continue goes on')}", self.colours.warning)
        return line

    def body(self, width: int) -> list[Strip]:
        if self._progress.begun.mode == COMPARE:
            return self._columns(width)
        lines: list[Strip] = []
        for part in (self._rounds(), self._known()):
            lines += render(self.app.console, part, width - GAP) if part is not None else []
        for trail in self._progress.trails:
            lines += render(self.app.console, self._trail(trail), width - GAP)
        return indented(lines, GAP)

    def _rounds(self) -> Table | None:
        rows = self._progress.table()
        if not rows:
            return None
        table = Table.grid(padding=(0, GAP, 0, 0))
        for row in (HEAD, *rows):
            style = self.colours.dim if row is HEAD else self.colours.text
            table.add_row(*(Text(cell, style) for cell in row))
        return table

    def _known(self) -> Table | None:
        rows = list(self._progress.experience.rows())
        if not rows:
            return None
        table = Table.grid(padding=(0, GAP, 0, 0))
        table.add_column(no_wrap=True)
        for kind, text in rows:
            table.add_row(Text(kind, self.colours.dim), plain(text, self.colours.text))
        return table

    def _trail(self, trail: TrailLine) -> Text:
        opens = self.colours.link + link(f"{TRAIL}{trail.started.turn}")
        return Text(shown(str(trail)), opens, overflow="ellipsis", no_wrap=True)

    def _columns(self, width: int) -> list[Strip]:
        trails = self._progress.trails
        heads = [self._trail(trail) for trail in trails]
        texts = [plain(self._text(trail), self.colours.text) for trail in trails]
        wide = trails and (width - GAP * len(trails)) // len(trails) >= MIN_COLUMN
        if not wide:
            both = [part for pair in zip(heads, texts, strict=True) for part in pair]
            return [strip for part in both for strip in render(self.app.console, part, width)]
        table = Table.grid(padding=(0, GAP, 0, 0), expand=True)
        for _ in trails:
            table.add_column(ratio=1)
        table.add_row(*heads)
        table.add_row(*texts)
        return render(self.app.console, table, width)

    def _text(self, trail: TrailLine) -> str:
        return self._said(trail.started.turn) if trail.finished is not None else "…"
