"""How often a reply that streams is looked at: more often where somebody reads along."""

from contextvars import ContextVar

REST_S = 0.05
"""How long nobody looks after something has come: a text that comes 20 times a second is seen
to flow."""
BESIDE_S = 0.2
"""The same for replies that run beside others, which are read along only here and there."""
UNSEEN_S = 0.5
"""The same where nobody reads along, and the end alone counts."""
SHARE = 1.0
"""A rest of somebody who reads along is at most this share of the time since it began to come,
so that its first pieces are seen at once."""


class Pace:
    """How replies are looked at that run beside each other.

    All of them at one time: to wake up for each by itself costs more than what is done with it.
    """

    def __init__(self) -> None:
        self._rest_s = UNSEEN_S

    def watched(self) -> None:
        """Somebody reads along from here on."""
        self._rest_s = BESIDE_S

    def rest_s(self, now: float) -> float:
        """How long to rest now, by a clock that all of them share."""
        return self._rest_s - now % self._rest_s


pace: ContextVar[Pace | None] = ContextVar("pace", default=None)
"""That of the replies which this task reads; None for one that runs by itself."""


def resting_s(now: float, began: float) -> float:
    """How long to rest now with a reply that began to come then, by the same clock."""
    beside = pace.get()
    return beside.rest_s(now) if beside is not None else min(REST_S, SHARE * (now - began))
