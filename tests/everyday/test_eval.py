"""`qchat eval` as one uses it: a set, some modes, a report; stopped in between and gone on with."""

import itertools
import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.forked import forked
from tests.modelserver import model_server
from tests.program import QCHAT, environment, qchat

QUESTIONS = 24


def write_set(path: Path) -> None:
    rows = [{"id": f"q{n}", "question": f"What is {n} + 1?", "answer": n + 1} for n in range(24)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_config(home: Path, address: str) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(
        f'backend = "box"\n[backends.box]\nkind = "openai"\nmodel = "qwen-test"\n'
        f'base_url = "http://{address}/v1"\n'
    )


def answers(home: Path) -> list[dict[str, Any]]:
    found = [*home.glob("evaluations/*/answers.jsonl")]
    lines = found[0].read_text().splitlines() if found else []
    return [json.loads(line) for line in lines]


@pytest.mark.slow
def test_a_killed_evaluation_goes_on_and_pays_nothing_twice(tmp_path: Path) -> None:
    home, questions = tmp_path / "home", tmp_path / "sums.jsonl"
    write_set(questions)
    command = ["eval", str(questions), "--modes", "no-think,think", "--parallel", "2"]
    held, released, count = threading.Event(), threading.Event(), itertools.count(1)

    def says(_body: Any) -> str:
        if next(count) >= 8:
            held.set()
            released.wait(60)
        return "It is simple. Answer: 8"

    with model_server(says=says) as server:
        write_config(home, server.address)
        with subprocess.Popen(
            [*QCHAT, *command], env=environment(home), stdout=subprocess.DEVNULL
        ) as process:
            assert held.wait(60)
            process.kill()
        released.set()
        kept = answers(home)
        assert len(kept) in (6, 7)  # the eighth answer never came
        file = next(home.glob("evaluations/*/answers.jsonl"))
        with file.open("a") as torn:
            torn.write('{"question": "q')
        before = len(server.asked)
        done = qchat(home, *command)
        assert done.returncode == 0, done.stderr
        assert len(server.asked) - before == 48 - len(kept)
        files = ["--html", str(tmp_path / "r.html"), "--png", str(tmp_path / "r.png")]
        again = qchat(home, *command, *files)
        assert again.stdout == done.stdout
        assert len(server.asked) - before == 48 - len(kept)
    assert answers(home)[: len(kept)] == kept
    assert "| no-think | 1 " in done.stdout  # q7 alone
    assert "**Nothing can be concluded about think against no-think yet**" in done.stdout
    assert (tmp_path / "r.png").read_bytes().startswith(b"\x89PNG")
    html = (tmp_path / "r.html").read_text()
    assert "<svg" in html
    assert "src=" not in html
    assert "href=" not in html
    wrong = next(row for row in answers(home) if row["question"] == "q3")
    shown = qchat(home, "--user", "eval", "sessions", "show", str(wrong["session"]))
    assert "What is 3 + 1?" in shown.stdout
    assert "Answer: 8" in shown.stdout
    assert "3 + 1" not in qchat(home, "sessions", "list").stdout
    with model_server(says="Gladly.") as other:  # it goes on as any conversation, where it stood
        write_config(home, other.address)
        ask = ["ask", "--user", "eval", "--session", str(wrong["session"]), "And then?"]
        moved = qchat(home, *ask)
        assert f"is now http://{other.address}/v1" in moved.stderr
        assert f"was answered by http://{server.address}/v1" in moved.stderr


def test_what_cannot_work_is_one_line_and_nothing_is_asked(tmp_path: Path) -> None:
    questions = tmp_path / "sums.jsonl"
    write_set(questions)
    for arguments, said in (
        ([str(tmp_path / "none.jsonl")], "File not found"),
        (["needl"], "Did you mean needle"),
        (
            [str(questions), "--modes", "deep:2", "--tokens", "50"],
            "needs at least 128 tokens, not 50",
        ),
        ([str(questions), "--modes", "telepathy"], "There is no mode 'telepathy'"),
        ([str(questions), "--backend", "nobody"], "Unknown backend 'nobody'"),
        ([str(questions), "--tools", "hammer"], "Unknown tool hammer"),
    ):
        done = forked(tmp_path / "home", "eval", *arguments)
        assert done.returncode == 2
        assert said in done.stderr
        assert done.stderr.splitlines()[-1].count(said) == 1
        assert not done.stdout


def test_a_server_that_goes_away_stops_the_evaluation_and_keeps_what_came(tmp_path: Path) -> None:
    home, questions = tmp_path / "home", tmp_path / "sums.jsonl"
    write_set(questions)
    write_config(home, "127.0.0.1:9")
    done = qchat(home, "eval", str(questions), "--modes", "no-think")
    assert done.returncode == 1
    assert "is the server running there? What was answered is kept" in done.stderr
    assert not done.stdout, "a report of nothing hides why there is none"
    assert "run the same command to go on" in done.stderr
    assert answers(home) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, "account_suspended", "Your account is suspended"),
        (429, "insufficient_quota", "You exceeded your current quota"),
    ],
)
def test_a_server_that_refuses_for_good_makes_no_answer_wrong(
    tmp_path: Path, status: int, code: str, said: str
) -> None:
    """From question 7 on: what is not answered is no answer, and is asked when it goes on."""
    home, questions = tmp_path / "home", tmp_path / "sums.jsonl"
    write_set(questions)
    count = itertools.count(1)

    def says(_body: Any) -> str:
        if next(count) == 6:
            server.refusal = (status, {"error": {"code": code, "message": said}})
        return "Answer: 8"

    with model_server(says=says) as server:
        write_config(home, server.address)
        command = ["eval", str(questions), "--modes", "no-think", "--parallel", "1"]
        done = qchat(home, *command)
        assert done.returncode == 1
        assert said in done.stderr
        assert "6 of 24 questions are answered" in done.stdout
        assert len(answers(home)) == 6
        server.refusal = None
        assert qchat(home, *command).returncode == 0
        assert len(answers(home)) == 24


