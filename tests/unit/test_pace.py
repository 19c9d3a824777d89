"""Frames come as often as their cost allows, and never stop."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from qchat.tui.render.pace import DUTY, LATEST_S, MAX_WAIT_S, Pace

TICK_S = 0.05


def frames(costs: list[float], ticks: int = 400) -> tuple[int, float]:
    """How many frames are drawn in so many ticks, each of which costs what comes next, and all."""
    now = worked = 0.0
    drawn = 0
    pace = Pace(lambda: now, lambda: worked)
    for _ in range(ticks):
        now += TICK_S
        if pace.due():
            worked += costs[drawn % len(costs)]
            drawn += 1
    return drawn, worked


def test_what_costs_little_is_drawn_at_every_tick() -> None:
    assert frames([0.001])[0] == 400


@given(st.lists(st.floats(0.0, MAX_WAIT_S * DUTY), min_size=1, max_size=5))
def test_work_stays_within_its_share(costs: list[float]) -> None:
    _, worked = frames(costs)
    assert worked <= DUTY * 400 * TICK_S + max(costs)


@given(st.lists(st.floats(0.0, 10.0), min_size=1, max_size=5))
def test_text_is_seen_to_come_whatever_it_costs(costs: list[float]) -> None:
    assert frames(costs)[0] >= 400 * TICK_S / (MAX_WAIT_S + TICK_S) - 1


@given(st.floats(0.0, 1.0))
def test_who_types_is_not_kept_waiting_by_frames_and_still_sees_text_come(cost: float) -> None:
    now = 0.0
    pace = Pace(lambda: now, lambda: cost)
    times = []
    for _ in range(400):
        now += TICK_S
        if pace.due(typing=True, echoed=True):
            times.append(now)
    assert all(b - a >= MAX_WAIT_S - 1e-9 for a, b in itertools.pairwise(times))
    assert len(times) >= 400 * TICK_S / (MAX_WAIT_S + TICK_S) - 1


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_while_somebody_types_frames_follow_echoes_and_text_never_stands_still(
    echoes: list[bool],
) -> None:
    now = drawn = 0.0
    pace = Pace(lambda: now, lambda: 0.0)
    for tick in range(400):
        now += TICK_S
        echoed = echoes[tick % len(echoes)]
        if pace.due(typing=True, echoed=echoed):
            assert now - drawn >= (MAX_WAIT_S if echoed else LATEST_S) - 1e-9
            drawn = now
        assert now - drawn <= LATEST_S + TICK_S
