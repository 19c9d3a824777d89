"""Colours for a terminal before Rich is loaded, which would choose the same ones."""

from collections.abc import Callable, Mapping

Rgb = tuple[int, int, int]
Paint = Callable[[str, str], str]
"""From two colours as `#rrggbb`, of the letters and behind them, to the sequence for both."""

PLAIN, REVERSED = "\x1b[m", "\x1b[7m"
GREY_BELOW = 0.15
"""Saturation under which a colour is drawn as a grey, as Rich does it."""


def painter(environment: Mapping[str, str]) -> Paint:
    """How this terminal is told of colours: exactly, by the nearest of 256, or not at all."""
    if environment.get("NO_COLOR"):
        return _plain
    if environment.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return lambda front, behind: f"\x1b[38;2;{_exact(front)};48;2;{_exact(behind)}m"
    if environment.get("TERM", "").endswith("256color"):
        return lambda front, behind: f"\x1b[38;5;{nearest(front)};48;5;{nearest(behind)}m"
    return _plain


def _plain(_front: str, _behind: str) -> str:
    return PLAIN


def _exact(colour: str) -> str:
    return ";".join(map(str, _rgb(colour)))


def nearest(colour: str) -> int:
    """The number of the colour among the 256 of xterm that Rich takes for it."""
    red, green, blue = _rgb(colour)
    most, least = max(red, green, blue) / 255, min(red, green, blue) / 255
    light = (most + least) / 2
    spread = most - least
    rest = most + least if light <= 0.5 else 2 - most - least
    if not spread or spread / rest < GREY_BELOW:
        grey = round(light * 25)
        return 16 if grey == 0 else 231 if grey == 25 else 231 + grey
    red, green, blue = (_of_six(value) for value in (red, green, blue))
    return 16 + 36 * red + 6 * green + blue


def _of_six(value: int) -> int:
    """Which of the six steps of a colour cube."""
    return round(value / 95 if value < 95 else 1 + (value - 95) / 40)


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
