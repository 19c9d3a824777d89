"""Several backends answer one prompt side by side; the user picks which answer goes on."""

import msgspec

from qchat.backends.base import Backend
from qchat.depth.failures import usable
from qchat.depth.mode import Outcome
from qchat.depth.progress import COMPARE
from qchat.depth.trail import TrailSpec
from qchat.depth.trails import Trails
from qchat.protocol.events import Notice
from qchat.runtime.language import tr, verbatim


class Compare(msgspec.Struct, frozen=True):
    """Ask each backend once."""

    backends: tuple[tuple[str, Backend], ...]
    """Each with the name under which it is shown."""
    rounds = 1
    name = COMPARE

    @property
    def width(self) -> int:
        return len(self.backends)

    @property
    def least(self) -> int:
        return len(self.backends)

    async def answer(self, question: str, trails: Trails, tokens: int) -> Outcome:
        """All of their answers; the first goes on until the user picks another."""
        share = tokens // len(self.backends)
        specs = [
            TrailSpec(label, question, backend=backend, share=share)
            for label, backend in self.backends
        ]
        done = usable(await trails.side_by_side(specs))
        first = next((trail for trail in done if trail.text), None)
        if first is not None:
            others = [trail.label for trail in done if trail.text and trail is not first]
            said = tr("{label}'s answer goes on.", label=first.label)
            more = tr(" /pick {other} goes on with another.", other=others[0]) if others else ""
            trails.tell(Notice(verbatim(f"{said}{more}")))
        answer = first.text if first is not None else ""
        return Outcome(answer, trails.spent, tuple(trail.turn for trail in done))
