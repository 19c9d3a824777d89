"""What lies over text: an element, or what a sheet draws before or after one, that is opaque."""

from qchat_tools.web.css.cascade import Declared
from qchat_tools.web.css.colors import parsed
from qchat_tools.web.css.computed import Box, ComputedStyle
from qchat_tools.web.css.lengths import Base, length
from qchat_tools.web.css.painting import pictured

_MIN_COVERED = 0.95
"""Share of a side that has to be under a cover."""
_MIN_SCALE = 0.9


def covers(declared: Declared, state: ComputedStyle, box: Box) -> bool:
    """Whether an element without text lies opaque over all of the box that it is positioned in."""
    out = declared.get("position", "") in ("absolute", "fixed")
    if not out or state.hidden or state.opacity < _MIN_COVERED or state.behind:
        return False
    below = length(declared.get("z-index", ""), Base())
    if (below is not None and below < 0) or min(state.scale_x, state.scale_y) < _MIN_SCALE:
        return False
    return _spans(declared, ("left", "right", "width"), box.width, state.font_size) and _spans(
        declared, ("top", "bottom", "height"), box.height, state.font_size
    )


def _spans(
    declared: Declared, names: tuple[str, str, str], whole: float | None, font_size: float
) -> bool:
    side = 100.0 if whole is None else whole
    near, far, extent = (length(declared.get(name, ""), Base(font_size, side)) for name in names)
    edge = max(side * (1 - _MIN_COVERED), 5.0)
    if extent is not None and extent >= side * _MIN_COVERED and (near is None or near <= edge):
        return True
    return near is not None and far is not None and near <= edge and far <= edge


def is_opaque(declared: Declared) -> bool:
    """Whether an element's own ground lets nothing through."""
    colour = parsed(declared.get("background-color", "transparent"))
    stops, picture = pictured(declared.get("background-image", "none"), declared, ComputedStyle())
    solid = bool(stops) and all(stop.alpha > 0.9 for stop in stops)
    return solid or picture or (colour is not None and colour.alpha > 0.9)
