"""The tracked number of a run as a picture."""

import math
from collections.abc import Sequence
from pathlib import Path

from qchat.runs.metric import Point, best
from qchat.runtime.language import tr

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 960, 540, 110, 30, 60, 60
INK, PALE, LINE, MARK = (30, 30, 30), (210, 210, 210), (40, 90, 200), (200, 60, 40)
TICKS = 5


def draw(points: Sequence[Point], file: Path) -> None:
    """Write a PNG of the number that was reported last, over its steps. Raises OSError."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415  only at the end of a run

    same = [p for p in points if p.name == points[-1].name]
    top = best(same)
    assert top is not None
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(18)
    low, high = min(p.value for p in same), max(p.value for p in same)
    spread = high - low
    margin = spread * 0.05 if math.isfinite(spread) and spread else abs(high) * 0.05 or 1.0
    low, high = low - margin, high + margin
    first, last = same[0].step, max(same[-1].step, same[0].step + 1)

    def at(point: Point) -> tuple[float, float]:
        across = (point.step - first) / (last - first)
        up = (point.value / 2 - low / 2) / (high / 2 - low / 2)  # halves: no sum is infinite
        return (
            LEFT + across * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM),
        )

    for tick in range(TICKS):
        share = tick / (TICKS - 1)
        y = HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
        pen.line((LEFT, y, WIDTH - RIGHT, y), PALE)
        value = f"{low * (1 - share) + high * share:.4g}"
        pen.text((LEFT - 10, y), value, INK, font, anchor="rm")
        step = f"{first + share * (last - first):.0f}"
        x = LEFT + share * (WIDTH - LEFT - RIGHT)
        pen.text((x, HEIGHT - BOTTOM + 10), step, INK, font, anchor="mt")
    places = [at(point) for point in same]
    if len(places) > 1:
        pen.line(places, LINE, 3)
    for x, y in places if len(places) < 200 else ():
        pen.ellipse((x - 3, y - 3, x + 3, y + 3), LINE)
    x, y = at(top)
    pen.ellipse((x - 7, y - 7, x + 7, y + 7), MARK)
    title = tr(
        "{name} ({better} is better): best {value:g} at step {step}",
        name=top.name,
        better=top.better,
        value=top.value,
        step=top.step,
    )
    shown = "".join(letter if letter.isprintable() else " " for letter in title)
    pen.text((LEFT, 20), shown, INK, font)
    picture.save(file, "PNG")
