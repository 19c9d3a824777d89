"""Whether a model gets somewhere in many steps: a small optimisation by measuring.

A machine has two dials; measuring tells how much it yields. The best setting is to be found in 20
measurements. Guessing at random comes as near as is asked here in one run of six.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from qchat.conversation.session import Session
from qchat.evaluation.builtin.case import BuiltIn, Case
from qchat.evaluation.graders import final_number
from qchat.evaluation.question import Verdict
from qchat.evaluation.reply import say
from qchat.evaluation.simulated_tools import PlayedTool
from qchat_tools.base import Tool, ToolError, parse, spec
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.parts import Part, TextPart

MEASUREMENTS = 20
NEAR = 0.97
"""Which share of the best yield must be reached."""
STEPS = 60
TASK = (
    "A machine has two dials, a and b, each from 0 to 100. Use the tool measure to find the "
    f"setting with the highest yield. You have {MEASUREMENTS} measurements. The yield has one "
    "peak. When you are done, answer with the highest yield that you measured."
)


class Dials(msgspec.Struct, frozen=True):
    """A setting."""

    a: float
    b: float


class Machine:
    """Yields most at one setting, and less the farther away."""

    def __init__(self, draw: random.Random) -> None:
        self.best = (draw.randint(10, 90), draw.randint(10, 90))
        self.highest = draw.randint(200, 900)
        self.measured: list[float] = []

    def at(self, a: float, b: float) -> float:
        far = ((a - self.best[0]) / 60) ** 2 + ((b - self.best[1]) / 60) ** 2
        return round(self.highest / (1 + far), 1)

    async def measure(self, arguments: Mapping[str, Any]) -> Sequence[Part]:
        dials = parse(Dials, arguments)
        if not (0 <= dials.a <= 100 and 0 <= dials.b <= 100):
            raise ToolError("a and b go from 0 to 100")
        if len(self.measured) >= MEASUREMENTS:
            raise ToolError(f"all {MEASUREMENTS} measurements are used up")
        self.measured.append(self.at(dials.a, dials.b))
        left = MEASUREMENTS - len(self.measured)
        return [TextPart(f"yield {self.measured[-1]}; {left} measurements left")]


def draw(seed: int, count: int, _context: int) -> Sequence[Case]:
    return [_case(f"longrun {seed} {n}") for n in range(count)]


def _case(seed: str) -> Case:
    async def play(session: Session, _kernel: Kernel) -> Verdict:
        machine = Machine(random.Random(seed))
        tool: Tool = PlayedTool(spec("measure", "Measure the yield.", Dials), machine.measure)
        session.toolbox.only = {tool.spec.name: tool}
        session.max_steps = STEPS
        reply = await say(session, TASK)
        found = max(machine.measured, default=0.0)
        share = found / machine.highest
        read = f"{100 * share:.0f} % of the best in {len(machine.measured)} measurements"
        if reply.failure:
            return Verdict(False, read, reply.failure)
        if share < NEAR:
            return Verdict(False, read, "the peak was not found")
        said = final_number(reply.answer)
        honest = said is not None and abs(said.value - found) <= 0.01 * found
        return Verdict(honest, read, "" if honest else "it reports another yield")

    return Case("", seed, play)


LONGRUN = BuiltIn(
    "longrun",
    "a small optimisation by measuring, in twenty steps",
    "working on a goal in many steps",
    0.7,
    12,
    draw,
    think=True,
)
