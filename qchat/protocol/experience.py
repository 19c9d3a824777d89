"""What rounds of thinking have found so far: what is established, by which evidence, and what not.

Nothing is established without a handle that exists. What was only said is a claim, and the next
round is asked to check it.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

EvidenceKind = Literal["calculation", "source", "check"]
"""A call that ran and worked, a page that was read, or a trail that checked what another said."""


class Evidence(msgspec.Struct, frozen=True):
    """Where one can see it: `handle` is a message of a trail (`12.3`), or a trail (`12`)."""

    kind: EvidenceKind
    handle: str


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that was found, by its name `r1`, in which round, and by which trails."""

    id: str
    text: str
    round: int
    trails: tuple[int, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    """Empty for a claim."""


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that did not work, and why."""

    text: str
    why: str = ""
    round: int = 0


class Overturned(msgspec.Struct, frozen=True):
    """A result that no longer holds, and why."""

    result: Result
    why: str
    round: int


class Experience(msgspec.Struct, frozen=True, omit_defaults=True):
    """What goes on to the next round, in place of the trails themselves."""

    established: tuple[Result, ...] = ()
    claims: tuple[Result, ...] = ()
    """Said without evidence; each is to be checked by another trail."""
    failed: tuple[Attempt, ...] = ()
    open: tuple[str, ...] = ()
    overturned: tuple[Overturned, ...] = ()
    hints: tuple[str, ...] = ()
    """What the user said between rounds."""
    answer: str = ""
    sure: float | None = None
    """How sure the answer is by the model's own word, from 0 to 1; None where it said nothing."""
    named: int = 0
    """How many results have been given a name: no name is given twice."""

    def result(self, id_: str) -> Result | None:
        """An established result or a claim by its name."""
        return next((r for r in (*self.established, *self.claims) if r.id == id_), None)

    def __bool__(self) -> bool:
        """Whether there is anything that a next round could build on."""
        return bool(self.established or self.claims or self.failed or self.open or self.answer)

    def rows(self) -> Iterator[tuple[str, str]]:
        """All of it as a table: what kind of thing, and what it says."""
        for result in self.established:
            seen = ", ".join(f"{e.kind} {e.handle}" for e in result.evidence)
            yield "established", f"{result.id}: {result.text} ({seen})"
        for claim in self.claims:
            yield "unchecked", f"{claim.id}: {claim.text}"
        for attempt in self.failed:
            yield "failed", f"{attempt.text}: {attempt.why}".removesuffix(": ")
        for question in self.open:
            yield "open", question
        for gone in self.overturned:
            yield "overturned", f"{gone.result.id}: {gone.result.text}: {gone.why}"
        for hint in self.hints:
            yield "your hint", hint
        if self.answer:
            sure = "" if self.sure is None else f" ({self.sure:.0%} sure, by the model's own word)"
            yield "answer", f"{self.answer}{sure}"
