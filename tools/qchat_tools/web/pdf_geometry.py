"""Geometry of a PDF page: boxes in points, and the matrices that move them (ISO 32000-2, 8.3)."""

from typing import Any

import msgspec

MIN_COVER = 0.9
"""Of a box that is painted over; what still peeps out of it cannot be read."""

Matrix = tuple[float, float, float, float, float, float]
Point = tuple[float, float]
UNIT: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Rect(msgspec.Struct, frozen=True):
    """A box in the page's own coordinates, in points."""

    x0: float
    y0: float
    x1: float
    y1: float

    def meets(self, other: "Rect") -> bool:
        """Whether they have more than an edge in common."""
        return (
            self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1
        )

    def within(self, other: "Rect") -> "Rect":
        """What of it lies in the other one."""
        return Rect(
            max(self.x0, other.x0), max(self.y0, other.y0),
            min(self.x1, other.x1), min(self.y1, other.y1),
        )  # fmt: skip

    @property
    def area(self) -> float:
        return max(self.x1 - self.x0, 0.0) * max(self.y1 - self.y0, 0.0)

    def covers(self, other: "Rect") -> bool:
        """Whether nothing readable of the other one is left beside it."""
        return self.within(other).area >= other.area * MIN_COVER


def rect_of(v: list[float]) -> Rect:
    """A box by two of its corners, whichever those are."""
    return Rect(min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3]))


def matrix_of(v: list[Any]) -> Matrix:
    """A matrix from six operands. Raises TypeError, ValueError for anything else."""
    a, b, c, d, e, f = map(float, v)
    return (a, b, c, d, e, f)


def times(a: Matrix, b: Matrix) -> Matrix:
    """First `a`, then `b`."""
    return (
        a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4], a[4] * b[1] + a[5] * b[3] + b[5],
    )  # fmt: skip


def bounds(matrix: Matrix, x: float, y: float, width: float, height: float) -> Rect:
    """The box around a rectangle once a matrix has moved it."""
    corners = [(x, y), (x + width, y), (x, y + height), (x + width, y + height)]
    xs = [matrix[0] * a + matrix[2] * b + matrix[4] for a, b in corners]
    ys = [matrix[1] * a + matrix[3] * b + matrix[5] for a, b in corners]
    return Rect(min(xs), min(ys), max(xs), max(ys))


def moved(matrix: Matrix, x: float, y: float) -> Point:
    """Where a matrix takes a point."""
    return (matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5])


def curved(p0: Point, p1: Point, p2: Point, p3: Point) -> list[Point]:
    """Points of a Bézier curve after its first one."""
    points = []
    for step in range(1, CURVE_STEPS + 1):
        t = step / CURVE_STEPS
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
        points.append(
            (
                a * p0[0] + b * p1[0] + c * p2[0] + d * p3[0],
                a * p0[1] + b * p1[1] + c * p2[1] + d * p3[1],
            )
        )
    return points


CURVE_STEPS = 6
