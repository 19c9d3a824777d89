"""What the answers amount to: a line for each mode, a comparison of pairs, and conclusions."""

import math
from collections.abc import Sequence

import msgspec

from qchat.evaluation.plan import Plan, Trust
from qchat.evaluation.results_log import Answered, KeptAnswers, digest
from qchat.evaluation.run import answered_in_all
from qchat.evaluation.statistics import (
    Interval,
    Pairs,
    holm,
    mcnemar,
    paired_bootstrap,
    pairs,
    questions_needed,
    wilson,
)

MATTERS = 0.05
"""A difference, as a share of the questions, below which one mode does not help over another."""
SIGNIFICANT = 0.05
MAX_CASES = 1_000_000
EQUAL_BUDGET = 0.05


class ModeResult(msgspec.Struct, frozen=True):
    """How one mode did; tokens, money and seconds are those of a question."""

    mode: str
    total: int
    right: int
    interval: Interval
    unanswered: int
    tokens: float
    seconds: float
    money: float | None
    unjudged: int = 0
    """Answers of which nobody could say whether they are right; they are not among `total`."""

    @property
    def share(self) -> float:
        return self.right / self.total if self.total else 0.0


class Comparison(msgspec.Struct, frozen=True):
    """One mode against another on the same questions."""

    first: str
    second: str
    counted: Pairs
    interval: Interval
    """Of the difference: how much higher the second one's share is."""
    chance: float
    """How likely such a difference is by chance, raised for the number of comparisons."""

    @property
    def significant(self) -> bool:
        return self.chance < SIGNIFICANT

    @property
    def needed(self) -> int:
        """How many questions would show the difference that was seen; 0 where there is none."""
        total = self.counted.total
        if not total or self.counted.first_only == self.counted.second_only:
            return 0
        return questions_needed(self.counted.first_only / total, self.counted.second_only / total)

    @property
    def needed_to_matter(self) -> int:
        """How many would show a difference of `MATTERS`, where as many differ as did here."""
        apart = (self.counted.first_only + self.counted.second_only) / max(self.counted.total, 1)
        apart = max(apart, 1.5 * MATTERS)
        return questions_needed((apart - MATTERS) / 2, (apart + MATTERS) / 2)


class Preference(msgspec.Struct, frozen=True):
    """Whose answers a judge preferred; as a comparison, its `both` are those found alike."""

    comparison: Comparison
    unjudged: int = 0


class Findings(msgspec.Struct, frozen=True):
    """An evaluation's outcome, as far as it has come."""

    plan: Plan
    asked: int
    modes: tuple[ModeResult, ...]
    comparisons: tuple[Comparison, ...]
    topics: dict[str, tuple[ModeResult, ...]]
    preferences: tuple[Preference, ...] = ()


def findings(plan: Plan, kept: KeptAnswers) -> Findings:
    """Work out what the answers say, from the questions that every mode has answered."""
    answers = answered_in_all(plan, kept)
    results = tuple(
        mode_result(mode, given, plan.price)
        for mode, given in zip(plan.modes, answers, strict=True)
    )
    by_mode = dict(zip(plan.modes, answers, strict=True))
    compared = [
        (a, b, counted)
        for a, b in to_compare(plan.modes)
        if (counted := _on_the_same(by_mode[a], by_mode[b])).total or not kept.preferences()
    ]
    asked = len(answers[0]) if answers else 0
    topics, preferences = _by_topic(plan, by_mode), _preferences(plan, kept)
    return Findings(plan, asked, results, _tested(plan, compared), topics, preferences)


def _tested(plan: Plan, compared: Sequence[tuple[str, str, Pairs]]) -> tuple[Comparison, ...]:
    chances = holm([mcnemar(one.first_only, one.second_only) for _, _, one in compared])
    return tuple(
        Comparison(a, b, counted, paired_bootstrap(counted, seed=plan.seed), chance)
        for (a, b, counted), chance in zip(compared, chances, strict=True)
    )


