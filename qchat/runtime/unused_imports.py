"""What libraries load of their own accord and qchat never uses."""

import sys


def leave_out() -> None:
    """Load httpx as it is where `httpx[cli]` is not installed, without its command line.

    That brings click, pygments and progress bars: 3 MB, and time before the first answer.
    """
    # None stands for what cannot be imported.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
