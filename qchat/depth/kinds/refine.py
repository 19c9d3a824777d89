"""An answer, then others that read the last one and mend it: `refine:2`."""

import msgspec

from qchat.depth.failures import usable
from qchat.depth.mode import Mode, Outcome
from qchat.depth.numbers import number
from qchat.depth.trail import Trail, TrailSpec
from qchat.depth.trails import Trails
from qchat.protocol.errors import UsageError
from qchat.protocol.events import Attached
from qchat.runtime.language import tr

NAMES = ("refine",)
HELP = "one answer, then N times a better one that begins with the last: refine:N"
MAX_TIMES = 32
BETTER = (
    "An earlier answer is attached. Look for what is wrong or missing in it, then answer the "
    "question yourself: whole, and without speaking of the earlier answer."
)


class Refine(msgspec.Struct, frozen=True):
    """Answer, and mend the answer so many times."""

    times: int = 2
    width = 1

    @property
    def name(self) -> str:
        return f"refine:{self.times}"

    @property
    def rounds(self) -> int:
        return self.times + 1

    @property
    def least(self) -> int:
        return self.rounds

    async def answer(self, question: str, trails: Trails, tokens: int) -> Outcome:
        """Answer by trails one after the other; one that comes to nothing changes nothing."""
        last: Trail | None = None
        done: list[Trail] = []
        for round_ in range(1, self.rounds + 1):
            if last is not None and (trails.hurried or (tokens and trails.spent >= tokens)):
                break
            share = max((tokens - trails.spent) // (self.rounds - round_ + 1), 1) if tokens else 0
            beside = (
                (Attached("earlier answer", last.text, not last.tainted),)
                if last is not None
                else ()
            )
            told = BETTER if last is not None else ""
            trail = await trails.run(
                TrailSpec(f"round {round_}", question, round_, told, beside, share=share)
            )
            if last is None:
                usable([trail])
            done.append(trail)
            last = trail if trail.text else last
        answer = last.text if last is not None else ""
        return Outcome(answer, trails.spent, tuple(trail.turn for trail in done))


def parse(name: str, argument: str) -> Mode:
    """Read `refine` or `refine:N`. Raises UsageError."""
    times = number(name, argument) if argument else Refine().times
    if not 1 <= times <= MAX_TIMES:
        raise UsageError(
            tr(
                "refine takes 1 to {max_times} times, not {times}.",
                max_times=MAX_TIMES,
                times=times,
            )
        )
    return Refine(times)
