"""Colours of a PDF, near enough to tell whether letters stand out from their ground."""

from typing import Any

from qchat_tools.web.css.colors import Rgba


def colour_of(space: Any, values: list[Any], resources: Any) -> Rgba | None:
    """A colour by its space and components; None for a pattern and what is not known."""
    space = _resolved(space, resources)
    name = space[0] if isinstance(space, list) and space else space
    numbers = [float(v) for v in values if isinstance(v, int | float) or hasattr(v, "as_numeric")]
    match str(name):
        case "/DeviceGray" | "/CalGray" | "/G":
            return _gray(numbers)
        case "/DeviceRGB" | "/CalRGB" | "/RGB":
            return _rgb(numbers)
        case "/DeviceCMYK" | "/CMYK":
            return _cmyk(numbers)
        case "/ICCBased":
            return {1: _gray, 3: _rgb, 4: _cmyk}.get(len(numbers), _nothing)(numbers)
        case "/Separation" | "/DeviceN":
            return _ink(space, numbers)
        case "/Lab" if len(numbers) == 3:
            light = min(max(numbers[0] / 100, 0.0), 1.0)
            return Rgba(light, light, light)
    return None


def _resolved(space: Any, resources: Any) -> Any:
    if isinstance(space, str) and str(space) not in ("/DeviceGray", "/DeviceRGB", "/DeviceCMYK"):
        spaces = resources.get("/ColorSpace")
        if spaces is not None and space in spaces.get_object():
            return spaces.get_object()[space].get_object()
    return space


def _nothing(_: list[float]) -> Rgba | None:
    return None


def _gray(v: list[float]) -> Rgba | None:
    return _clipped(v[0], v[0], v[0]) if v else Rgba(0, 0, 0)


def _rgb(v: list[float]) -> Rgba | None:
    return _clipped(*v[:3]) if len(v) >= 3 else Rgba(0, 0, 0)


def _cmyk(v: list[float]) -> Rgba | None:
    if len(v) < 4:
        return Rgba(0, 0, 0)
    c, m, y, k = v[:4]
    return _clipped((1 - c) * (1 - k), (1 - m) * (1 - k), (1 - y) * (1 - k))


def _ink(space: Any, tints: list[float]) -> Rgba | None:
    """Inks by name: as dark as their tint; one that is called white, or none, leaves the paper."""
    names = str(space[1]).lower() if isinstance(space, list) and len(space) > 1 else ""
    if "white" in names or names == "/none":
        return Rgba(1, 1, 1)
    light = 1 - max(tints, default=1.0)
    return _clipped(light, light, light)


def _clipped(red: float, green: float, blue: float) -> Rgba:
    return Rgba(*(min(max(value, 0.0), 1.0) for value in (red, green, blue)))
