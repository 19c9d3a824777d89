"""Colours of CSS as red, green, blue and alpha, and whether one is seen on another."""

import functools
import math
from typing import NamedTuple

import tinycss2
from tinycss2 import color5

MIN_CONTRAST = 1.3
"""Text of less contrast (WCAG 2, relative luminance) is not seen, unless its hue differs."""
_MIN_HUE_DISTANCE = 0.08
"""In the plane of a and b of Oklab."""


class Rgba(NamedTuple):
    """Components of sRGB and opacity, each from 0 to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def over(self, ground: "Rgba") -> "Rgba":
        """This colour painted on an opaque one."""
        return self.mixed(ground, self.alpha)

    def mixed(self, ground: "Rgba", share: float) -> "Rgba":
        """`share` of this colour, the rest of the other; opaque."""
        pairs = zip(self[:3], ground[:3], strict=True)
        return Rgba(*(own * share + other * (1 - share) for own, other in pairs))


WHITE, BLACK = Rgba(1, 1, 1), Rgba(0, 0, 0)
TRANSPARENT = Rgba(0, 0, 0, 0)
LINK = Rgba(0, 0, 0.93)

_SYSTEM = {
    "canvas": (WHITE, Rgba(0.07, 0.07, 0.07)), "canvastext": (BLACK, WHITE),
    "field": (WHITE, Rgba(0.23, 0.23, 0.23)), "fieldtext": (BLACK, WHITE),
    "buttonface": (Rgba(0.94, 0.94, 0.94), Rgba(0.42, 0.42, 0.42)), "buttontext": (BLACK, WHITE),
    "linktext": (LINK, Rgba(0.62, 0.62, 1)), "visitedtext": (Rgba(0.33, 0.1, 0.55),) * 2,
    "graytext": (Rgba(0.5, 0.5, 0.5),) * 2, "highlight": (Rgba(0.2, 0.4, 1),) * 2,
    "highlighttext": (WHITE, WHITE), "mark": (Rgba(1, 1, 0),) * 2, "marktext": (BLACK, BLACK),
    "window": (WHITE, BLACK), "windowtext": (BLACK, WHITE), "menu": (WHITE, BLACK),
    "menutext": (BLACK, WHITE), "background": (WHITE, BLACK), "text": (BLACK, WHITE),
}  # fmt: skip
"""System colours in a light and in a dark scheme (CSS Color 4)."""


@functools.lru_cache(maxsize=2_000)
def parsed(text: str, current: Rgba = BLACK, *, dark: bool = False) -> Rgba | None:
    """A colour by its CSS text; None for what is no colour, or cannot be worked out."""
    system = _SYSTEM.get(text)
    if system is not None:
        return system[dark]
    try:
        value = tinycss2.parse_one_component_value(text, skip_comments=True)
        if getattr(value, "type", "") == "function" and value.lower_name == "color-mix":
            return _mix(value.arguments, current, dark)
        schemes = ("dark",) if dark else ("light",)
        found = color5.parse_color(value, color_schemes=schemes)
    except (AssertionError, AttributeError, IndexError, TypeError, ValueError):
        return None
    if found == "currentcolor":
        return current
    return None if found is None else _as_srgb(found)


def _mix(arguments: list, current: Rgba, dark: bool) -> Rgba | None:  # type: ignore[type-arg]
    """color-mix(in space, a p%, b q%), mixed in sRGB: near enough to tell light from dark."""
    groups: list[list] = [[]]  # type: ignore[type-arg]
    for token in arguments:
        if token == ",":
            groups.append([])
        elif token.type not in ("whitespace", "comment"):
            groups[-1].append(token)
    if len(groups) != 3:
        return None
    colours, shares = [], []
    for group in groups[1:]:
        share = next((t.value / 100 for t in group if t.type == "percentage"), None)
        rest = [t for t in group if t.type != "percentage"]
        colour = parsed(tinycss2.serialize(rest).strip().lower(), current, dark=dark)
        if colour is None:
            return None
        colours.append(colour)
        shares.append(share)
    first, second = shares
    if first is None:
        first = 1 - second if second is not None else 0.5
    total = first + (second if second is not None else 1 - first)
    part = first / total if total else 0.5
    return Rgba(*(a * part + b * (1 - part) for a, b in zip(*colours, strict=True)))


def _as_srgb(colour: color5.Color) -> Rgba | None:
    try:
        match colour.space:
            case "srgb" | "hsl" | "hwb":
                return _clipped((*colour.to("srgb").coordinates, colour.alpha))
            case "srgb-linear":
                return _clipped((*map(_gamma, _numbers(colour)), colour.alpha))
            case "display-p3" | "a98-rgb" | "prophoto-rgb" | "rec2020":
                return _clipped((*_numbers(colour), colour.alpha))  # near enough
            case "lab" | "lch" | "xyz-d50":
                return _from_xyz(_numbers(colour.to("xyz-d50")), _FROM_D50, colour.alpha)
            case "oklab" | "oklch" | "xyz" | "xyz-d65":
                return _from_xyz(_numbers(colour.to("xyz-d65")), _FROM_D65, colour.alpha)
            case _:
                return None
    except (ArithmeticError, NotImplementedError, TypeError, ValueError):
        return None


_FROM_D65 = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
_FROM_D50 = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)


def _numbers(colour: color5.Color) -> tuple[float, ...]:
    return tuple(value or 0.0 for value in colour.coordinates)


def _from_xyz(xyz: tuple[float, ...], matrix: tuple[tuple[float, ...], ...], alpha: float) -> Rgba:
    linear = (sum(m * v for m, v in zip(row, xyz, strict=True)) for row in matrix)
    return _clipped((*map(_gamma, linear), alpha))


def _gamma(value: float) -> float:
    value = min(max(value, 0.0), 1.0)
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _clipped(values: tuple[float, ...]) -> Rgba:
    return Rgba(*(min(max(value, 0.0), 1.0) for value in values))


def is_seen_on(text: Rgba, ground: Rgba) -> bool:
    """Whether opaque text stands out from an opaque ground, by its light or by its hue."""
    light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
    if (light + 0.05) / (dark + 0.05) >= MIN_CONTRAST:
        return True
    (_, a, b), (_, c, d) = _oklab(text), _oklab(ground)
    return math.hypot(a - c, b - d) >= _MIN_HUE_DISTANCE


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


@functools.lru_cache(maxsize=4_000)
def luminance(colour: Rgba) -> float:
    """Relative luminance (WCAG 2), from 0 to 1."""
    red, green, blue = map(_linear, colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@functools.lru_cache(maxsize=4_000)
def _oklab(colour: Rgba) -> tuple[float, float, float]:
    """Björn Ottosson, "A perceptual color space for image processing" (2020)."""
    r, g, b = map(_linear, colour[:3])
    l = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)  # noqa: E741
    m = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    s = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    )
