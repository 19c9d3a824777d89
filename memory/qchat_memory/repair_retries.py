"""Calls that are made again where they met damage that has been made good by now."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from qchat_memory.errors import AgainError

MAX_DAMAGES = 2
"""Chroma's files and the index beside them."""

P = ParamSpec("P")
T = TypeVar("T")


def again(work: Callable[P, T]) -> Callable[P, T]:
    """Let a call be made again where it met damage that has been made good by now."""

    @wraps(work)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(MAX_DAMAGES):
            try:
                return work(*args, **kwargs)
            except AgainError:
                pass
        return work(*args, **kwargs)

    return tried
