"""Asking deeply as a person does: with the demo model, in a pipe, in the window, after a kill."""

import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.program import QCHAT, environment, lines, qchat
from tests.program import answer as answer_of
from tests.solver import Request, Solver, Statistics, answer, question, solver
from tests.terminal import Terminal, needs_tmux

CONFIG = """
backend = "solver"
[memory]
enabled = false
[backends.solver]
kind = "openai"
model = "qwen3-solver"
base_url = "http://{address}/v1"
api_key = "none"
[backends.other]
kind = "openai"
model = "qwen3-solver"
base_url = "http://{address}/v1"
api_key = "none"
"""


def configured(home: Path, server: Solver) -> None:
    (home / "config.toml").write_text(CONFIG.format(address=server.address))


def of_kind(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == kind]


@pytest.mark.slow
def test_the_demo_model_answers_deeply_and_every_format_keeps_how(tmp_path: Path) -> None:
    """It writes no notes that could be read: what its tools gave back is the experience."""
    asked = ("ask", "--backend", "demo", "--json", "--deep", "--rounds", "2", "--width", "2")
    events = lines(qchat(tmp_path, *asked, "What is 127 * 45?"))
    assert "5715" in answer_of(events)
    (round_,) = of_kind(events, "round_finished")
    (result,) = round_["experience"]["established"]
    assert {evidence["kind"] for evidence in result["evidence"]} == {"calculation"}
    assert [e["label"] for e in of_kind(events, "trail_started")][:2] == [
        "round 1, trail 1",
        "round 1, trail 2",
    ]
    session = events[0]["id"]
    for form in ("md", "jsonl", "ipynb"):
        written = qchat(tmp_path, "sessions", "export", session, "--format", form)
        assert written.returncode == 0, written.stderr
        for text in ("round 1, trail 2", "127 * 45 = 5715", result["evidence"][0]["handle"]):
            assert text in written.stdout, (form, text)
    again = qchat(tmp_path, "ask", "--backend", "demo", "--deep", "-c")
    assert again.returncode == 2
    assert "no stopped deep turn" in again.stderr
    plain = lines(qchat(tmp_path, "ask", "--json", "-c", "What is 2 + 3?"))
    assert "5" in answer_of(plain), "a conversation goes on behind a deep turn"


@pytest.mark.slow
def test_killed_in_round_3_of_5_it_goes_on_where_it_was(tmp_path: Path) -> None:
    third = threading.Event()
    over = threading.Event()

    def hold(request: Request) -> None:
        if request.phase == "work" and request.round == 3 and not over.is_set():
            third.set()
            over.wait(60)

    with solver(Statistics(parts=5, finds=0.3, seed=3)) as server:
        server.hold = hold
        configured(tmp_path, server)
        ask = (*QCHAT, "ask", "--deep", "--json", "--no-tools")
        with subprocess.Popen(
            [*ask, "--rounds", "5", question(1)],
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            text=True,
        ) as running:
            assert third.wait(60)
            os.kill(running.pid, signal.SIGKILL)
            assert running.stdout is not None
            first = running.stdout.read()
        over.set()
        paid = len(server.asked)
        events = lines(qchat(tmp_path, "ask", "--deep", "--json", "--no-tools", "-c"))
        work = [request.round for request in server.asked[paid:] if request.phase == "work"]
    assert work[0] == 3
    assert work == sorted(set(work)), "a round was paid twice"
    rounds = [e["experience"] for e in of_kind(events, "round_finished")]
    for experience in rounds[:2]:
        told = msg_of(experience)
        assert told in first
    assert events[-1] == {**events[-1], "type": "turn_finished", "reason": "stop"}
    assert answer_of(events)


def msg_of(experience: dict[str, Any]) -> str:
    """A name of a result as it stood in the lines before the kill."""
    results = [*experience.get("established", []), *experience.get("claims", [])]
    return str(results[0]["text"]) if results else ""


@needs_tmux
@pytest.mark.slow
def test_a_deep_turn_in_the_window_opens_and_its_trails_too(tmp_path: Path) -> None:
    with solver(Statistics(parts=2, finds=1.0)) as server:
        configured(tmp_path, server)
        window = Terminal(tmp_path, 110, 40)
        try:
            window.run("--no-tools")
            window.wait_for("Ask something")
            window.type(f"/deep --rounds 3 --width 2 {question(4)}")
            window.wait_for("▸ deep, 1 round: 2 trails", answer(4, 2))
            window.press("BTab", "Up", "Up", "Space")
            shown = window.wait_for("round  trails  added", "unchecked", "round 1, trail 2")
            assert "part 1 = " in shown
            window.press("l", "Enter")
            window.wait_for("p picks it", "found part 1", "Answer: ")
            window.press("Escape")
            window.wait_for("p picks it", absent=True)
            window.press("Space", "Tab")
            window.type("/trail")
            shown = window.wait_for("/pick ID goes on behind it")
            id_ = next(line for line in shown.splitlines() if "round 1, trail 2" in line).split()[0]
            window.type(f"/pick {id_}")
            window.wait_for(f"You go on behind trail {id_}", "2 of 2")
            window.type("/compare solver other")
            window.wait_for(
                "compare: 2 trails", "solver: ", "solver's answer goes on", "/pick other"
            )
            window.press("BTab", "Up", "Right", "Right", "Enter")
            window.wait_for("p picks it")
            window.press("p")
            window.wait_for("You go on behind trail")
            window.type("/ask-other other")
            window.wait_for("Give a second opinion")
            window.type("/quit")
            window.wait_for("exit=0")
        finally:
            window.close()
    assert any("second opinion" in request.text for request in server.asked)
