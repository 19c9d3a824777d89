"""How often what streams is drawn: an engine on the same cores needs them more than the eye."""

import time
from collections.abc import Callable

DUTY = 0.06
"""The share of a core that this thread may take, all it does counted, while something streams."""
MAX_WAIT_S = 0.25
"""The longest wait for the next frame: whatever else was done meanwhile, text is seen to come."""
LATEST_S = 0.5
"""Likewise while somebody types and no echo has come that a frame could follow."""


class Pace:
    """Says when the next frame is due; `clock` and `work` give seconds, of time and of CPU."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        work: Callable[[], float] = time.thread_time,
    ) -> None:
        self._clock, self._work = clock, work
        self._drawn_at, self._worked = clock(), work()

    def due(self, *, typing: bool = False, echoed: bool = False) -> bool:
        """Whether it is; then it counts as drawn now.

        While somebody types, frames are few, and come right behind an echo (`echoed`): a key that
        comes during one waits, and the next key is never as far away as then.
        """
        now, worked = self._clock(), self._work()
        if typing:
            wait = MAX_WAIT_S if echoed else LATEST_S
        else:
            wait = min((worked - self._worked) / DUTY, MAX_WAIT_S)
        if now - self._drawn_at < wait:
            return False
        self._drawn_at, self._worked = now, worked
        return True
