"""Letters that terminals draw in different widths, put where they belong on every one of them.

Of families, flags, skin tones and emoji with a variation selector some terminals (and older tmux)
draw each part by itself, in up to eleven cells instead of two. What stands to the right of them,
edges and scroll bars too, would be shifted.
"""

import re

from rich.cells import cell_len

_MAY_DIFFER = re.compile("[\u200d\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]")
_PICTURE = "[#*0-9\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001fbff]"
_PART = f"{_PICTURE}[\ufe0f\u20e3\U0001f3fb-\U0001f3ff]{{0,8}}"
_CLUSTER = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|{_PART}(?:\u200d{_PART}){{1,8}}"
    f"|{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff][\u20e3]{{0,8}}"
)
_KEEP_PLACE, _BACK = "\x1b7", "\x1b8"


def with_settled_widths(output: str) -> str:
    """Output for the terminal, in which no letter moves what follows it.

    A blank place is made, the letter drawn into it, and the cursor put behind that place.
    """
    return _CLUSTER.sub(_in_place, output) if _MAY_DIFFER.search(output) else output


def _in_place(cluster: re.Match[str]) -> str:
    cells = cell_len(cluster[0])
    blank = f"{_KEEP_PLACE}{' ' * cells}{_BACK}"
    return f"{blank}{_KEEP_PLACE}{cluster[0]}{_BACK}\x1b[{cells}C"