@pytest.mark.slow
@pytest.mark.parametrize("what", ["thinkfollow", "a judge"])
def test_what_comes_of_a_lost_server_is_no_answer_of_a_built_in_or_judged_one(
    tmp_path: Path, what: str
) -> None:
    home, questions = tmp_path / "home", tmp_path / "judged.jsonl"
    count = itertools.count(1)
    rows = [{"question": f"What is {n}?", "rubric": "It is right."} for n in range(8)]
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = ["eval", what, "--limit", "8"]
    if what == "a judge":
        command = ["eval", str(questions), "--modes", "think", "--judge", "judge"]

    def says(_body: Any) -> str:
        if next(count) == 3:
            lost.refusal = (403, {"error": {"code": "account_suspended", "message": "No money"}})
        return "Verdict: yes"

    with model_server() as server, model_server() as judge:
        write_config(home, server.address)
        with (home / "config.toml").open("a") as file:
            file.write('[backends.judge]\nkind = "openai"\nmodel = "qwen-test"\nbase_url = ')
            file.write(f'"http://{judge.address}/v1"\n')
        lost = judge if what == "a judge" else server
        lost.says = says
        done = qchat(home, *command, "--parallel", "1")
        assert (done.returncode, "No money" in done.stderr) == (1, True)
        assert 1 <= len(answers(home)) < 8
        assert "No money" not in str(answers(home))
        lost.refusal = None
        assert qchat(home, *command, "--parallel", "1").returncode == 0
        assert len(answers(home)) == 8


@pytest.mark.slow
def test_a_rate_limit_is_waited_out(tmp_path: Path) -> None:
    home, questions = tmp_path / "home", tmp_path / "sums.jsonl"
    write_set(questions)
    with model_server(says="Answer: 8") as server:
        server.limited = 6
        write_config(home, server.address)
        done = qchat(home, "eval", str(questions), "--modes", "no-think")
    assert done.returncode == 0, done.stderr
    assert len(answers(home)) == QUESTIONS
    assert not any(row.get("failure") for row in answers(home))


@pytest.mark.slow
def test_the_demo_model_answers_sums_with_python(tmp_path: Path) -> None:
    questions = tmp_path / "sums.jsonl"
    rows = [("What is 127 * 45?", 5715), ("What is 12 + 30?", 42), ("What is 9 * 9?", 81)]
    questions.write_text("".join(json.dumps({"question": q, "answer": a}) + "\n" for q, a in rows))
    bare = qchat(tmp_path / "home", "eval", str(questions), "--modes", "no-think")
    assert "tried to use python, but has no tools here" in bare.stdout
    done = qchat(tmp_path / "home", "eval", str(questions), "--tools", "python")
    assert done.returncode == 0, done.stderr
    assert "| no-think | 3 " in done.stdout
    assert "| think    | 3 " in done.stdout


def test_it_stops_when_so_much_is_spent_and_goes_on_with_more(tmp_path: Path) -> None:
    """Each answer costs 9 tokens in and 3 out: 15 millionths at 1 and 2 a million."""
    home, questions = tmp_path / "home", tmp_path / "sums.jsonl"
    write_set(questions)
    command = ["eval", str(questions), "--modes", "no-think", "--parallel", "1"]
    with model_server(says="Answer: 8") as server:
        write_config(home, server.address)
        unknown = qchat(home, *command, "--max-cost", "1")
        assert unknown.returncode == 2
        assert "--price IN,OUT" in unknown.stderr
        some = qchat(home, *command, "--price", "1,2", "--max-cost", "0.00015")
        assert some.returncode == 1
        assert "--max-cost is 0.00015" in some.stderr
        assert len(server.asked) == len(answers(home)) == 10
        assert "10 of 24 questions are answered" in some.stdout
        whole = qchat(home, *command, "--price", "1,2")
    assert whole.returncode == 0
    assert len(server.asked) == len(answers(home)) == 24
