"""How often what streams is drawn: an engine on the same cores needs them more than the eye."""

import time
from collections.abc import Callable

DUTY = 0.06
"""The share of a core that this thread may take, all it does counted, while something streams."""
MAX_WAIT_S = 0.25
"""The longest wait for the next frame: whatever else was done meanwhile, text is seen to come."""
LATEST_S = 0.5
"""Likewise while one key follows the other without a pause that a frame would fit into."""


class Pace:
    """Says when the next frame is due; `clock` and `work` give seconds, of time and of CPU."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        work: Callable[[], float] = time.thread_time,
    ) -> None:
        self._clock, self._work = clock, work
        self._drawn_at, self._worked = clock(), work()

    def due(self, *, typing: bool = False, echoing: bool = False) -> bool:
        """Whether it is; then it counts as drawn now.

        While somebody types there are as few frames as may be: a key that comes during one waits.
        None comes between a key and its echo, for which the key would wait in any case.
        """
        now, worked = self._clock(), self._work()
        wait = MAX_WAIT_S if typing else min((worked - self._worked) / DUTY, MAX_WAIT_S)
        if now - self._drawn_at < (LATEST_S if echoing else wait):
            return False
        self._drawn_at, self._worked = now, worked
        return True
