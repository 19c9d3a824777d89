"""How often a reply that streams is looked at: more often where somebody reads along."""

from contextvars import ContextVar

REST_S = 0.033
"""How long nobody looks after something has come: about two frames of a screen."""
BESIDE_S = 0.2
"""The same for replies that run beside others, whose end is what counts: as often as
their figures are drawn."""

rest_s: ContextVar[float] = ContextVar("rest_s", default=REST_S)
"""The longest rest of the replies that this task reads."""
