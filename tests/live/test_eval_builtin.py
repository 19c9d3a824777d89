"""The built-in evaluations, through the program and the real engine with the demo model.

The figures of 500 conversations stand in docs/decisions/0047; here are fewer of them.
"""

import json
import re
from pathlib import Path

import pytest

from tests.program import qchat


def share(report: str, name: str) -> tuple[int, int]:
    found = re.search(rf"\| {name} +\| (\d+) +\| (\d+) ", report)
    assert found is not None, report
    return int(found[1]), int(found[2])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "count"), [("thinkfollow", 80), ("tooluse", 48)])
def test_the_demo_model_does_as_it_is_told(tmp_path: Path, name: str, count: int) -> None:
    done = qchat(tmp_path, "eval", name, "--limit", str(count), "--seed", "5")
    assert done.returncode == 0, done.stderr
    right, total = share(done.stdout, name)
    assert total == count
    assert right >= count - 1, done.stdout
    assert "can be trusted with" in done.stdout


@pytest.mark.slow
def test_what_was_told_before_comes_back_and_stays_the_evaluators(tmp_path: Path) -> None:
    done = qchat(tmp_path, "eval", "recall", "--limit", "15")
    assert done.returncode == 0, done.stderr
    right, total = share(done.stdout, "recall")
    assert (total, right >= 13) == (15, True), done.stdout
    assert "called" in qchat(tmp_path, "memory", "list", "--user", "eval").stdout
    assert "called" not in qchat(tmp_path, "memory", "list").stdout


@pytest.mark.slow
def test_a_tiny_model_is_not_trusted_with_what_it_cannot(tmp_path: Path) -> None:
    done = qchat(tmp_path, "eval", "needle", "--limit", "3")
    assert done.returncode == 0, done.stderr
    assert "cannot be trusted with finding something" in done.stdout
    (file,) = tmp_path.glob("evaluations/needle-*/answers.jsonl")
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert len({row["topic"] for row in rows}) == 3
    assert not any(row.get("failure") for row in rows)