def _on_the_same(first: Sequence[Answered], second: Sequence[Answered]) -> Pairs:
    """The four cases, of the questions on which both were judged."""
    both = [(a.right, b.right) for a, b in zip(first, second, strict=True) if a.judged and b.judged]
    return pairs([a for a, _ in both], [b for _, b in both])


def _preferences(plan: Plan, kept: KeptAnswers) -> tuple[Preference, ...]:
    """For each two modes how often the answer of either was preferred."""
    ours = {digest(question) for question in plan.questions}
    counted = []
    for a, b in to_compare(plan.modes):
        said: list[str] = [
            one.better
            for one in kept.preferences()
            if one.digest in ours and (one.first, one.second) == (a, b)
        ]
        if said:
            alike, first, second = map(said.count, ("neither", "first", "second"))
            counted.append((a, b, Pairs(alike, first, second, 0), said.count("")))
    tested = _tested(plan, [(a, b, pair) for a, b, pair, _ in counted])
    return tuple(
        Preference(one, unjudged) for one, (*_, unjudged) in zip(tested, counted, strict=True)
    )


def mode_result(
    mode: str, answers: Sequence[Answered], price: tuple[float, float] | None = None
) -> ModeResult:
    """Sum up a mode's answers."""
    judged = [answered for answered in answers if answered.judged]
    total, right = len(judged), sum(answered.right for answered in judged)
    each = max(len(answers), 1)
    written, read = sum(a.tokens for a in answers), sum(a.prompt_tokens for a in answers)
    money = None if price is None else (read * price[0] + written * price[1]) / 1e6 / each
    return ModeResult(
        mode,
        total,
        right,
        wilson(right, total),
        sum(bool(answered.failure) for answered in answers),
        written / each,
        sum(answered.seconds for answered in answers) / each,
        money,
        sum(bool(answered.why) for answered in answers if not answered.judged),
    )


def to_compare(modes: Sequence[str]) -> list[tuple[str, str]]:
    """Each with the first, and what works in rounds with plain voting: that is its true rival."""
    votes = [mode for mode in modes if mode.startswith("vote")]
    rounds = [mode for mode in modes if mode.startswith(("deep", "refine"))]
    rivals = [(vote, deep) for vote in votes for deep in rounds]
    first = [(modes[0], other) for other in modes[1:] if (other, modes[0]) not in rivals]
    return [*first, *(pair for pair in rivals if pair not in first)]


def _by_topic(plan: Plan, by_mode: dict[str, list[Answered]]) -> dict[str, tuple[ModeResult, ...]]:
    topics = sorted({a.topic for given in by_mode.values() for a in given if a.topic})
    if len(topics) < 2:
        return {}
    return {
        topic: tuple(
            mode_result(mode, [a for a in by_mode[mode] if a.topic == topic], plan.price)
            for mode in plan.modes
        )
        for topic in topics
    }


def trusted(model: str, result: ModeResult, trust: Trust) -> str:
    """Whether a model can be trusted with what a built-in evaluation shows."""
    low, high = result.interval.low, result.interval.high
    seen = (
        f"{result.right} of {result.total} right ({100 * result.share:.1f} %; 95 %: "
        f"{100 * low:.1f} to {100 * high:.1f} %; wanted are {100 * trust.bar:.0f} %)"
    )
    if result.total and low >= trust.bar:
        return f"**{model} can be trusted with {trust.what}**: {seen}."
    if high < trust.bar:
        return f"**{model} cannot be trusted with {trust.what}**: {seen}."
    more = cases_needed(result.share, trust.bar) - result.total
    ask = f"about {more:,} more conversations" if more > 0 else "many more conversations"
    return (
        f"**It is not certain whether {model} can be trusted with {trust.what}**: {seen}. "
        f"If it goes on like this, it would take {ask} to know."
    )


def cases_needed(share: float, bar: float) -> int:
    """How many cases tell a share from a bar, if it stays as it is; 0 where they are too near."""
    total = 10
    while total <= MAX_CASES:
        interval = wilson(round(share * total), total)
        if interval.low >= bar or interval.high < bar:
            return total
        total = math.ceil(total * 1.1)
    return 0


