"""The parts of a run: its notebook, its number, who holds it, what is asked for, what is read."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from qchat.commands.goal import more_of
from qchat.commands.goal import read as read_goal
from qchat.protocol.errors import UsageError
from qchat.protocol.permission import Permission
from qchat.runs.approvals import Approvals, Waits
from qchat.runs.goal import Goal, Limits
from qchat.runs.metric import Point, best, sparkline
from qchat.runs.metric_chart import draw
from qchat.runs.notebook import (
    MAX_DECIDED,
    MAX_ENTRIES,
    MAX_ENTRY,
    MAX_PLAN,
    Notebook,
    NotebookArguments,
)
from qchat.runs.verifier import read
from qchat.store import Store

words = st.text(max_size=MAX_ENTRY + 50)
entries = st.builds(
    NotebookArguments,
    plan=st.text(max_size=MAX_PLAN + 50),
    tried=words,
    result=words,
    decided=words,
    drop=st.lists(st.integers(0, 8), max_size=3).map(tuple),
)


@given(st.lists(entries, max_size=20), st.integers(200, 8_000))
def test_a_notebook_keeps_every_decision_and_its_bounds(
    made: list[NotebookArguments], limit: int
) -> None:
    notebook = Notebook()
    for asked in made:
        if not notebook.problem(asked):
            notebook.add(asked)
    text = notebook.text(limit)
    assert all(decided in text for decided in notebook.decided.values())
    assert sum(map(len, notebook.decided.values())) <= MAX_DECIDED
    assert len(notebook.findings) <= MAX_ENTRIES
    most = max(limit, MAX_PLAN + MAX_DECIDED + limit // 4)
    assert len(text) <= most + 12 * len(notebook.decided) + 200


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=80))
def test_any_numbers_can_be_drawn(values: list[float]) -> None:
    points = [Point("loss", value, "lower", step, step / 2) for step, value in enumerate(values)]
    top = best(points)
    assert top is not None
    assert top.value == min(values)
    assert 1 <= len(sparkline(points, 24)) <= 24


@pytest.mark.parametrize("values", [[1.0], [1.0, 1.0], [3.0, 1.0, 2.0], [-1e308, 1e308]])
def test_the_number_is_a_picture(values: list[float], tmp_path: Path) -> None:
    draw([Point("x\n", v, "higher", n, 0.0) for n, v in enumerate(values)], tmp_path / "m.png")
    with Image.open(tmp_path / "m.png") as picture:
        assert picture.size == (960, 540)


async def test_an_answer_for_once_holds_for_one_call(tmp_path: Path) -> None:
    store = Store(tmp_path / "sessions.db")
    session = store.create_session("me").id
    answers: list[Permission] = ["once", "no"]

    async def ask(_question: str) -> Permission:
        return answers.pop(0)

    queue = Approvals(store.runs, session, ask)
    for expected in ("once", "no"):
        with pytest.raises(Waits):
            await queue.ask("May it?\ndetails")
        await asyncio.wait_for(queue.answered.wait(), 10)
        word = "allows it now" if expected == "once" else "does not allow it"
        assert queue.news() == f"The user was asked 'May it?', and {word}."
        assert await queue.ask("May it?\ndetails") == expected
    assert queue.waiting == []
    await queue.aclose()
    store.close()


async def test_an_answer_holds_whatever_was_read_since(tmp_path: Path) -> None:
    """The reason of a question names what the model has read, which is more by then."""
    store = Store(tmp_path / "sessions.db")

    async def ask(_question: str) -> Permission:
        return "once"

    queue = Approvals(store.runs, store.create_session("me").id, ask)
    with pytest.raises(Waits):
        await queue.ask("Read this address? The conversation holds a.\nhttp://a.test/")
    await asyncio.wait_for(queue.answered.wait(), 10)
    with pytest.raises(Waits):
        await queue.ask("Read this address? The conversation holds a, b.\nhttp://b.test/")
    assert (
        await queue.ask("Read this address? The conversation holds a, b.\nhttp://a.test/") == "once"
    )
    await queue.aclose()
    store.close()


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ('{"met": true, "evidence": "seen"}', True),
        ('Sure. ```json\n{"met": true, "evidence": "x", "missing": ""}\n```', True),
        ('{"met": "true"}', True),
        ('{"met": false, "missing": "all"}', False),
        ("It is wonderful, the goal is met!", False),
        ("", False),
        ('{"met": 7}', False),
    ],
)
def test_only_a_verdict_that_says_so_is_a_yes(text: str, met: bool) -> None:
    verdict = read(text)
    assert (verdict is not None and verdict.met) is met


def test_a_run_goes_on_with_other_limits() -> None:
    assert more_of("resume") == Limits()
    assert more_of("resume --steps 1,000 --hours 0") == Limits(steps=1_000, hours=0.0)
    assert more_of("resume the work") is None
    kept = Limits(tokens=5).of(Goal("g", until="x", steps=7))
    assert kept == Goal("g", until="x", steps=7, tokens=5)
    for wrong in ("resume --until x", "resume --steps many"):
        with pytest.raises(UsageError):
            more_of(wrong)


def test_a_goal_is_read_with_its_options() -> None:
    goal = read_goal('Make it work --until "pytest -q --x" --steps 1,000 --hours 0.5')
    assert (goal.text, goal.until) == ("Make it work", "pytest -q --x")
    assert (goal.steps, goal.hours) == (1_000, 0.5)
    assert read_goal(" Just do it. ").text == "Just do it."
    for wrong in ("--until x", "Do --steps many", "Do --until a --verify b", "Do --hours"):
        with pytest.raises(UsageError):
            read_goal(wrong)
