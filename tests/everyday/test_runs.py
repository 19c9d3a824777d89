"""`qchat run`: a goal is worked on until it is reached, in the real program, with the real kernel.

A server on loopback plays the model: it reads what it is sent and decides by that.
"""

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.policies import Asked, Call, PolicyServer, Reply, config, policy_server
from tests.program import QCHAT, environment, qchat
from tests.terminal import Terminal, needs_tmux

GOAL = "Multiply 127 by 45, and show the product."
pytestmark = pytest.mark.slow


def python(code: str) -> Call:
    return Call("python", {"code": code})


def verdict(met: bool, why: str = "the product stands there") -> Reply:
    return Reply(json.dumps({"met": met, "evidence": why, "missing": why}))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def settle(home: Path, server: PolicyServer, more: str = "") -> None:
    (home / "config.toml").write_text(config(server.address) + more)


def events(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def told_of(asked: Asked) -> str:
    return "\n".join(m["content"] for m in asked.messages if m["role"] == "user")


def test_a_model_that_stops_early_is_told_what_is_missing(home: Path) -> None:
    goals: list[bool] = []

    def policy(asked: Asked) -> Reply:
        if asked.checks:
            assert "wonderful" not in asked.text  # its own praise is no evidence
            return verdict("5715" in asked.text, "no product was shown")
        goals.append(GOAL in asked.text)
        match len(asked.results):
            case 0 if "no product was shown" not in asked.text:
                return Reply("All done, it is wonderful.")
            case 0:
                found = {"plan": "multiply", "tried": "127 * 45", "result": "5715"}
                return Reply("", (python("print(127 * 45)"), Call("notebook", found)))
            case 2:
                return Reply("", (Call("report_metric", {"value": 5715, "name": "product"}),))
            case _:
                return Reply("Now it is shown.")

    with policy_server(policy) as server:
        settle(home, server)
        done = qchat(home, "run", GOAL)
    assert done.returncode == 0, done.stderr
    assert goals == [True] * 4
    report = done.stdout
    assert report.startswith("Goal reached\n")
    assert "Best product: 5715" in report
    assert "4 steps, 3 calls (0 failed)" in report
    assert "tried: 127 * 45 · result: 5715" in report


def test_the_users_command_decides_and_what_it_prints_is_told(home: Path, tmp_path: Path) -> None:
    asked_with: list[str] = []

    def policy(asked: Asked) -> Reply:
        asked_with.append(told_of(asked))
        if "exit status 1" not in asked.text:
            return Reply("Done.")
        return (
            Reply("Now.") if asked.results else Reply("", (python("open('out', 'w').write('5')"),))
        )

    check = tmp_path / "check.py"
    check.write_text(
        "import os, sys\n"
        "there = os.path.exists(os.path.join(os.environ['QCHAT_WORK_DIR'], 'out'))\n"
        "print('the file out is', 'there' if there else 'missing')\n"
        "sys.exit(not there)\n"
    )
    with policy_server(policy) as server:
        settle(home, server)
        done = qchat(home, "run", "Write the file out.", "--until", f"{QCHAT[0]} {check}", "--json")
    lines = events(done.stdout)
    assert done.returncode == 0, done.stderr
    assert [line["met"] for line in lines if line["type"] == "checked"] == [False, True]
    assert "the file out is missing" in asked_with[1]
    assert lines[-1]["type"] == "report" and lines[-1]["reached"]


def test_a_check_that_answers_in_prose_is_asked_for_a_verdict(home: Path) -> None:
    def policy(asked: Asked) -> Reply:
        if asked.checks and "JSON object alone" not in asked.last:
            return Reply("Looking at the evidence, I would say that it is **met**.")
        if asked.checks:
            return verdict("5715" in asked.text)
        return Reply("Done.") if asked.results else Reply("", (python("print(127 * 45)"),))

    with policy_server(policy) as server:
        settle(home, server)
        done = qchat(home, "run", GOAL)
    assert (done.returncode, server.requests) == (0, 4)


def test_a_word_to_a_run_that_goes_on_is_heard_and_kept(home: Path) -> None:
    """Said from another terminal; it is heard before the end is, and stands in later requests."""
    said = "Show it in hexadecimal, too: “0x1653”."
    seen: list[str] = []
    runs: list[str] = []

    def policy(asked: Asked) -> Reply:
        if asked.checks:
            assert said in asked.text
            return verdict("0x1653" in asked.text)
        seen.append(asked.text)
        if not asked.results:
            return Reply("", (python("print(127 * 45)"),))
        if len(asked.results) == 1 and said not in asked.text:
            listed = qchat(home, "run", "--list").stdout
            runs.append(listed)
            assert qchat(home, "run", "--resume", listed.split()[0], "--say", said).returncode == 0
            return Reply("Done.")
        if said in asked.text and len(asked.results) == 1:
            return Reply("", (python("print(hex(127 * 45))"),))
        return Reply("Done now.")

    with policy_server(policy) as server:
        settle(home, server)
        done = qchat(home, "run", GOAL)
        after = qchat(home, "run", "--list")
    assert done.returncode == 0, done.stderr
    assert " running" in runs[0] and GOAL in runs[0]
    assert said in seen[-1]
    assert "reached · step " in after.stdout
    nobody = qchat(home, "run", "--resume", after.stdout.split()[0], "--say", "More.")
    assert nobody.returncode == 2
    assert "There is no run" in nobody.stderr


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (("--steps", "3"), "stopped after 3 steps"),
        (("--tokens", "1500"), "the limit, which is 1,500"),
        (("--hours", "0.0015"), "stopped"),
    ],
)
def test_budgets_are_hard_and_the_report_says_which(
    home: Path, limit: tuple[str, ...], said: str
) -> None:
    def policy(asked: Asked) -> Reply:
        number = len(asked.results)
        if limit[0] == "--hours":
            return Reply("", (python("import time; time.sleep(100)"),))
        return Reply("", (python(f"print({number})"),))

    with policy_server(policy) as server:
        settle(home, server)
        done = qchat(home, "run", "Count for ever.", *limit)
        if limit[0] == "--steps":  # used up; with more of it the same run goes on
            (line,) = (text for text in done.stdout.splitlines() if text.startswith("To go on"))
            id_ = line.split("--resume ")[1].split()[0]
            refused = qchat(home, "run", "--resume", id_)
            assert (refused.returncode, refused.stdout) == (2, "")
            assert "To go on: " in refused.stderr
            more = qchat(home, "run", "--resume", id_, "--steps", "5")
            assert "stopped after 5 steps" in more.stdout.splitlines()[0]
    assert done.returncode == 1
    assert done.stdout.startswith("Goal not reached: ")
    assert said in done.stdout.splitlines()[0]
    if limit[0] == "--tokens":
        counted = re.search(r"after ([\d,]+) tokens", done.stdout)
        assert counted is not None
        assert int(counted[1].replace(",", "")) <= 1_500


