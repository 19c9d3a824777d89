"""Text that a later box is drawn over: pulled up by a margin, moved there, or put in the same cell.

No layout is known, so one is guessed: blocks below each other, lines of a usual length. It is done
only for pages on which something is pulled. In what order boxes are painted is not guessed: the
ground of a plain block lies under all text, however late it comes (CSS 2.2, Appendix E).
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from qchat_tools.web.css.boxes import LETTER_WIDTH, given
from qchat_tools.web.css.cascade import Declared
from qchat_tools.web.css.lengths import Base, length

Text = tuple[Any, bool]
"""An element, and whether its text is what follows it."""

_LINE = 800.0
_LINE_HEIGHT = 1.3
_MAX_DEPTH = 200
_MAX_PAIRS = 200_000
_COVERED_HEIGHT, _COVERED_WIDTH = 0.6, 0.8
"""Shares of a text that have to be under a box: so guessed places may be somewhat wrong."""
_PULLED = -6.0
"""Pixels: less than this covers no letters."""
_BLOCK_NAMES = """
    address article aside blockquote body center dd details dialog div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html li main menu nav ol p pre search
    section summary table tbody td tfoot th thead tr ul
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_SPACED = frozenset(("p", "ul", "ol", "dl", "blockquote", "figure", "pre"))
_PICTURES = ("img", "video", "iframe", "canvas", "object")
_CONTEXTS = {
    **dict.fromkeys(("transform", "translate", "scale", "rotate", "filter", "mask-image"), "none"),
    "mix-blend-mode": "normal",
    "opacity": "1",
}
"""What makes a layer of an element, unless it has this value."""


class Styled(NamedTuple):
    """What is known of an element that something is declared for."""

    own: Declared
    font_size: float
    x: float
    """How far it is moved from where it would be, in pixels; margins count."""
    y: float
    opaque: bool
    drawn: "tuple[Styled, ...]" = ()
    """What a sheet draws in it, before its text or after that."""


class Drawn(NamedTuple):
    """One of these, and the element that it is drawn in."""

    element: Any
    styled: Styled


