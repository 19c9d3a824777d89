"""Several trails that do not know of each other; the answer that most give is taken: `vote:5`."""

import msgspec

from qchat.depth.agreement import final_answer, most_common, same
from qchat.depth.failures import usable
from qchat.depth.mode import Mode, Outcome
from qchat.depth.numbers import number
from qchat.depth.trail import TrailSpec
from qchat.depth.trails import Trails
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr

NAMES = ("vote",)
HELP = "N answers that do not know of each other, and what most of them say: vote:N"
MAX_VOTES = 64
ASKED = 'End with one line "Answer: …" that holds the answer alone.'


class Vote(msgspec.Struct, frozen=True):
    """Ask several times, and count."""

    votes: int = 5
    rounds = 1

    @property
    def name(self) -> str:
        return f"vote:{self.votes}"

    @property
    def width(self) -> int:
        return self.votes

    @property
    def least(self) -> int:
        return self.votes

    async def answer(self, question: str, trails: Trails, tokens: int) -> Outcome:
        """Answer by as many trails as there are votes, each with the same share."""
        share = tokens // self.votes
        specs = [
            TrailSpec(f"vote {at}", question, instructions=ASKED, share=share)
            for at in range(1, self.votes + 1)
        ]
        done = usable(await trails.side_by_side(specs))
        votes = [same(final_answer(trail.text)) for trail in done]
        answer, count = most_common(votes)
        chosen = next((t for t, v in zip(done, votes, strict=True) if v == answer), None)
        unsure = (
            ""
            if count * 2 > self.votes
            else tr("{count} of {votes} answers say this", count=count, votes=self.votes)
        )
        return Outcome(
            chosen.text if chosen else "", trails.spent, tuple(t.turn for t in done), unsure
        )


def parse(name: str, argument: str) -> Mode:
    """Read `vote` or `vote:N`. Raises UsageError."""
    votes = number(name, argument) if argument else Vote().votes
    if not 1 <= votes <= MAX_VOTES:
        raise UsageError(
            tr("vote takes 1 to {max_votes} votes, not {votes}.", max_votes=MAX_VOTES, votes=votes)
        )
    return Vote(votes)