def test_what_needs_approval_waits_and_the_rest_goes_on(home: Path) -> None:
    def policy(asked: Asked) -> Reply:
        if asked.checks:
            return verdict(False, "the file is not there")
        if not asked.results:
            return Reply("", (python("open('x', 'w').write('1')"),))
        if len(asked.results) == 1:
            return Reply("", (Call("notebook", {"tried": "writing x", "result": "it waits"}),))
        return Reply("There is nothing else to do.")

    with policy_server(policy) as server:
        settle(home, server, '[python]\nsandbox = "off"\n')
        done = qchat(home, "run", "Write the file x.")
    assert done.returncode == 1
    first, *rest = done.stdout.splitlines()
    assert first == "Goal not reached yet: what is left waits for your approval"
    assert any(line.startswith("Waits for your approval: Run this Python code") for line in rest)
    assert any("tried: writing x" in line for line in rest)


@needs_tmux
def test_a_goal_in_the_window_shows_how_far_it_is_and_goes_on_after_a_kill(home: Path) -> None:
    def policy(asked: Asked) -> Reply:
        if asked.checks:
            return verdict("gave back:\n9\n" in asked.text)
        number = len(asked.results)
        if number == 4 and "was cut off" not in asked.text:
            return Reply("", (python("import time; time.sleep(100)"),))
        if number >= 10:
            return Reply("It is counted.")
        count = python(f"print({number})")
        report = Call("report_metric", {"value": number, "name": "count"})
        return Reply("", (count, report) if number == 2 else (count,))

    with policy_server(policy) as server:
        settle(home, server)
        with closing(Terminal(home, 120, 50)) as window:
            window.run()
            window.wait_for("Ask anything")
            window.type("/goal Count to nine. --steps 40")
            window.wait_for("running python", "step 4 · ", "count 2 ▁")
            window.type("/context")  # of the running turn
            window.wait_for("tool output")
            window.press("F2")
            window.wait_for("works on its goal · step 4")
            os.kill(window.child(), signal.SIGKILL)
            window.wait_for("exit=")
        with closing(Terminal(home, 120, 50)) as window:  # nobody has put the other one back
            window.run("-c")
            window.wait_for("The work on the goal here was interrupted.")
            window.type("/goal resume")
            screen = window.wait_for("Goal reached", "metric.png")
            assert "Best count: 2" in screen
            window.type("/goal")
            window.wait_for("The goal is reached: Count to nine.")


