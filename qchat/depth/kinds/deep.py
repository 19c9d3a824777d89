"""Rounds that build on each other: each is given what the earlier ones found: `deep:3x2`."""

from collections.abc import Sequence

import msgspec

from qchat.depth.agreement import final_answer, most_common, same
from qchat.depth.evidence import EvidenceBook
from qchat.depth.failures import usable
from qchat.depth.merging import Noted, agreed, merged, steered
from qchat.depth.mode import Mode, Outcome
from qchat.depth.notes import Found, Notes, read_notes
from qchat.depth.numbers import number
from qchat.depth.prompts import (
    FINAL,
    experience_text,
    fitted,
    notes_prompt,
    round_instructions,
)
from qchat.depth.trail import Trail, TrailSpec
from qchat.depth.trails import Trails
from qchat.protocol.errors import UsageError
from qchat.protocol.events import Attached, RoundFinished
from qchat.protocol.experience import Experience
from qchat.runtime.language import tr

NAMES = ("deep",)
HELP = "rounds that build on what the earlier ones found, with W trails each: deep:RxW"
MAX_ROUNDS, MAX_WIDTH = 32, 16
NOTES_SHARE = 5
"""One part in so many of a trail's share is for its notes."""
MAX_NOTES = 1_500
"""Tokens of notes, however large the share."""
FINAL_SHARE = 10
"""One part in so many of all tokens is kept for writing the answer."""
MAX_FINAL = 1_000
"""Tokens that are kept for it at most; it is written with all that is left."""
MIN_TRAIL = 64
"""Tokens below which a trail is not begun: fewer rounds are better than empty ones."""
MAX_THOUGHT = 6_000
"""Characters of a trail's thinking, its end, that its notes are written from."""
EXPERIENCE = "experience"
CONTEXT_SHARE = 4
"""One part in so many of the context may be what earlier rounds found."""


class Deep(msgspec.Struct, frozen=True):
    """So many rounds, each of so many trails side by side."""

    rounds: int = 3
    width: int = 1

    @property
    def name(self) -> str:
        return f"deep:{self.rounds}x{self.width}"

    @property
    def least(self) -> int:
        return MIN_TRAIL * self.width * 2

    async def answer(self, question: str, trails: Trails, tokens: int) -> Outcome:
        """Go on until nothing is open, two trails agree, or rounds or tokens are spent."""
        return await _Rounds(self, question, trails, tokens).run()


def parse(name: str, argument: str) -> Mode:
    """Read `deep`, `deep:R` or `deep:RxW`. Raises UsageError."""
    first, _, second = argument.partition("x")
    rounds = number(name, first) if argument else Deep().rounds
    width = number(name, second) if second else 1
    return limited(rounds, width)


def limited(rounds: int, width: int) -> Deep:
    """Within what is allowed. Raises UsageError."""
    if not (1 <= rounds <= MAX_ROUNDS and 1 <= width <= MAX_WIDTH):
        most = tr(
            "1 to {max_rounds} rounds and 1 to {max_width} trails side by side",
            max_rounds=MAX_ROUNDS,
            max_width=MAX_WIDTH,
        )
        raise UsageError(
            tr(
                "deep takes {most}, not {rounds} and {width}.",
                most=most,
                rounds=rounds,
                width=width,
            )
        )
    return Deep(rounds, width)


