"""Several backends answer one prompt side by side: a mode whose answer is the user's to pick."""

import msgspec

from qchat.backends.base import Backend
from qchat.depth.failing import usable
from qchat.depth.mode import Outcome
from qchat.depth.trails import Trails, TrailSpec

NAME = "compare"


class Compare(msgspec.Struct, frozen=True):
    """Ask each backend once."""

    backends: tuple[tuple[str, Backend], ...]
    """Each with the name under which it is shown."""
    rounds = 1
    name = NAME

    @property
    def width(self) -> int:
        return len(self.backends)

    async def answer(self, question: str, trails: Trails, tokens: int) -> Outcome:
        """All of their answers; none is chosen."""
        share = tokens // len(self.backends)
        specs = [
            TrailSpec(label, question, backend=backend, share=share)
            for label, backend in self.backends
        ]
        done = usable(await trails.side_by_side(specs))
        return Outcome("", trails.spent, tuple(trail.turn for trail in done), pick=True)
