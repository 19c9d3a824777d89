"""`qchat eval` against solvers whose statistics are known: it must find what theory says."""

import json
import re
from pathlib import Path

import pytest

from qchat.evaluation.statistics import wilson
from tests.program import qchat
from tests.solver import NAME, Statistics, answer, of_deep, of_vote, question, solver


def evaluate(home: Path, s: Statistics, questions: int, modes: str, tokens: int) -> str:
    """The report of an evaluation through the program."""
    rows = [{"question": question(n), "answer": int(answer(n, s.parts))} for n in range(questions)]
    file = home / "tasks.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with solver(s) as server:
        (home / "config.toml").write_text(
            f'backend = "solver"\n[backends.solver]\nkind = "openai"\nmodel = "{NAME}"\n'
            f'base_url = "http://{server.address}/v1"\napi_key = "none"\n'
        )
        done = qchat(home, "eval", str(file), "--modes", modes, "--tokens", str(tokens))
    assert done.returncode == 0, done.stderr
    return done.stdout


def measured(report: str) -> dict[str, tuple[int, int, float]]:
    """Of each mode: how many right, of how many, for how many tokens each."""
    rows = re.findall(r"^\| (\S+) +\| (\d+) +\| (\d+) .*?\| ([\d,]+) +\| [\d.]+ +\|$", report, re.M)
    return {m: (int(r), int(n), float(t.replace(",", ""))) for m, r, n, t in rows}


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_each_mode_is_measured_as_theory_has_it(tmp_path: Path) -> None:
    s = Statistics(parts=3, finds=0.6, errs=0.1, seed=4, tokens=0)
    report = evaluate(tmp_path, s, 45, "think,vote:4,deep:4", 40_000)
    found = measured(report)
    whole = (s.finds * (1 - s.errs)) ** s.parts
    theory = {
        "think": whole,
        "vote:4": of_vote(4, whole),
        "deep:4x1": of_deep(4, s.parts, s.finds, s.errs),
    }
    for mode, expected in theory.items():
        right, total, tokens = found[mode]
        assert total == 45
        assert expected in wilson(right, total, 0.999), (mode, right, expected)
        assert tokens <= 40_000
    for mode in ("think", "vote:4"):  # deep may stop when nothing is open any more
        assert found[mode][2] >= 0.95 * 40_000
    assert "**deep:4x1 is better than vote:4**" in report
    assert "**deep:4x1 is better than think**" in report


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_where_rounds_cannot_help_the_report_says_so(tmp_path: Path) -> None:
    """What a model knows wrongly it knows wrongly each time, and believes it when it checks."""
    s = Statistics(parts=1, finds=1.0, errs=0.4, seed=4, knowledge=True)
    report = evaluate(tmp_path, s, 70, "think,vote:3,deep:3", 8_000)
    found = measured(report)
    for mode in ("think", "vote:3", "deep:3x1"):
        right, total, _ = found[mode]
        assert 0.6 in wilson(right, total, 0.999), (mode, right)
    for first, second in (("think", "vote:3"), ("think", "deep:3x1"), ("vote:3", "deep:3x1")):
        assert f"**{second} does not help over {first}**" in report
    assert "is better than" not in report


@pytest.mark.slow
def test_an_evaluation_asks_the_same_way_again(tmp_path: Path) -> None:
    """Whichever of the trails of a question asks first: their requests are alike."""
    s = Statistics(parts=3, finds=0.6, errs=0.1, seed=4, tokens=0)
    answers = []
    for name in ("first", "again"):
        (tmp_path / name).mkdir()
        evaluate(tmp_path / name, s, 12, "vote:4,deep:4", 40_000)
        (file,) = (tmp_path / name / "evaluations").glob("*/answers.jsonl")
        rows = map(json.loads, file.read_text("utf-8").splitlines())
        answers.append({(row["mode"], row["question"]): row["read"] for row in rows})
    assert len(answers[0]) == 24
    assert answers[0] == answers[1]
