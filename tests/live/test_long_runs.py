"""Runs of a thousand calls: nothing is lost, nothing is done twice, whatever happens meanwhile.

A server plays the model: it knows nothing but what it is sent, and counts that with a tokenizer of
its own. The kernel, the store and the program are the real ones.
"""

import json
import os
import random
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from qchat.protocol.events import ToolStarted
from qchat.store import Store
from tests.policies import Asked, Call, Fault, PolicyServer, Reply, config, policy_server, sse
from tests.program import QCHAT, environment, qchat

CONTEXT = 32_768
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def python(code: str) -> Call:
    return Call("python", {"code": code})


def verdict(met: bool) -> Reply:
    return Reply(json.dumps({"met": met, "evidence": "seen", "missing": "it is not shown"}))


class Optimiser:
    """Goes downhill on f(x) = (x - best)^2 + 7 in steps of one, from what it can still read.

    Each reply makes `at_once` calls; every twelfth x prints `output` characters too.
    """

    def __init__(self, best: int, at_once: int = 1, output: int = 0) -> None:
        self.best = best
        self.at_once = at_once
        self.output = output
        self.calls = 0
        self.decided: list[str] = []
        self.lost: list[str] = []
        self.goals = 0
        self.faults: list[str] = []

    def __call__(self, asked: Asked) -> Reply:
        if asked.checks:
            return verdict(f"f({self.best}) = 7" in asked.text)
        text = asked.text
        self.goals += GOAL in text
        self.lost += [f"{word} at {asked.number}" for word in self.decided if word not in text]
        values = {int(x): int(f) for x, f in re.findall(r"f\((\d+)\) = (\d+)", text)}
        last = max(values, default=-1)
        if values.get(last, 0) > values.get(last - 1, last + 10**9):
            return Reply(f"The optimum is at {min(values, key=lambda x: values[x])}.")
        x, calls = last + 1, []
        long = f"; print('some words ' * {self.output // 11})" if x % 12 == 0 else ""
        if x == 0:
            calls.append(python(f"def f(x): return (x - {self.best}) ** 2 + 7"))
        calls.append(python(f"print(f'f({x}) = {{f({x})}}'){long}"))
        more = range(x + 1, x + self.at_once)
        calls += [python(f"print(f'f({at}) = {{f({at})}}')") for at in more]
        if x and x % 60 == 0:
            word = f"rule-{x * 7919 % 100_003}"
            self.decided.append(word)
            calls.append(Call("notebook", {"decided": f"{word}: never go below {x}"}))
            found = {"tried": f"x up to {last}", "result": f"f({last}) = {values[last]}"}
            calls.append(Call("notebook", found))
            calls.append(Call("report_metric", {"value": values[last], "better": "lower"}))
        self.calls += len(calls)
        why = f"Up to {last} it has only gone down, so the smallest value lies further up. "
        return Reply(why * 3 + f"The next one that is looked at is {x}.", tuple(calls))


GOAL = "Find the x from 0 upwards at which f is smallest, and show f there."


def settle(home: Path, server: PolicyServer, more: str = "") -> None:
    (home / "config.toml").write_text(more + config(server.address, CONTEXT))


