"""A drawing of lines, dots and words, as SVG and as PNG: it looks alike without any font installed.

SVG takes its letters from whoever shows it; PNG from the font that Pillow brings along.
"""

import html
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, assert_never

import msgspec

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

Anchor = Literal["start", "middle", "end"]
GRID, INK = "#e5e7eb", "#111827"
_PILLOW = {"start": "ls", "middle": "ms", "end": "rs"}


class Line(msgspec.Struct, frozen=True):
    """From one point to another, in pixels."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str = GRID
    width: int = 1


class Dot(msgspec.Struct, frozen=True):
    x: float
    y: float
    colour: str = INK
    radius: int = 6


class Label(msgspec.Struct, frozen=True):
    """Words, whose baseline begins, has its middle or ends at a point."""

    x: float
    y: float
    text: str
    anchor: Anchor = "middle"
    size: int = 13


Shape = Line | Dot | Label


class Drawing(msgspec.Struct, frozen=True):
    """Shapes on white, the first ones below."""

    width: int
    height: int
    shapes: tuple[Shape, ...]

    def svg(self) -> str:
        inner = "\n".join(_svg(shape) for shape in self.shapes)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'font-family="sans-serif">\n<rect width="{self.width}" height="{self.height}" '
            f'fill="white"/>\n{inner}\n</svg>'
        )

    def png(self, scale: int = 2) -> bytes:
        from PIL import Image, ImageDraw  # noqa: PLC0415  slow to load, and only for pictures

        image = Image.new("RGB", (self.width * scale, self.height * scale), "white")
        draw = ImageDraw.Draw(image)
        for shape in self.shapes:
            match shape:
                case Line(x1, y1, x2, y2, colour, width):
                    ends = [(x1 * scale, y1 * scale), (x2 * scale, y2 * scale)]
                    draw.line(ends, fill=colour, width=width * scale)
                case Dot(x, y, colour, radius):
                    draw.circle((x * scale, y * scale), radius * scale, fill=colour)
                case Label():
                    _write(draw, shape, scale)
                case _:
                    assert_never(shape)
        out = io.BytesIO()
        image.save(out, "PNG")
        return out.getvalue()


def _write(draw: "ImageDraw", label: Label, scale: int) -> None:
    from PIL import ImageFont  # noqa: PLC0415

    font = ImageFont.load_default(label.size * scale)
    at = (label.x * scale, label.y * scale)
    draw.text(at, label.text, fill=INK, font=font, anchor=_PILLOW[label.anchor])


def _svg(shape: Shape) -> str:
    match shape:
        case Line(x1, y1, x2, y2, colour, width):
            ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
            return f'<line {ends} stroke="{colour}" stroke-width="{width}"/>'
        case Dot(x, y, colour, radius):
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>'
        case Label(x, y, text, anchor, size):
            where = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
            return f"<text {where}>{html.escape(text)}</text>"
        case _:
            assert_never(shape)


def axis(marks: Sequence[tuple[float, str]], y1: float, y2: float, below: float) -> list[Shape]:
    """Upright lines at these places, with words below."""
    lines: list[Shape] = [Line(x, y1, x, y2) for x, _ in marks]
    return [*lines, *(Label(x, below, text) for x, text in marks)]
