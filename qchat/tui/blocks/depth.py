"""A turn of several trails, as one line that opens: rounds, what they found, and the trails."""

from collections.abc import Callable
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.strip import Strip

from qchat.conversation.citations import Known
from qchat.depth.progress import COMPARE, HEAD, DepthEvent, Progress, TrailLine
from qchat.protocol.events import DepthStarted
from qchat.runtime.language import tr
from qchat.tui.blocks.block import Block, arrow
from qchat.tui.blocks.columns import Column, side_by_side
from qchat.tui.render.click_targets import TRAIL, link
from qchat.tui.render.strips import indented, plain, render, shown

GAP = 2

Said = Callable[[int], str]
"""What a trail has said by now, by the id of its turn."""


class DepthBlock(Block):
    """Grows with the events of the turn; Enter or a click on a trail opens it."""

    KIND: ClassVar[str] = "depth"

    def __init__(self, said: Said, known: Known) -> None:
        """`known` says which sources an answer may cite."""
        super().__init__()
        self._progress = Progress()
        self._said = said
        self._known_sources = known
        self._columns: dict[int, Column] = {}
        """Of compared answers, by the ids of their turns."""
        self._stopped = False
        self.folded = True

    @property
    def source(self) -> str:
        said = [self._progress.title, *self._progress.lines()]
        if self.compares:
            for trail in self._progress.trails:
                said += ["", f"{trail.started.label}:", self._said(trail.started.turn)]
        return "\n".join(said)

    @property
    def call(self) -> str:
        """The call whose result it gives; empty where it answers the turn."""
        return self._progress.begun.call

    @property
    def compares(self) -> bool:
        """Whether its columns show the answers themselves, the one that goes on among them."""
        return self._progress.begun.mode == COMPARE

    def feed(self, event: DepthEvent) -> None:
        """The next event."""
        self._progress.feed(event)
        if isinstance(event, DepthStarted) and self.compares:
            self.folded = False  # it is asked for to be looked at
        self.changed()

    def tick(self) -> None:
        """Look how far the answers side by side have come."""
        if not self._progress.over and self.compares and not self.folded and self._fill():
            self.grown()

    def end(self, *, stopped: bool) -> None:
        """The turn is over, by its own end or before it."""
        if not self._progress.over:
            self._progress.end()
            self._stopped = stopped and not self.compares and not self.call
            self.changed()

    def title(self) -> Text:
        line = Text(arrow(folded=self.folded), self.colours.dim, overflow="ellipsis", no_wrap=True)
        line.append(self._progress.title)
        if self._stopped:
            line.append(f" · {tr('/deep --continue goes on')}", self.colours.warning)
        return line

    def body(self, width: int) -> list[Strip]:
        if self.compares:
            self._fill()
            columns = [
                (self._trail(trail), self._columns[trail.started.turn])
                for trail in self._progress.trails
            ]
            console = self.app.console
            return side_by_side(console, columns, width, self.colours, self._known_sources)
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

    def _fill(self) -> bool:
        """Let each column show what its trail has said by now; whether any shows more."""
        more = False
        for trail in self._progress.trails:
            column = self._columns.setdefault(trail.started.turn, Column())
            more |= column.show(self._said(trail.started.turn) or "…")
        return more
