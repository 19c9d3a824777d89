"""An answer as a block: Markdown that is drawn as it streams."""

from typing import TYPE_CHECKING

from textual.strip import Strip

from qchat.conversation.citations import Known
from qchat.tui.blocks.block import Block

if TYPE_CHECKING:
    from qchat.tui.render.document import Document
    from qchat.tui.render.markdown import Painter


class AnswerBlock(Block):
    """Markdown that is drawn as it streams: what can no longer change is drawn once."""

    def __init__(self, known: Known = lambda _number: False) -> None:
        """`known` says which sources it may cite."""
        super().__init__()
        self.add_class("answer")
        self._known = known
        self._text: list[str] = []
        self._read: Document | None = None
        self._strips: list[Strip] = []
        """The settled pieces as they were drawn, for `_drawn_for`."""
        self._pieces = 0
        """How many those are."""
        self._drawn_for: object = None
        self._painter: Painter | None = None
        """Who drew it the last time, and knows what was drawn."""

    @property
    def source(self) -> str:
        return "".join(self._text)

    @property
    def _document(self) -> "Document":
        if self._read is None:
            from qchat.tui.render.document import Document  # noqa: PLC0415  its parser loads slowly

            self._read = Document()
        return self._read

    def codes(self) -> list[tuple[str, str]]:
        return self._document.codes()

    def append(self, text: str) -> None:
        self._text.append(text)
        self._document.append(text)
        self.grown()

    def close(self) -> None:
        self._document.close()
        self.grown()

    def body(self, width: int) -> list[Strip]:
        from qchat.tui.render.markdown import Painter  # noqa: PLC0415  as above

        document, colours = self._document, self.colours
        if self._drawn_for != (width, colours, document.version):
            self._strips, self._pieces, self._painter = [], 0, None
            self._drawn_for = (width, colours, document.version)
        painter = Painter(colours, self._known, width, self._painter)
        begun = bool(self._strips)
        self._strips += document.strips(self._pieces, document.settled, painter, begun=begun)
        self._pieces = document.settled
        painter.forget_codes(document.settled_codes)
        begun, last = bool(self._strips), len(document.pieces)
        open_ = document.strips(document.settled, last, painter, begun=begun)
        self._painter = painter
        return self._strips + open_