def preferred(found: Preference) -> str:
    """In a sentence or two: whose answers the judge prefers."""
    one, counted = found.comparison, found.comparison.counted
    lost = f"; {found.unjudged} more got no verdict" if found.unjudged else ""
    seen = (
        f"of {counted.total} pairs {counted.second_only} for {one.second}, "
        f"{counted.first_only} for {one.first}, {counted.both} alike{lost} (p {chance(one.chance)})"
    )
    if one.significant:
        best, other = (one.second, one.first)[:: 1 if counted.difference > 0 else -1]
        return f"**The judge prefers {best}'s answers to {other}'s**: {seen}."
    more = max(one.needed - counted.total, 0)
    ask = f" If it goes on like this, about {more:,} more questions would tell." if more else ""
    return f"**The judge prefers neither {one.first}'s nor {one.second}'s answers**: {seen}.{ask}"


def conclusion(found: Comparison) -> str:
    """In a sentence or two: what may be concluded, and how many more questions it would take."""
    first, second, gain = found.first, found.second, found.counted.difference
    between = f"{points(found.interval.low)} to {points(found.interval.high)} points"
    seen = f"{points(gain)} points (95 %: {between}; p {chance(found.chance)})"
    if found.significant and gain > 0:
        return f"**{second} is better than {first}**: {seen}."
    if found.significant:
        return f"**{second} is worse than {first}**: {seen}."
    total = found.counted.total
    if total and found.interval.high < MATTERS:
        most = max(found.interval.high, 0.0)
        return (
            f"**{second} does not help over {first}**: {seen}. "
            f"If it gains anything, it is less than {max(100 * most, 0.1):.1f} points."
        )
    more = max(found.needed - total, 0)
    if found.needed and more:
        return (
            f"**Nothing can be concluded about {second} against {first} yet**: {seen}. "
            f"If the difference is what it looks like, about {more:,} more questions would show it "
            f"({found.needed:,} in all, with a chance of 80 %)."
        )
    left = max(found.needed_to_matter - total, 0)
    if not left:
        return f"**No difference is seen between {second} and {first}**: {seen}."
    return (
        f"**Nothing can be concluded about {second} against {first} yet**: {seen}. To show a "
        f"difference of {100 * MATTERS:.0f} points it would take about {left:,} more questions "
        f"({found.needed_to_matter:,} in all)."
    )


def remarks(found: Findings) -> list[str]:
    """What a reader should know before believing it."""
    said = []
    total = len(found.plan.questions)
    if found.asked < total:
        said.append(
            f"{found.asked} of {total} questions are answered in every mode so far. "
            "The same command goes on."
        )
    for mode in found.modes:
        if mode.unanswered:
            said.append(
                f"{mode.mode}: {mode.unanswered} of {mode.total} questions got no answer. "
                "They count as wrong."
            )
        if mode.unjudged:
            said.append(
                f"{mode.mode}: {mode.unjudged} of {mode.total + mode.unjudged} answers were not "
                "judged. They count neither as right nor as wrong: the share and its interval are "
                "those of the others."
            )
    spending = [m for m in found.modes if m.mode.startswith(("vote", "deep", "refine"))]
    if len(spending) > 1:
        least, most = (pick(spending, key=lambda m: m.tokens) for pick in (min, max))
        if least.tokens and most.tokens > least.tokens * (1 + EQUAL_BUDGET):
            ratio = most.tokens / least.tokens
            said.append(
                f"The modes did not spend alike: {most.mode} wrote {ratio:.2f} × the tokens of "
                f"{least.mode}."
            )
    if found.plan.form == "tau2":
        said.append(
            "τ² tasks are read as single requests and judged by their criteria. The published "
            "figures come from a simulated user and real tools, and do not compare with these."
        )
    return said


def points(share: float) -> str:
    """A difference in percentage points, with its sign."""
    value = round(100 * share, 1)
    return f"{value:+.1f}".replace("-", "−") if value else "0.0"


def chance(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}" if p < 0.1 else f"= {p:.2f}"
