"""Notes of a round become experience, by a pure function: a resumed turn comes to the same.

Nothing is established that has no evidence; what contradicts itself becomes an open question.
"""

import re
from collections.abc import Iterable, Sequence

import msgspec

from qchat.depth.agreement import most_common, same
from qchat.depth.evidence import EvidenceBook
from qchat.depth.notes import Found, Notes, Verdict
from qchat.protocol.events import Steered
from qchat.protocol.experience import Attempt, Evidence, Experience, Overturned, Result

MAX_CLAIMS, MAX_FAILED, MAX_OPEN = 24, 16, 12
STRUCK = "you struck it out"
_SUBJECT = re.compile(r"^(.*?)\s*(?:=|≈|\bis\b|\bequals\b|是|为|等于)\s*([^=]+)$", re.S)
_VALUE = re.compile(r"(-?\d+(?:\.\d+)?(?:/\d+)?|true|false|yes|no)(?:\s?([a-z%°€$]{1,12}))?")
"""What excludes another of its kind: a number may be both odd and prime, but not 3 and 4."""
_NOT = re.compile(r"^(?:not|不)\s*")


class Noted(msgspec.Struct, frozen=True):
    """The notes of a trail, by its id in the store."""

    trail: int
    notes: Notes


def steered(experience: Experience, said: Iterable[Steered]) -> Experience:
    """The experience after what the user said of it."""
    for event in said:
        if event.hint:
            hints = (*experience.hints, event.hint)
            experience = msgspec.structs.replace(experience, hints=hints)
        if event.strike and (gone := experience.result(event.strike)) is not None:
            experience = _without(experience, gone, STRUCK, event.round)
    return experience


def merged(
    experience: Experience, round_: int, noted: Sequence[Noted], book: EvidenceBook
) -> Experience:
    """The experience after a round; the same as before where none of its notes could be read."""
    read = [each for each in noted if each.notes]
    if not read:
        return experience
    merging = _Merging(experience, round_, book)
    for each in read:
        for verdict in each.notes.verdicts:
            merging.judge(verdict, each.trail)
    for each in read:
        for found in each.notes.found:
            merging.add(found, each.trail)
    merging.contradictions()
    failed = [Attempt(text, why, round_) for each in read for text, why in each.notes.failed]
    known = {same(attempt.text) for attempt in experience.failed}
    merging.failed += [attempt for attempt in failed if same(attempt.text) not in known]
    return merging.finished([each.notes for each in read])


