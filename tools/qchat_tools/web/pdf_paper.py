"""What is painted on a page of a PDF, and what later marks leave of its letters."""

from collections.abc import Sequence
from typing import Any

import msgspec

from qchat_tools.web.css.colors import WHITE, Rgba
from qchat_tools.web.pdf_geometry import Point, Rect

MAX_MARKS = 4_000
_MAX_CORNERS = 400
_BIG = 1_000.0
"""Square points: smaller marks are not followed where a page has very many."""
_ACROSS, _DOWN = 12, 3
_MIN_LEFT = 0.15
"""Share of a text that has to be free of marks for it to be read."""


class Shape(msgspec.Struct, frozen=True):
    """An area: the polygons that surround it, or a whole box where there are none."""

    box: Rect
    polygons: tuple[tuple[Point, ...], ...] = ()
    even_odd: bool = False

    def holds(self, point: Point) -> bool:
        """Whether a point lies within (ISO 32000-2, 8.5.3.3)."""
        x, y = point
        if not (self.box.x0 <= x <= self.box.x1 and self.box.y0 <= y <= self.box.y1):
            return False
        if not self.polygons:
            return True
        turns = sum(_turns(corners, x, y) for corners in self.polygons)
        return turns % 2 == 1 if self.even_odd else turns != 0


def _turns(corners: Sequence[Point], x: float, y: float) -> int:
    """How often a polygon goes around a point, counted against the clock."""
    count = 0
    before = corners[-1]
    for corner in corners:
        (x0, y0), (x1, y1) = before, corner
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            count += 1 if y1 > y0 else -1
        before = corner
    return count


class Shown(msgspec.Struct):
    """Letters that were painted: where they can be taken out, and what stands for them then."""

    holder: list[Any]
    indices: tuple[int, ...]
    place: Rect
    seen: bool
    length: int
    free: list[Point] | None = None
    """Points of it on which nothing lies; None while nothing has come near."""


class Paper:
    """The marks on a page, in the order in which they are made."""

    def __init__(self) -> None:
        self.texts: list[Shown] = []
        self._marks: list[tuple[Shape, Rgba | None]] = []

    def paint(self, shape: Shape, colour: Rgba | None) -> None:
        """Something opaque lies on what was there; None for a colour that is not known."""
        many = len(self._marks) > MAX_MARKS
        if (many and shape.box.area < _BIG) or sum(map(len, shape.polygons)) > _MAX_CORNERS:
            return
        self._marks.append((shape, colour))
        for shown in self.texts[-MAX_MARKS:]:
            if shown.seen and shape.box.meets(shown.place):
                _cover(shown, shape)

    def ground(self, place: Rect) -> Rgba | None:
        """The colour that letters are painted on; None under a picture."""
        points = _points(place)
        for shape, colour in reversed(self._marks):
            if not shape.box.meets(place):
                continue
            if shape.box.covers(place) and not shape.polygons:
                return colour
            if sum(map(shape.holds, points)) >= len(points) * (1 - _MIN_LEFT):
                return colour
        return WHITE


def _cover(shown: Shown, shape: Shape) -> None:
    if not shape.polygons and shape.box.covers(shown.place):
        shown.seen = False
        return
    if shown.free is None:
        shown.free = _points(shown.place)
    shown.free = [point for point in shown.free if not shape.holds(point)]
    shown.seen = len(shown.free) > _ACROSS * _DOWN * _MIN_LEFT


def _points(place: Rect) -> list[Point]:
    """Points spread over a text, its margins aside."""
    width, height = place.x1 - place.x0, place.y1 - place.y0
    return [
        (place.x0 + (i + 0.5) / _ACROSS * width, place.y0 + (j + 0.5) / _DOWN * height)
        for i in range(_ACROSS)
        for j in range(_DOWN)
    ]