class _Rounds:
    """One question on its way through the rounds."""

    def __init__(self, deep: Deep, question: str, trails: Trails, tokens: int) -> None:
        self._deep = deep
        self._question = question
        self._trails = trails
        self._tokens = tokens
        self._final = min(tokens // FINAL_SHARE, MAX_FINAL)
        self._rounds = deep.rounds
        if tokens:
            self._rounds = min(deep.rounds, (tokens - self._final) // (MIN_TRAIL * deep.width))
        self._book = EvidenceBook()
        self._experience = Experience()
        self._said: list[Trail] = []
        """Trails that said something, whatever became of their notes."""
        self._tainted = False
        """Whether any trail has read what strangers wrote."""
        self._longest_notes = 0
        """Tokens, with as many again for safety: later rounds keep no more free than that."""
        self._agreed = ""
        self._wrote = False
        """Whether any notes could be read."""

    async def run(self) -> Outcome:
        for round_ in range(1, self._rounds + 1):
            if self._trails.hurried or (self._tokens and self._share(round_) < MIN_TRAIL):
                break
            if await self._round(round_):
                break
        return await self._finish()

    def _share(self, round_: int) -> int:
        """What a trail of this round may spend, with its notes; 0 without a limit."""
        left = self._tokens - self._final - self._trails.spent
        rounds = self._rounds - round_ + 1
        return max(left // (rounds * self._deep.width), 0) if self._tokens else 0

    async def _round(self, round_: int) -> bool:
        """Run one; whether it was the last that is needed."""
        before = self._trails.spent
        known = self._experience
        self._experience = steered(known, self._trails.steering(round_))
        gone = len(known.overturned)
        ids = {result.id for result in self._experience.established}
        share = self._share(round_)
        notes = min(share // NOTES_SHARE, MAX_NOTES, self._longest_notes or MAX_NOTES)
        specs = [self._spec(round_, at, share - notes) for at in range(1, self._deep.width + 1)]
        done = await self._trails.side_by_side(specs)
        self._tainted = self._tainted or any(trail.tainted for trail in done)
        usable(done)  # where all failed, the next round would too: it can be gone on with later
        self._said += [trail for trail in done if trail.text and trail.reason != "error"]
        noted, took = await self._notes(round_, done, share)
        self._experience = merged(self._experience, round_, noted, self._book)
        here = self._experience
        self._trails.tell(
            RoundFinished(
                round_,
                here,
                sum(result.id not in ids for result in here.established),
                len(here.overturned) - gone,
                self._trails.spent - before,
                max(trail.seconds for trail in done) + took,
            )
        )
        self._agreed = agreed(noted)
        settled = here.answer and not here.open and not here.claims
        closed = any(each.notes.nothing_open for each in noted)
        return bool(self._agreed or (settled and closed))

    def _spec(self, round_: int, at: int, share: int) -> TrailSpec:
        told = round_instructions(round_, self._rounds, at, self._experience)
        return TrailSpec(
            _label(round_, at),
            self._question,
            round_,
            told,
            self._beside(),
            share=share,
            looks_back=round_ > 1,
        )

    def _beside(self) -> tuple[Attached, ...]:
        here = self._experience
        if not (here or here.hints or here.overturned):
            return ()
        told = fitted(here, self._trails.context // CONTEXT_SHARE)
        return (Attached(EXPERIENCE, experience_text(told), not self._tainted),)

    async def _notes(
        self, round_: int, done: Sequence[Trail], share: int
    ) -> tuple[list[Noted], float]:
        """What each trail that came to something writes down of itself, and the seconds of it."""
        if self._trails.hurried:
            return [], 0.0
        asked = [(at, t) for at, t in enumerate(done, 1) if t.done and (t.text or t.thinking)]
        for _, trail in asked:
            self._book.add(trail)
        specs = []
        room = self._trails.context // CONTEXT_SHARE
        for at, trail in asked:
            thought = trail.thinking[-MAX_THOUGHT:]
            own = Attached("the end of your thinking", thought, not trail.tainted)
            left = max(share - trail.usage.completion, MIN_TRAIL) if share else MAX_NOTES
            specs.append(
                TrailSpec(
                    f"{_label(round_, at)}, notes",
                    notes_prompt(self._book.listed(trail), fitted(self._experience, room)),
                    round_,
                    beside=(own,) if thought else (),
                    after=trail,
                    think=False,
                    share=min(left, MAX_NOTES),
                    tools=False,
                )
            )
        written = await self._trails.side_by_side(specs)
        took = (2 * notes.usage.completion for notes in written)
        self._longest_notes = max([self._longest_notes, *took])
        read = [read_notes(notes.text) for notes in written]
        self._wrote = self._wrote or any(read)
        noted = [
            Noted(trail.turn, notes or self._from_what_ran(trail))
            for (_, trail), notes in zip(asked, read, strict=True)
        ]
        return noted, max((notes.seconds for notes in written), default=0.0)

    def _from_what_ran(self, trail: Trail) -> Notes:
        """Notes for a model that cannot write any: an answer that a tool of the trail gave back."""
        answer = final_answer(trail.text)
        ran = self._book.ran(trail, answer)
        if not ran:
            return Notes()
        return Notes((Found(answer, ran),), nothing_open=True, answer=answer)

    async def _finish(self) -> Outcome:
        """Write the answer from the experience; from what was said where there is none."""
        trails = self._trails
        last = trails.steering(self._rounds + 1)
        self._experience = here = steered(self._experience, last)
        turns = tuple(trail.turn for trail in self._said)
        if not self._wrote and self._said:
            # The model writes no notes: what it said in the trails is the best that it can do.
            said = _said_most(self._said)
            unsure = "" if here.established else tr("the rounds established nothing")
            return Outcome(said.text, trails.spent, turns, unsure)
        left = self._tokens - trails.spent if self._tokens else 0
        written = ""
        if not self._tokens or left >= MIN_TRAIL:
            spec = TrailSpec(
                "answer",
                self._question,
                instructions=FINAL if here else "",
                beside=self._beside(),
                think=False,
                share=left,
                tools=False,
            )
            written = await trails.write(spec)
        answer = written or here.answer or (_said_most(self._said).text if self._said else "")
        return Outcome(answer, trails.spent, turns, self._unsure(), written=bool(written))

    def _unsure(self) -> str:
        here = self._experience
        if self._agreed:
            seen = here.established and not here.claims
            return "" if seen else tr("trails agree, but nothing that ran shows all of it")
        if here.open:
            more = tr(" and {open} more", open=len(here.open) - 1) if len(here.open) > 1 else ""
            return tr("still open: {rstrip}{more}", rstrip=here.open[0].rstrip("."), more=more)
        if here.claims:
            return tr("{claims} of what it rests on has no evidence", claims=len(here.claims))
        return "" if here.established else tr("nothing was established")


def _label(round_: int, at: int) -> str:
    return f"round {round_}, trail {at}"


def _said_most(said: Sequence[Trail]) -> Trail:
    """The trail whose answer most others give too; the last of those that stand alone."""
    votes = [same(final_answer(trail.text)) for trail in said]
    answer, count = most_common(votes)
    if count <= 1:
        return said[-1]
    return next(trail for trail, vote in zip(said, votes, strict=True) if vote == answer)
