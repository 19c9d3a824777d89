"""An answer as a block: Markdown that is drawn as it streams."""

from textual.strip import Strip

from qchat.conversation.citations import Known
from qchat.tui.blocks.block import Block
from qchat.tui.render.split import Piece, Splitter
from qchat.tui.render.strips import blank, render


class AnswerBlock(Block):
    """Markdown that is drawn as it streams: what is complete is drawn once, the tail again."""

    def __init__(self, known: Known = lambda _number: False) -> None:
        """`known` says which sources it may cite."""
        super().__init__()
        self.add_class("answer")
        self._known = known
        self._text: list[str] = []
        self._splitter = Splitter()
        self._complete: list[Piece] = []
        self._strips: list[Strip] = []
        """The complete blocks as they were drawn, for `_width`."""
        self._drawn_blocks = 0
        self._width = 0
        self._columns: list[int] = []
        """Widths of the table that is being drawn, for its further pieces."""

    @property
    def source(self) -> str:
        return "".join(self._text)

    def codes(self) -> list[tuple[str, str]]:
        from qchat.tui.render.markdown import fences  # noqa: PLC0415

        return fences(self.source)

    def append(self, text: str) -> None:
        self._text.append(text)
        self._complete += self._splitter.feed(text)
        self.grown()

    def close(self) -> None:
        self._complete += self._splitter.close()
        self.grown()

    def restyle(self) -> None:
        super().restyle()
        self._width = 0

    def body(self, width: int) -> list[Strip]:
        if width != self._width:
            self._strips, self._drawn_blocks, self._width = [], 0, width
        for piece in self._complete[self._drawn_blocks :]:
            self._strips += self._draw(piece, width, first=not self._drawn_blocks)
            self._drawn_blocks += 1
        tail = self._splitter.tail
        if not tail.text.strip():
            return list(self._strips)
        return self._strips + self._draw(tail, width, first=not self._drawn_blocks)

    def _draw(self, piece: Piece, width: int, *, first: bool) -> list[Strip]:
        if not piece.continues:
            self._columns = []
        from qchat.tui.render.markdown import markdown  # noqa: PLC0415  its parser is slow to load

        body = markdown(piece.text, self.colours, self._columns, self._known)
        lines = render(self.app.console, body, width)
        return lines if first or piece.continues else [blank(), *lines]
