"""One trail, which thinks or does not: `think`, `think:4000`, `no-think`."""

import msgspec

from qchat.depth.failures import usable
from qchat.depth.mode import Mode, Outcome
from qchat.depth.numbers import number
from qchat.depth.trail import TrailSpec
from qchat.depth.trails import Trails

NAMES = ("think", "no-think")
HELP = "one answer, with thinking (of at most N tokens) or without: think, think:N, no-think"


class Think(msgspec.Struct, frozen=True):
    """Answer once."""

    think: bool = True
    budget: int = 0
    """Longest thinking in tokens; 0 leaves it to the model and the limit of all tokens."""
    rounds = width = least = 1

    @property
    def name(self) -> str:
        if not self.think:
            return "no-think"
        return f"think:{self.budget}" if self.budget else "think"

    async def answer(self, question: str, trails: Trails, tokens: int) -> Outcome:
        """Answer by one trail."""
        spec = TrailSpec("answer", question, think=self.think, thinking=self.budget, share=tokens)
        trail = await trails.run(spec)
        usable([trail])
        return Outcome(trail.text, trails.spent, (trail.turn,))


def parse(name: str, argument: str) -> Mode:
    """Read `no-think`, `think` or `think:N`. Raises UsageError."""
    if name == "no-think":
        return Think(think=False)
    return Think(budget=number(name, argument) if argument else 0)
