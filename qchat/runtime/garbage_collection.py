"""When Python looks for garbage: not while it loads, and not between a key and its echo.

A full collection walks everything that was ever loaded, for 50 to 65 ms, and a stream that keeps
what it has drawn sets one off nearly every second.
"""

import gc

LOADING = 50_000
"""New objects after which the newest are looked through while nearly all of them will stay."""
YOUNG = 2_000
"""Likewise later; it takes about a millisecond."""
OLDER = 20
FULL = 10_000_000
"""Likewise all: more than an evening's chat, so that it ends a leak and no echo waits for it."""


def begin() -> None:
    """Nothing is garbage yet."""
    gc.set_threshold(LOADING, OLDER, FULL // (LOADING * OLDER))


def settle() -> None:
    """What is loaded by now stays: leave it out of all later collections."""
    gc.collect(1)
    gc.freeze()
    gc.set_threshold(YOUNG, OLDER, FULL // (YOUNG * OLDER))


def collect_ahead() -> bool:
    """Look through the older objects now, if they are soon due; says whether it did.

    For a moment when nobody waits: it takes some ten milliseconds, whenever it comes.
    """
    due = gc.get_count()[1] > OLDER // 2
    if due:
        gc.collect(1)
    return due


def sweep() -> None:
    """Look through everything that has come since; for when nothing moves on the screen."""
    gc.collect()