class _Rect(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


def _cell(own: Declared) -> str | None:
    """The cell of a grid that an element is put in by name or number."""
    row, column = own.get("grid-row", ""), own.get("grid-column", "")
    named = own.get("grid-area", f"{row} / {column}" if row and column else "auto")
    return None if "auto" in named else named.replace(" ", "")


def _is_positioned(own: Declared) -> bool:
    return own.get("position", "static") in ("relative", "sticky", "absolute", "fixed")


def is_pulled(own: Declared, x: float, y: float) -> bool:
    """Whether an element, or what follows it, may come to lie over what stands before it."""
    below = length(own.get("margin-bottom", "0"), Base()) or 0.0
    return min(x, y, below) < _PULLED or _cell(own) is not None


def covered(root: Any, styled: Mapping[Any, Styled], texts: set[Text]) -> set[Text]:
    """Those of the texts that a later box lies over."""
    layout = _Layout(styled)
    layout.block(root, 0.0, 0.0, _LINE, 0)
    found: set[Text] = set()
    before: list[tuple[Text, _Rect]] = []
    lowest = 0.0
    pairs = 0
    for key, rect in layout.placed:
        if isinstance(key, tuple) and not isinstance(key, Drawn):
            if key in texts:
                before.append((key, rect))
                lowest = max(lowest, rect.bottom)
            continue
        opaque = isinstance(key, Drawn) or styled[key].opaque
        if rect.top >= lowest or not opaque or pairs > _MAX_PAIRS:
            continue
        pairs += len(before)
        found |= {t for t, r in before if _is_under(r, rect) and layout.is_above(key, t)}
    return found


def _is_under(text: _Rect, box: _Rect) -> bool:
    across = min(text.right, box.right) - max(text.left, box.left)
    down = min(text.bottom, box.bottom) - max(text.top, box.top)
    return (
        across >= _COVERED_WIDTH * (text.right - text.left) > 0
        and down >= _COVERED_HEIGHT * (text.bottom - text.top) > 0
    )


class _Layout:
    """Where texts and styled elements stand, in the order of the page; all in pixels."""

    def __init__(self, styled: Mapping[Any, Styled]) -> None:
        self._styled = styled
        self.placed: list[tuple[Any, _Rect]] = []

    def block(self, element: Any, left: float, top: float, width: float, depth: int) -> float:
        """Place what is in an element; gives its height."""
        own, size, *_ = self._styled.get(element, _PLAIN)
        width = given(own, "width", width, size) or width
        base = Base(size, width)
        above = length(own.get("padding-top", "0"), base) or 0.0
        under = length(own.get("padding-bottom", "0"), base) or 0.0
        place = len(self.placed)
        for drawn in self._styled.get(element, _PLAIN).drawn:
            at, far = top + above + drawn.y, left + width
            tall = given(drawn.own, "height", None, drawn.font_size) or 0.0
            self.placed.append((Drawn(element, drawn), _Rect(left + drawn.x, at, far, at + tall)))
        inner = self._content(element, left, top + above, width, depth) + above + under
        least = length(own.get("min-height", ""), base) or 0.0
        high = given(own, "height", None, size)
        high = max(inner, least) if high is None else high
        if element in self._styled:
            self.placed.insert(place, (element, _Rect(left, top, left + width, top + high)))
        return high

    def _content(self, element: Any, left: float, top: float, width: float, depth: int) -> float:
        if depth > _MAX_DEPTH:
            return 0.0
        run = _Run(left, width)
        beside = self._is_row(element)
        y, x, margin, row = top, left, 0.0, 0.0
        cells: dict[str, float] = {}
        children = [c for c in element if isinstance(c.tag, str)]
        share = width / max(len(children), 1) if beside else width
        size = self._size(element)
        run.add((element, False), element.text, size)
        for child in children:
            style = self._styled.get(child, _PLAIN)
            if not self._is_block(child) and not self._is_item(child):
                self._inline(child, run, depth)
            elif style.own.get("position") not in ("absolute", "fixed"):
                if run:
                    y, margin = y + max(margin, 0.0), 0.0
                    y += self._flush(run, y)
                over, below = self._margins(child)
                gap = max(0.0, margin, over) + min(0.0, margin, over)
                moved = style.y - self._own_margin(style)
                cell = _cell(style.own) if self._is_item(child) else None
                at = y + gap if cell is None else cells.setdefault(cell, y + gap)
                high = self.block(child, x + style.x, at + moved, share, depth + 1)
                if beside:
                    row, x = max(row, gap + high + below), x + share
                else:
                    y, margin = max(y, at + high) if cell else at + high, below
            run.add((child, True), child.tail, size)
        y += max(margin, 0.0)
        return y + max(self._flush(run, y), row) - top

    def _inline(self, element: Any, run: "_Run", depth: int) -> None:
        style = self._styled.get(element, _PLAIN)
        size = style.font_size
        start = run.x
        run.add((element, False), element.text, size)
        for child in element if depth < _MAX_DEPTH else ():
            if isinstance(child.tag, str):
                self._inline(child, run, depth + 1)
            run.add((child, True), child.tail, size)
        if element in self._styled and (self._is_atom(element) or _is_positioned(style.own)):
            wide = given(style.own, "width", run.width, size)
            high = given(style.own, "height", None, size)
            over = self._own_margin(style)
            tall = high or size * _LINE_HEIGHT
            run.box(element, start + style.x, wide, tall, over, style.y - over)

    def _flush(self, run: "_Run", y: float) -> float:
        placed, high = run.lines(y)
        self.placed += placed
        return high

    def _margins(self, element: Any) -> tuple[float, float]:
        own, size, *_ = self._styled.get(element, _PLAIN)
        heading = len(element.tag) == 2 and element.tag[0] == "h" and element.tag[1].isdigit()
        usual = size if heading or element.tag in _SPACED else 0.0
        both = (length(own.get(f"margin-{side}", ""), Base(size)) for side in ("top", "bottom"))
        over, below = (usual if value is None else value for value in both)
        return over, below

    def _own_margin(self, style: Styled) -> float:
        """As `placed` reckons it, which has it in `y`."""
        return length(style.own.get("margin-top", "0"), Base(style.font_size)) or 0.0

    def _size(self, element: Any) -> float:
        for each in (element, *element.iterancestors()):
            if each in self._styled:
                return self._styled[each].font_size
        return _PLAIN.font_size

    def _display(self, element: Any) -> str:
        return self._styled.get(element, _PLAIN).own.get("display", "")

    def _is_block(self, element: Any) -> bool:
        display = self._display(element)
        return not display.startswith("inline") if display else element.tag in _BLOCKS

    def _is_atom(self, element: Any) -> bool:
        return self._display(element).startswith("inline-") or element.tag in _PICTURES

    def _is_item(self, element: Any) -> bool:
        parent = element.getparent()
        return parent is not None and self._display(parent).endswith(("flex", "grid"))

    def _is_row(self, element: Any) -> bool:
        own = self._styled.get(element, _PLAIN).own
        display = own.get("display", "")
        if display.endswith("flex"):
            return not own.get("flex-direction", "row").startswith("column")
        columns = own.get("grid-template-columns", "")
        return element.tag == "tr" or (display.endswith("grid") and " " in columns)

    def is_above(self, box: Any, text: Text) -> bool:
        """Whether a later box is painted over a text: over all that is not lifted higher."""
        element = text[0].getparent() if text[1] else text[0]
        own = [element, *element.iterancestors()] if element is not None else []
        drawn = isinstance(box, Drawn)
        element = box.element if drawn else box
        if element in own and not drawn:
            return False
        mine = [element, *element.iterancestors()]
        shared = set(own) & set(mine)
        level = self._level([e for e in mine if e not in shared])
        if drawn and level is None and _is_positioned(box.styled.own):
            level = 0.5
        return level is not None and level >= (
            self._level([e for e in own if e not in shared]) or 0.0
        )

    def _level(self, chain: list[Any]) -> float | None:
        """Of the outermost layer among elements inside of each other; None for the page's own."""
        level: float | None = None
        for element in reversed(chain):
            own = self._styled.get(element, _PLAIN).own
            index = length(own.get("z-index", ""), Base())
            item = self._is_item(element)
            if index is not None and (_is_positioned(own) or item):
                return index + 0.5 if index >= 0 else index
            if _is_positioned(own) or any(own.get(n, v) != v for n, v in _CONTEXTS.items()):
                level = 0.5
            elif level is None and (item or self._is_atom(element)):
                level = 0.0
        return level


_PLAIN = Styled({}, 16.0, 0.0, 0.0, opaque=False)


class _Run:
    """Text and boxes on the same lines, until a block ends them."""

    def __init__(self, left: float, width: float) -> None:
        self.width = width
        self.x = self._left = left
        self._texts: list[tuple[Text, float, float, float]] = []
        self._boxes: list[tuple[Any, float, float | None, float, float]] = []
        self._high = 0.0

    def __bool__(self) -> bool:
        return bool(self._texts or self._boxes)

    def add(self, key: Text, text: str | None, size: float) -> None:
        if text and not text.isspace():
            wide = len(text.strip()) * size * LETTER_WIDTH
            self._texts.append((key, self.x, wide, size))
            self.x += wide
            self._high = max(self._high, size * _LINE_HEIGHT)

    def box(
        self, key: Any, left: float, wide: float | None, high: float, over: float, moved: float
    ) -> None:
        """A box of its own on the line: `over` is its margin, by `moved` it leaves its place."""
        self._boxes.append((key, left, wide if wide is not None else self.x - left, high, moved))
        self._high = max(self._high, high + over, _PLAIN.font_size * _LINE_HEIGHT)

    def lines(self, y: float) -> tuple[Iterator[tuple[Any, _Rect]], float]:
        """Where all of it stands, and how high that is; begins anew."""
        texts, boxes, self._texts, self._boxes = self._texts, self._boxes, [], []
        whole, self.x, line, self._high = self.x - self._left, self._left, self._high, 0.0
        high = line * max(1, -(-whole // max(self.width, 1.0)))
        one = whole <= self.width
        end = self._left + self.width
        places = [
            (key, _Rect(x, y, x + wide, y + line) if one else _Rect(self._left, y, end, y + high))
            for key, x, wide, _ in texts
        ]
        places += [
            (key, _Rect(x, y + high - tall + moved, x + (wide or 0.0), y + high + moved))
            for key, x, wide, tall, moved in boxes
        ]
        return iter(places), high if texts or boxes else 0.0