@pytest.fixture
def killed(home: Path) -> Iterator[tuple[PolicyServer, str, list[str]]]:
    """A run whose process was killed in the middle of a call that had an effect."""
    told: list[str] = []

    def policy(asked: Asked) -> Reply:
        if asked.checks:
            return verdict("kept" in asked.last)
        told.append(told_of(asked))
        if "was cut off" in told[-1]:
            if "look before" in told[-1] and not any("kept" in r for r in asked.results[-1:]):
                return Reply("", (python("print('kept' if open('mark').read() else '')"),))
            return Reply("It is there.")
        slow = "open('mark', 'w').write('1'); print('written', flush=True)"
        return Reply("", (python(f"{slow}; import time; time.sleep(60)"),))

    with policy_server(policy) as server:
        settle(home, server)
        command = [*QCHAT, "run", "Write the mark.", "--json"]
        with subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            id_ = json.loads(process.stdout.readline())["id"]
            for line in process.stdout:
                if json.loads(line)["type"] == "tool_progress":
                    break
            looks_on = subprocess.Popen(
                [*QCHAT, "run", "--resume", id_],
                env=environment(home),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            assert looks_on.stderr is not None
            assert f"is worked on by process {process.pid}" in looks_on.stderr.readline()
            os.kill(process.pid, signal.SIGKILL)
        said = looks_on.communicate(timeout=60)[1]
        assert (looks_on.returncode, "has died" in said) == (1, True), said
        yield server, id_, told


def test_a_killed_run_goes_on_when_it_is_asked_to(
    home: Path, killed: tuple[PolicyServer, str, list[str]]
) -> None:
    _server, id_, told = killed
    done = qchat(home, "run", "--resume", id_)
    assert done.returncode == 0, done.stderr
    assert "These calls had begun, and may have had effects: python (call_0)" in told[1]
    assert "kernel is new" in told[1]
    assert "Write the mark." in told[1]
    again = qchat(home, "run", "--resume", id_)
    assert again.returncode == 2
    assert "This goal is reached" in again.stderr


def test_deep_work_is_one_step_of_a_run_and_no_round_is_paid_twice(home: Path) -> None:
    """Killed in its second round and resumed: the first one is read from where it is kept."""
    question = "What is the product of 127 and 45?"
    second, over = threading.Event(), threading.Event()
    rounds: list[int] = []

    def policy(asked: Asked) -> Reply:
        if asked.checks:
            return verdict("5715" in asked.text)
        if "Write down what this attempt found" in asked.last:
            handle = re.findall(r"^\[(\d+\.\d+)\] python", asked.last, re.M)
            seen = f" [{handle[-1]}]" if handle else ""
            more = "none" if "round 2" in asked.text else "is it right?"
            return Reply(f"RESULT: product = 5715{seen}\nANSWER: 5715\nOPEN: {more}")
        if question in told_of(asked):
            if asked.results or "Write the answer from it" in asked.text:
                return Reply("Answer: 5715")
            number = 2 if "this is round 2" in asked.text else 1
            rounds.append(number)
            if number == 2 and not over.is_set():
                second.set()
                over.wait(60)
            return Reply("", (python("print(127 * 45)"),))
        if any("5715" in result for result in asked.results):
            return Reply("The product is 5715.")
        return Reply("", (Call("think_deeper", {"question": question, "rounds": 2}),))

    with policy_server(policy) as server:
        settle(home, server)
        with subprocess.Popen(
            [*QCHAT, "run", "--json", GOAL],
            env=environment(home), stdout=subprocess.PIPE, text=True,
        ) as running:  # fmt: skip
            assert second.wait(60)
            os.kill(running.pid, signal.SIGKILL)
            assert running.stdout is not None
            first = events(running.stdout.read())
        over.set()
        done = qchat(home, "run", "--json", "--resume", first[0]["id"])
    assert done.returncode == 0, done.stderr
    assert rounds == [1, 2, 2], "a round was paid twice"
    told = events(done.stdout)
    kinds = [event["type"] for event in told]
    assert kinds.count("depth_started") == 1
    (finished,) = [e for e in told if e["type"] == "tool_finished" and "product = 5715" in str(e)]
    assert finished["call_id"] == next(e["call"] for e in told if e["type"] == "depth_started")
    trails = [e for e in told if e["type"] == "trail_finished"]
    assert [e["label"] for e in trails if e.get("again")] == [
        "round 1, trail 1",
        "round 1, trail 1, notes",
    ]
    assert "the product stands there" in done.stdout


@pytest.mark.parametrize("rerun", ["ask", "always"])
def test_code_of_before_runs_again_in_a_new_kernel_if_that_is_allowed(
    home: Path, rerun: str
) -> None:
    """Cut off by a kill in the middle of a call; what failed before does not run again."""
    told: list[str] = []

    def policy(asked: Asked) -> Reply:
        prompt = [m["content"] for m in asked.messages if m["role"] == "user"][-1]
        last = asked.messages[-1]["role"]
        if "Begin" in prompt:
            codes = (
                "x = 41; open('log', 'a').write('written ')",
                "1 / 0",
                "import time; time.sleep(99)",
            )
            number = sum(m["role"] == "tool" for m in asked.messages)
            return Reply("", (python(codes[number]),))
        told.append(prompt)
        code = "print('x is', x + 1, open('log').read())"
        return Reply("Done.") if last == "tool" else Reply("", (python(code),))

    with policy_server(policy) as server:
        settle(home, server, f'[python]\nrerun = "{rerun}"\n')
        with subprocess.Popen(
            [*QCHAT, "ask", "--json", "Begin."], env=environment(home), stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            begun = 0
            for line in process.stdout:
                begun += json.loads(line)["type"] == "tool_started"
                if begun == 3:
                    break
            os.kill(process.pid, signal.SIGKILL)
        done = qchat(home, "ask", "-c", "--json", "Go on.")
    finished = [e for e in events(done.stdout) if e["type"] == "tool_finished"]
    assert [e["ok"] for e in finished] == [rerun == "always"]
    assert "may have had effects: python" in told[0]
    if rerun == "always":
        assert "1 cell that had ended well before ran in it again" in told[0]
        assert "variables and imports are gone" not in told[0]
        assert "x is 42 written written" in json.dumps(finished)
    else:
        assert "variables and imports are gone" in told[0]