def events(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def compactions(lines: list[dict[str, Any]]) -> int:
    return sum(line["type"] == "compacted" for line in lines)


def test_an_optimiser_of_1200_calls_loses_nothing_at_32768_tokens(tmp_path: Path) -> None:
    """Four calls in each reply, and a hundred outputs of 20,000 characters."""
    policy = Optimiser(best=1_150, at_once=4, output=20_000)
    with policy_server(policy, CONTEXT) as server:
        settle(tmp_path, server)
        done = qchat(tmp_path, "run", GOAL, "--json", timeout_s=580)
    lines = events(done.stdout)
    assert done.returncode == 0, done.stderr
    report = lines[-1]
    assert report["reached"] and "Best metric: " in report["text"]
    assert policy.calls >= 1_200
    assert server.refused == 0
    assert server.longest <= CONTEXT
    assert policy.goals == server.requests - 1  # in every one but the check, which has it too
    assert policy.lost == []
    assert compactions(lines) >= 10
    finished = [line for line in lines if line["type"] == "tool_finished"]
    assert len(finished) == policy.calls


WHY = b'"upstream died"'
HALF = sse({"choices": [{"index": 0, "delta": {"content": "half of "}}]})
CALL = sse(
    {
        "choices": [
            {
                "index": 0,
                "delta": {
                    "tool_calls": [
                        {
                            "index": 0,
                            "id": "c",
                            "type": "function",
                            "function": {"name": "python", "arguments": '{"code": "1 / 0"}'},
                        }
                    ]
                },
            }
        ]
    }
)
FAULTS = {
    "reset before a reply": Fault(status="", end="reset"),
    "closed before a reply": Fault(status=""),
    "reset in mid-reply": Fault(HALF, end="reset"),
    "closed in mid-reply": Fault(HALF),
    "closed behind a whole call": Fault(CALL),
    "a torn piece": Fault(HALF + b'data: {"choices":[{"de'),
    "silence in mid-reply": Fault(HALF, end="silence"),
    "429": Fault(b'{"error":{"message":"slow down"}}', "429 No", ("Retry-After: 0.1",)),
    "500": Fault(b"", "500 Oops"),
    "503": Fault(b'{"error":{"message":"loading"}}', "503 Busy"),
    "a page of a proxy": Fault(b"<html><title>502</title></html>", "502 Bad Gateway"),
    "a page that says 200": Fault(b"<html><title>login</title></html>"),
    "an error in mid-reply": Fault(HALF + b'data: {"error":{"message":' + WHY + b"}}\n\n"),
    "an error by its event": Fault(HALF + b'event: error\ndata: {"message":' + WHY + b"}\n\n"),
    "an error by its field": Fault(HALF + b'error: {"code":500,"message":' + WHY + b"}\n\n"),
    "an error as JSON": Fault(b'{"error":{"message":' + WHY + b"}}"),
    "broken off by its reason": Fault(
        CALL + sse({"choices": [{"index": 0, "delta": {}, "finish_reason": "abort"}]})
    ),
    "nothing": Fault(b""),
    "nonsense": Fault(HALF + b"data: {nonsense}\n\n"),
}


def test_every_tenth_request_fails_in_each_way_and_no_call_is_lost_or_run_twice(
    tmp_path: Path,
) -> None:
    optimiser, met = Optimiser(best=190), []

    def policy(asked: Asked) -> Reply | Fault:
        if asked.number % 10 == 0 and not asked.checks:
            name = list(FAULTS)[len(met) % len(FAULTS)]
            met.append(name)
            return FAULTS[name]
        return optimiser(asked)

    with policy_server(policy, CONTEXT) as server:
        settle(tmp_path, server, "retry_s = 0.02\n")
        (tmp_path / "config.toml").write_text(
            (tmp_path / "config.toml").read_text().replace("[memory]", "silence_s = 5\n[memory]")
        )
        done = qchat(tmp_path, "run", GOAL, "--json", timeout_s=280)
    lines = events(done.stdout)
    assert done.returncode == 0, (done.stderr, [x for x in lines if x["type"] == "notice"][-3:])
    assert set(met) == set(FAULTS)
    finished = [line for line in lines if line["type"] == "tool_finished"]
    assert len(finished) == optimiser.calls
    assert all(line["ok"] for line in finished), "a call of a reply that was given up has run"
    assert optimiser.lost == []


ITEMS = 130
WORK = f"Do the items 1 to {ITEMS} in their order, each once."


def worker(asked: Asked) -> Reply:
    """Does one item after the other; what a kill left unknown it looks up first."""
    if asked.checks:
        return verdict(f"done {ITEMS}" in asked.text)
    if "was cut off" in asked.last:
        look = "import os; print('the log ends with', *open('log').read().split()[-1:])"
        return Reply("", (python(f"{look} if os.path.exists('log') else print('no log')"),))
    done = [int(n) for n in re.findall(r"(?:done|the log ends with) (\d+)", asked.told)]
    number = max(done, default=0) + 1
    if number > ITEMS:
        return Reply("All items are done.")
    write = f"with open('log', 'a') as log: print({number}, file=log)"
    return Reply("", (python(f"{write}\nprint('done {number}')"),))


def test_after_20_kills_no_call_that_was_reported_done_has_run_twice(tmp_path: Path) -> None:
    rng = random.Random(17)
    reported: list[int] = []
    with policy_server(worker, CONTEXT) as server:
        settle(tmp_path, server)
        arguments, id_ = ["run", WORK, "--json"], ""
        for _ in range(20):
            id_ = _killed(tmp_path, arguments, reported, rng)
            arguments = ["run", "--resume", id_, "--json"]
        done = qchat(tmp_path, *arguments, timeout_s=120)
    assert done.returncode == 0, done.stderr
    reported += _done(events(done.stdout))
    log = [int(n) for n in (tmp_path / "work" / id_ / "log").read_text().split()]
    assert log == list(range(1, ITEMS + 1))
    assert len(reported) == len(set(reported))
    store = Store(tmp_path / "sessions.db")
    started = [
        str(event.arguments["code"])
        for turn in store.turns(id_)
        for event in turn.events
        if isinstance(event, ToolStarted)
    ]
    store.close()
    known = {int(n) for code in started for n in re.findall(r"print\((\d+), file", code)}
    assert known == set(log)


def _killed(home: Path, arguments: list[str], reported: list[int], rng: random.Random) -> str:
    """Run it, and kill it at some moment; gives the session's id."""
    left, id_ = rng.randint(1, 9), ""
    command = [*QCHAT, *arguments]
    with subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines: list[dict[str, Any]] = []
        for line in process.stdout:
            event = json.loads(line)
            lines.append(event)
            id_ = event["id"] if event["type"] == "session" else id_
            left -= event["type"] in ("tool_finished", "tool_started")
            if left <= 0:
                break
        os.kill(process.pid, signal.SIGKILL)
        rest, _ = process.communicate()
    whole = [line for line in rest.splitlines(keepends=True) if line.endswith(b"\n")]
    reported += _done([*lines, *map(json.loads, whole)])
    assert id_, lines
    return id_


def _done(lines: list[dict[str, Any]]) -> list[int]:
    """The items whose calls were reported to have ended."""
    texts = (json.dumps(line) for line in lines if line["type"] == "tool_finished")
    return [int(n) for text in texts for n in re.findall(r"done (\d+)", text)]
