"""How well a colour can be read on a ground, and colours moved until they can."""

from collections.abc import Iterable
from functools import lru_cache

MIN_TEXT = 4.5
"""WCAG 2's contrast for text (AA), from 1 to 21."""

Rgb = tuple[int, int, int]


def rgb(colour: str) -> Rgb:
    """Red, green and blue of `#rrggbb` or `#rgb`."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


@lru_cache(4096)
def luminance(colour: Rgb) -> float:
    """Relative luminance as WCAG 2 defines it, from 0 to 1."""
    red, green, blue = (_linear(value / 255) for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: Rgb, second: Rgb) -> float:
    """WCAG 2's contrast ratio, from 1 to 21."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(colour: str, grounds: Iterable[str], least: float = MIN_TEXT) -> str:
    """The colour, moved towards white or black by as little as makes it readable on all grounds."""
    own, behind = rgb(colour), [rgb(ground) for ground in grounds]
    dark = sum(luminance(ground) for ground in behind) / max(len(behind), 1) < 0.18
    goal = (255, 255, 255) if dark else (0, 0, 0)
    for step in range(21):
        moved = _mix(own, goal, step / 20)
        if all(contrast(moved, ground) >= least for ground in behind):
            return "#{:02x}{:02x}{:02x}".format(*moved)
    return "#{:02x}{:02x}{:02x}".format(*goal)


def _mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
