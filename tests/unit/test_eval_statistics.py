"""What may be concluded: against values worked out by hand, and against what theory says."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.evaluation.statistics import (
    Pairs,
    holm,
    mcnemar,
    paired_bootstrap,
    pairs,
    questions_needed,
    wilson,
)


def test_the_interval_of_a_share_is_wilsons() -> None:
    # p = 0.8, n = 10, z = 1.959964: centre (0.8 + 0.192073) / 1.384146 = 0.716740,
    # half 1.959964 / 1.384146 * sqrt(0.016 + 0.00960365) = 0.226576.
    found = wilson(8, 10)
    assert found.low == pytest.approx(0.490162, abs=1e-5)
    assert found.high == pytest.approx(0.943318, abs=1e-5)
    # Of none of 10: high = z² / (n + z²) = 3.841459 / 13.841459.
    assert wilson(0, 10).low == 0
    assert wilson(0, 10).high == pytest.approx(0.277533, abs=1e-6)
    assert wilson(10, 10).low == pytest.approx(1 - 0.277533, abs=1e-6)
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    draw = random.Random(1)
    held = sum(0.3 in wilson(sum(draw.random() < 0.3 for _ in range(80)), 80) for _ in range(1000))
    assert 925 <= held <= 975  # 950 are expected, with a standard deviation of 7


def test_mcnemar_is_the_binomial_test() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(1, 1) == 1
    # 2 * (1 + 10 + 45) / 1024
    assert mcnemar(2, 8) == pytest.approx(112 / 1024)
    assert mcnemar(8, 2) == pytest.approx(112 / 1024)
    assert mcnemar(0, 6) == pytest.approx(2 / 64)
    assert mcnemar(400, 600) == pytest.approx(2.7e-10, rel=0.1)


def test_pairs_count_who_alone_was_right() -> None:
    counted = pairs([True, True, False, False, False], [True, False, True, True, False])
    assert counted == Pairs(1, 1, 2, 1)
    assert counted.difference == pytest.approx(0.2)


def test_the_bootstrap_has_the_width_of_theory_and_is_never_sure_of_nothing() -> None:
    counted = Pairs(400, 100, 200, 300)
    # Variance of the difference: (0.3 - 0.01) / 1000.
    half = 1.96 * math.sqrt((0.3 - 0.1**2) / 1000)
    found = paired_bootstrap(counted)
    assert found.low == pytest.approx(0.1 - half, abs=0.004)
    assert found.high == pytest.approx(0.1 + half, abs=0.004)
    few = paired_bootstrap(Pairs(2, 0, 0, 3))
    assert few.high >= 0.2
    assert few.low <= -0.2
    assert paired_bootstrap(counted, seed=3) == paired_bootstrap(counted, seed=3)


def test_how_many_questions_show_a_difference() -> None:
    # p10 = 0.1, p01 = 0.2: (1.959964 √0.3 + 0.841621 √0.29)² / 0.01 = 233.0
    assert questions_needed(0.1, 0.2) == pytest.approx(233, abs=1)
    assert questions_needed(0.2, 0.1) == questions_needed(0.1, 0.2)
    with pytest.raises(ValueError, match="not there"):
        questions_needed(0.1, 0.1)


def test_so_many_questions_do_show_it_about_as_often_as_planned() -> None:
    total, draw, seen = questions_needed(0.1, 0.25), random.Random(2), 0
    for _ in range(400):
        drawn = [draw.random() for _ in range(total)]
        first = sum(one < 0.1 for one in drawn)
        second = sum(0.1 <= one < 0.35 for one in drawn)
        seen += mcnemar(first, second) < 0.05
    assert 0.72 <= seen / 400 <= 0.9  # the exact test is a little stricter than the plan's


def test_holm_raises_the_smallest_most() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


@given(st.integers(0, 300), st.integers(0, 300))
def test_an_interval_holds_the_share_that_was_seen(right: int, wrong: int) -> None:
    found = wilson(right, right + wrong)
    assert 0 <= found.low <= found.high <= 1
    if right + wrong:
        assert found.low - 1e-12 <= right / (right + wrong) <= found.high + 1e-12
    assert 0 < mcnemar(right, wrong) <= 1
