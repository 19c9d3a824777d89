"""A path of a PDF: what it surrounds, and the lines that it consists of."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from qchat_tools.web.pdf_geometry import Matrix, Point, Rect, curved, moved
from qchat_tools.web.pdf_paper import Shape

_STRAIGHT = 1.0
"""Points by which a line may lean that counts as level or upright."""


class Path:
    """The current path, in the coordinates of its page."""

    def __init__(self) -> None:
        self._boxes = 0
        self._polygons: list[list[Point]] = []

    def box(self, matrix: Matrix, x: float, y: float, width: float, height: float) -> None:
        """A rectangle: its own part of the path."""
        upright = not (matrix[1] or matrix[2]) or not (matrix[0] or matrix[3])
        self._boxes += upright
        corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
        self._polygons.append([moved(matrix, *corner) for corner in corners])

    def move(self, matrix: Matrix, v: Sequence[Any]) -> None:
        """Begin a part of the path."""
        self._polygons.append([moved(matrix, float(v[0]), float(v[1]))])

    def line(self, matrix: Matrix, v: Sequence[Any]) -> None:
        """Go on by a line."""
        self._polygons[-1].append(moved(matrix, float(v[0]), float(v[1])))

    def curve(self, matrix: Matrix, kind: str, v: Sequence[Any]) -> None:
        """Go on by a curve: `c`, or `v` and `y`, which leave out a point of control."""
        numbers = list(map(float, v))
        points = [moved(matrix, *pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
        start = self._polygons[-1][-1]
        if kind == "v":
            points = [start, *points]
        elif kind == "y":
            points = [*points, points[-1]]
        self._polygons[-1] += curved(start, *points)

    def hull(self) -> Rect | None:
        """The box around all of it; None for a path of nothing."""
        xs = [x for polygon in self._polygons for x, _ in polygon]
        ys = [y for polygon in self._polygons for _, y in polygon]
        return Rect(min(xs), min(ys), max(xs), max(ys)) if xs else None

    def area(self, clip: Rect, *, even_odd: bool) -> Shape | None:
        """What filling it covers."""
        hull = self.hull()
        if hull is None:
            return None
        polygons = tuple(tuple(polygon) for polygon in self._polygons if len(polygon) > 2)
        whole = self._boxes == 1 and len(polygons) == 1
        return Shape(hull.within(clip), () if whole else polygons, even_odd)

    def lines(self, width: float) -> Iterator[Rect]:
        """Its level and upright lines as the boxes that they cover."""
        half = width / 2
        for polygon in self._polygons:
            for (x0, y0), (x1, y1) in itertools.pairwise(polygon):
                if abs(x1 - x0) <= _STRAIGHT:
                    yield Rect(min(x0, x1) - half, min(y0, y1), max(x0, x1) + half, max(y0, y1))
                elif abs(y1 - y0) <= _STRAIGHT:
                    yield Rect(min(x0, x1), min(y0, y1) - half, max(x0, x1), max(y0, y1) + half)