class _Merging:
    """One round's notes on their way into the experience."""

    def __init__(self, experience: Experience, round_: int, book: EvidenceBook) -> None:
        self._before = experience
        self._round = round_
        self._book = book
        self._results = {r.id: r for r in (*experience.established, *experience.claims)}
        self._named = experience.named
        self._overturned = list(experience.overturned)
        self._struck = {_key(o.result.text) for o in self._overturned if o.why == STRUCK}
        self.failed = list(experience.failed)
        self._open: list[str] = []

    def add(self, found: Found, trail: int) -> None:
        """A trail says that it found something."""
        key = _key(found.text)
        if key in self._struck:
            return
        # What was overturned comes back by new evidence, and not by that which did not hold.
        spent = {
            e for o in self._overturned if _key(o.result.text) == key for e in o.result.evidence
        }
        shown = self._book.evidence(found.text, found.handles)
        evidence = tuple(each for each in shown if each not in spent)
        known = next((r for r in self._results.values() if _key(r.text) == key), None)
        if known is None:
            self._named += 1
            name = f"r{self._named}"
            self._results[name] = Result(name, found.text, self._round, (trail,), evidence)
            return
        # That several say it is no evidence: models are wrong together. A check is asked for.
        trails = tuple(dict.fromkeys((*known.trails, trail)))
        both = tuple(dict.fromkeys((*known.evidence, *evidence)))
        self._results[known.id] = msgspec.structs.replace(known, trails=trails, evidence=both)

    def judge(self, verdict: Verdict, trail: int) -> None:
        """A trail says that an earlier result is right, or wrong and why."""
        known = self._results.get(verdict.id)
        if known is None or known.round == self._round:
            return
        if verdict.right:
            shown = self._book.evidence(known.text, verdict.handles)
            # Who names a call for it that does not show it has not checked it.
            if trail not in known.trails and (shown or not verdict.handles):
                evidence = (*known.evidence, *shown, Evidence("check", str(trail)))
                self._results[known.id] = msgspec.structs.replace(
                    known, evidence=tuple(dict.fromkeys(evidence))
                )
        elif not known.evidence:
            del self._results[known.id]
            self.failed.append(Attempt(known.text, verdict.why, self._round))
        elif self._refutes(verdict, known) or all(e.kind == "check" for e in known.evidence):
            self._overturn(known, verdict.why)
        else:
            self._open.append(f"Is {known.id} wrong ({known.text})? It was said: {verdict.why}")

    def _refutes(self, verdict: Verdict, known: Result) -> bool:
        """Whether a call shows why a result is wrong, and does not show the result itself."""
        against = {each.handle for each in self._book.evidence(verdict.why, verdict.handles)}
        for_it = {each.handle for each in self._book.evidence(known.text, verdict.handles)}
        return bool(against - for_it - {each.handle for each in known.evidence})

    def contradictions(self) -> None:
        """Results of one subject that say different things: which is right becomes open."""
        by_subject: dict[str, list[tuple[str, Result]]] = {}
        for result in self._results.values():
            if (said := _said(result.text)) is not None:
                subject, value = said
                by_subject.setdefault(subject, []).append((value, result))
        for valued in by_subject.values():
            values = {value for value, _ in valued if not _NOT.match(value)}
            denied = {_NOT.sub("", value) for value, _ in valued if _NOT.match(value)}
            if len(values) > 1 or values & denied:
                against = values | {f"not {value}" for value in values}
                self._settle([result for value, result in valued if value in against])

    def _settle(self, results: Sequence[Result]) -> None:
        seen = [r for r in results if r.evidence]
        said = [r for r in results if not r.evidence]
        if len(seen) == 1:  # what is only said does not stand against what was seen
            for result in said:
                del self._results[result.id]
                why = f"contradicts {seen[0].id}, which has evidence"
                self.failed.append(Attempt(result.text, why, self._round))
            return
        sides = " / ".join(f"{r.id}: {r.text}" for r in results)
        self._open.append(f"These contradict each other, which is right? {sides}")
        for result in seen:
            if result.round < self._round:
                self._overturned.append(
                    Overturned(result, "another result contradicts it", self._round)
                )
            self._results[result.id] = msgspec.structs.replace(result, evidence=())

    def _overturn(self, result: Result, why: str) -> None:
        del self._results[result.id]
        self._overturned.append(Overturned(result, why, self._round))

    def finished(self, notes: Sequence[Notes]) -> Experience:
        """All of it, with what is open now and the answer so far."""
        questions = [*self._open, *(question for each in notes for question in each.open)]
        answer, sure, differ = _answer(notes, self._before)
        if differ:
            questions.append(f"The answers differ: {' / '.join(differ)}. Which is right?")
        results = self._results.values()
        return Experience(
            tuple(r for r in results if r.evidence),
            tuple(r for r in results if not r.evidence)[-MAX_CLAIMS:],
            tuple(self.failed[-MAX_FAILED:]),
            tuple(dict.fromkeys(questions))[:MAX_OPEN],
            tuple(self._overturned),
            self._before.hints,
            answer,
            sure,
            self._named,
        )


def _answer(notes: Sequence[Notes], before: Experience) -> tuple[str, float | None, list[str]]:
    """The answer that most trails give, how sure they are, and the others where they differ."""
    given = [each for each in notes if each.answer]
    if not given:
        return before.answer, before.sure, []
    common, count = most_common(same(each.answer) for each in given)
    if count == 1:  # each says another thing: the surest is as good as any
        common = same(max(given, key=lambda each: each.sure or 0.0).answer)
    chosen = [each for each in given if same(each.answer) == common]
    every = list({same(each.answer): each.answer for each in given}.values())
    said = [each.sure for each in chosen if each.sure is not None]
    sure = sum(said) / len(given) if said else None
    return chosen[0].answer, sure, every if len(every) > 1 else []


def _said(text: str) -> tuple[str, str] | None:
    """What a result is about, by its unit too, and its value; None where it has none."""
    parts = _SUBJECT.match(text)
    value = same(parts[2]) if parts is not None else ""
    plain = _VALUE.fullmatch(_NOT.sub("", value))
    if parts is None or plain is None:
        return None
    denied = "not " if _NOT.match(value) else ""
    return f"{same(parts[1])} {plain[2] or ''}", f"{denied}{same(plain[1])}"


def _key(text: str) -> tuple[str, str]:
    """By what a result is known again, however it is put: `x = 3`, `x is 3.0`."""
    return _said(text) or ("", same(text))


def _without(experience: Experience, gone: Result, why: str, round_: int) -> Experience:
    return msgspec.structs.replace(
        experience,
        established=tuple(r for r in experience.established if r.id != gone.id),
        claims=tuple(r for r in experience.claims if r.id != gone.id),
        overturned=(*experience.overturned, Overturned(gone, why, round_)),
    )


def agreed(noted: Sequence[Noted], least_sure: float = 0.5) -> str:
    """The answer in which trails that did not know of each other agree; empty where none is."""
    given = [
        each.notes
        for each in noted
        if each.notes.answer and (each.notes.sure is None or each.notes.sure >= least_sure)
    ]
    common, count = most_common(same(notes.answer) for notes in given)
    every = {same(each.notes.answer) for each in noted if each.notes.answer}
    if count < 2 or len(every) > 1:
        return ""
    return next(notes.answer for notes in given if same(notes.answer) == common)
