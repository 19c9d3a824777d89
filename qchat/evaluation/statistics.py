"""What may be concluded from how many right answers: intervals, paired tests, and how many more.

The same questions are asked in every mode, so differences are tested in pairs, which takes far
fewer questions than two separate shares would. Sources: Wilson 1927 (interval of a share), McNemar
1947 in its exact form, Connor 1987 (sample size for paired shares), Holm 1979 (several tests).
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

import msgspec

CONFIDENCE = 0.95
POWER = 0.8
"""The chance to see a difference that is there, by which the number of questions is planned."""
RESAMPLES = 10_000


class Interval(msgspec.Struct, frozen=True):
    """Between which shares the truth lies, as far as these questions tell."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


class Pairs(msgspec.Struct, frozen=True):
    """How two modes did on the same questions."""

    both: int
    first_only: int
    second_only: int
    neither: int

    @property
    def total(self) -> int:
        return self.both + self.first_only + self.second_only + self.neither

    @property
    def difference(self) -> float:
        """By how much the second one's share of right answers is higher; -1 to 1."""
        return (self.second_only - self.first_only) / self.total if self.total else 0.0


def wilson(right: int, total: int, confidence: float = CONFIDENCE) -> Interval:
    """The interval of a share, sound for few questions and for shares near 0 and 1."""
    if total == 0:
        return Interval(0.0, 1.0)
    z = _z(1 - (1 - confidence) / 2)
    share, z2 = right / total, z * z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = z / (1 + z2 / total) * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    low = 0.0 if right == 0 else max(0.0, middle - half)
    high = 1.0 if right == total else min(1.0, middle + half)
    return Interval(low, high)


def pairs(first: Sequence[bool], second: Sequence[bool]) -> Pairs:
    """Count the four cases; the sequences hold the same questions in the same order."""
    counts = {(a, b): 0 for a in (True, False) for b in (True, False)}
    for a, b in zip(first, second, strict=True):
        counts[a, b] += 1
    return Pairs(counts[True, True], counts[True, False], counts[False, True], counts[False, False])


def mcnemar(first_only: int, second_only: int) -> float:
    """How likely such a difference is by chance alone: the exact two-sided p.

    Only questions count on which the two differ; by chance each falls to either side alike.
    """
    total = first_only + second_only
    if total == 0:
        return 1.0
    few = min(first_only, second_only)
    tail = sum(math.exp(_log_choose(total, k) - total * math.log(2)) for k in range(few + 1))
    return min(1.0, 2 * tail)


def paired_bootstrap(
    counted: Pairs, *, seed: int = 0, confidence: float = CONFIDENCE, resamples: int = RESAMPLES
) -> Interval:
    """The interval of the difference, from drawing the questions again and again.

    Drawing questions with replacement is drawing how often each of the four cases comes. Half a
    question is added to each case (as Agresti and Min 2005 do): of a few questions on which two
    modes agree by chance, a plain bootstrap would be sure that they always do.
    """
    if counted.total == 0:
        return Interval(-1.0, 1.0)
    import numpy as np  # noqa: PLC0415  it is slow to load

    cases = [counted.both, counted.first_only, counted.second_only, counted.neither]
    shares = (np.array(cases) + 0.5) / (counted.total + 2)
    draws = np.random.default_rng(seed).multinomial(counted.total, shares, size=resamples)
    differences = (draws[:, 2] - draws[:, 1]) / counted.total
    rest = (1 - confidence) / 2
    low, high = np.quantile(differences, [rest, 1 - rest])
    return Interval(float(low), float(high))


def questions_needed(
    first_only: float, second_only: float, *, confidence: float = CONFIDENCE, power: float = POWER
) -> int:
    """How many questions show a difference of these shares (0 to 1) with that chance.

    `first_only` and `second_only` are the shares of questions that only one of the two gets right.
    Raises ValueError where there is no difference to be shown.
    """
    apart, difference = first_only + second_only, abs(second_only - first_only)
    if difference == 0:
        raise ValueError("no number of questions shows a difference that is not there")
    spread = max(apart - difference * difference, 0.0)
    z = _z(1 - (1 - confidence) / 2) * math.sqrt(apart) + _z(power) * math.sqrt(spread)
    # The exact test is stricter than the formula where few questions differ: never fewer than
    # it takes for all of them to fall to one side and be told apart from chance.
    least = math.ceil((1 - math.log2(1 - confidence)) / apart)
    return max(math.ceil((z / difference) ** 2), least)


def smallest_seen(total: int, apart: float) -> float:
    """The smallest difference that so many questions would show, where `apart` of them differ."""
    if total == 0 or apart == 0:
        return 1.0
    z = _z(1 - (1 - CONFIDENCE) / 2) + _z(POWER)
    return min(1.0, z * math.sqrt(apart / total))


def holm(chances: Sequence[float]) -> list[float]:
    """The p of each of several tests, raised so that the whole table errs as seldom as one."""
    order = sorted(range(len(chances)), key=lambda place: chances[place])
    raised, highest = [1.0] * len(chances), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(chances) - rank) * chances[place]))
        raised[place] = highest
    return raised


def _z(share: float) -> float:
    return NormalDist().inv_cdf(share)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
