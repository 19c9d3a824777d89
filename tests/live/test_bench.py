"""Every group of `qchat bench` measures something, at a tiny size: how much is no test."""

import asyncio
import importlib
from collections.abc import Coroutine
from pathlib import Path

import pytest

from qchat.bench import recall
from qchat.bench.run import groups

TINY: dict[str, dict[str, object]] = {
    "startup": {"ROUNDS": 1, "TURNS": 3, "SETTLED_S": 0.1},
    "longsession": {"MANY": 5, "FEW": 2, "ROUNDS": 1, "SETTLE_S": 0.1},
    "longtalk": {"MANY": 8, "FEW": 4, "ROUNDS": 1, "TURNS": 2},
    "memory": {"MANY": 40, "IMPORTED": 20, "QUESTIONS": 4, "SAVES": 2},
    "recall": {},
    "knowledge": {"FILES": 3, "CONVERSATIONS": 3, "QUESTIONS": 3},
    "rendering": {
        "FRAMES": 3,
        "SHORT": 200,
        "LONG": 400,
        "APPENDS": 3,
        "APPENDS_TO_OPEN": 3,
        "ANSWERS": 2,
    },
    "longturn": {"STEPS": 12, "SAMPLE": 3, "FRAME": 1},
    "steps": {"STEPS": 9, "EARLY": 2, "SAMPLE": 3},
    "streaming": {"KEYS": 3, "STEPS": 5, "TOKENS": 8, "ROUNDS": 1},
    "generation": {"ROUNDS": 1},
    "prompts": {"SUMS": ("What is 45 - 9?",), "TURNS": 2, "ROUNDS": 1},
    "kernel": {"WARM": 2, "STARTS": 1, "LARGE_BYTES": 100_000, "LINES": 100, "OPEN_S": 0.1},
    "speculation": {"ROUNDS": 1, "HEAVIER": 1},
    "depth": {"TRAILS": 2, "PIECES": 4, "EVERY_S": 0.01},
    "web": {"ROUNDS": 1, "WAIT_S": 0.01, "PAGES": 1, "HOSTS": 1},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", groups())
def test_every_group_measures(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module(f"qchat.bench.{name}")
    for constant, value in TINY[name].items():
        monkeypatch.setattr(module, constant, value)
    made = groups()[name]()
    rows = asyncio.run(made) if isinstance(made, Coroutine) else made
    assert rows
    assert all(row.value for row in rows)


def test_without_its_questions_recall_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recall, "SOURCE", tmp_path)  # as where qchat is installed
    assert recall.rows() == []
    assert "its questions are among qchat's tests" in capsys.readouterr().err
