"""`qchat ask` from the outside: the demo model, a real kernel, real memory, and no network."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.faulty import http, server, stream
from tests.program import QCHAT, answer, environment, lines, qchat


def test_a_sum_is_computed_by_the_kernel(tmp_path: Path) -> None:
    events = lines(qchat(tmp_path, "ask", "--json", "What is 127 * 45?"))
    kinds = [event["type"] for event in events]
    assert "thinking" in kinds
    (started,) = [event for event in events if event["type"] == "tool_started"]
    assert started["name"] == "python"
    assert "127" in started["arguments"]["code"]
    (finished,) = [event for event in events if event["type"] == "tool_finished"]
    assert finished["ok"]
    assert "5715" in str(finished["parts"])
    assert "5715" in answer(events)
    assert kinds[-1] == "turn_finished"


def test_without_thinking_there_is_none(tmp_path: Path) -> None:
    events = lines(qchat(tmp_path, "ask", "--json", "--no-think", "What is 127 * 45?"))
    assert not any(event["type"] == "thinking" and event["text"].strip() for event in events)
    assert "5715" in answer(events)


@pytest.mark.parametrize("word", ["/no_think", "/think"])
def test_a_switch_in_the_prompt_counts(tmp_path: Path, word: str) -> None:
    events = lines(qchat(tmp_path, "ask", "--json", f"hello {word}"))
    thoughts = "".join(event["text"] for event in events if event["type"] == "thinking")
    assert bool(thoughts.strip()) == (word == "/think")


def test_a_fact_is_found_again_in_a_new_process_and_session(tmp_path: Path) -> None:
    said = lines(qchat(tmp_path, "ask", "--json", "remember that my parrot is called Zubiko"))
    assert any(event["type"] == "tool_started" for event in said)
    found = lines(qchat(tmp_path, "ask", "--json", "what is my parrot called?"))
    assert "Zubiko" in answer(found)
    assert any(
        event["type"] == "recalled" or event.get("name") == "memory_search" for event in found
    )


def test_another_user_is_told_nothing(tmp_path: Path) -> None:
    qchat(tmp_path, "ask", "remember that my parrot is called Zubiko")
    done = qchat(tmp_path, "ask", "--user", "somebody", "what is my parrot called?")
    assert done.returncode == 0
    assert "Zubiko" not in done.stdout


def test_a_web_question_without_network_is_answered_honestly(tmp_path: Path) -> None:
    bwrap = shutil.which("bwrap")
    alone = (bwrap, "--dev-bind", "/", "/", "--unshare-net", "--") if bwrap else ()
    done = qchat(tmp_path, "ask", "--json", "look up the height of the Eiffel tower", wrapper=alone)
    events = lines(done)
    (finished,) = [event for event in events if event["type"] == "tool_finished"]
    assert not finished["ok"]
    assert "no network" in str(finished["parts"])
    text = answer(events).lower()
    assert "could not" in text or "cannot" in text or "no network" in text


def test_the_answer_is_on_standard_output_and_nothing_else(tmp_path: Path) -> None:
    done = qchat(tmp_path, "ask", "What is", "6 * 7?")
    assert done.returncode == 0
    assert "42" in done.stdout
    assert done.stderr == ""


def test_what_is_piped_in_is_added(tmp_path: Path) -> None:
    done = qchat(tmp_path, "ask", "--json", stdin="What is 12 * 12?")
    assert "144" in answer(lines(done))


def test_a_session_goes_on(tmp_path: Path) -> None:
    qchat(tmp_path, "ask", "What is 6 * 7?")
    listed = qchat(tmp_path, "sessions", "list").stdout
    session = listed.split()[0]
    qchat(tmp_path, "ask", "--session", session, "thank you")
    shown = qchat(tmp_path, "sessions", "show", session).stdout
    assert "> What is 6 * 7?" in shown
    assert "> thank you" in shown
    assert "42" in qchat(tmp_path, "sessions", "search", "42").stdout


def test_standard_output_that_is_closed_is_silence(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*QCHAT, "ask", "What is 6 * 7?"],
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX closes it")
def test_a_standard_output_that_was_closed_before_the_start(tmp_path: Path) -> None:
    shut = ("sh", "-c", 'exec "$@" >&-', "sh")
    done = qchat(tmp_path, "config", "show", wrapper=shut)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("how", [(), ("--json",)])
async def test_a_turn_that_fails_says_one_line_on_standard_error(
    tmp_path: Path, how: tuple[str, ...]
) -> None:
    async with server(http("400 No", b'{"error":{"message":"too odd"}}')) as (url, _asked):
        settings = f'[backends.odd]\nkind = "openai"\nbase_url = "{url}"\nmodel = "m"\n'
        (tmp_path / "config.toml").write_text(settings, encoding="utf-8")
        done = await asyncio.to_thread(
            qchat, tmp_path, "ask", *how, "--no-tools", "--backend", "odd", "Hello"
        )
    assert done.returncode == 1
    assert done.stderr == "qchat: 127.0.0.1 answered 400: too odd\n"


@pytest.mark.parametrize("quiet", [False, True])
async def test_a_script_sees_warnings_unless_it_wants_none(tmp_path: Path, quiet: bool) -> None:
    busy = http("429 Busy", b'{"error":{"message":"slow down"}}', "Retry-After: 0.02")
    text = b'data: {"choices":[{"delta":{"content":"hi"},"finish_reason":"stop"}]}\n\n'
    async with server(busy, stream(text + b"data: [DONE]\n\n")) as (url, _asked):
        settings = f'[backends.odd]\nkind = "openai"\nbase_url = "{url}"\nmodel = "m"\n'
        (tmp_path / "config.toml").write_text(settings, encoding="utf-8")
        how = ["-q"] if quiet else []
        done = await asyncio.to_thread(
            qchat, tmp_path, "ask", *how, "--no-tools", "--backend", "odd", "Hello"
        )
    assert (done.returncode, done.stdout) == (0, "hi\n")
    assert ("slow down" in done.stderr) != quiet


def test_without_a_sandbox_code_that_can_do_more_than_compute_needs_leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")  # and with it bubblewrap
    assert "42" in qchat(tmp_path, "ask", "What is 6 * 7?").stdout
    refused = qchat(tmp_path, "ask", "--json", "what time is it?")
    assert not tool_worked(lines(refused))
    assert "--yes" in refused.stderr
    assert tool_worked(lines(qchat(tmp_path, "ask", "--json", "--yes", "what time is it?")))


def tool_worked(events: list[dict[str, Any]]) -> bool:
    (finished,) = [event for event in events if event["type"] == "tool_finished"]
    return bool(finished["ok"])


def test_tools_can_be_left_out(tmp_path: Path) -> None:
    events = lines(qchat(tmp_path, "ask", "--json", "--no-tools", "hello"))
    assert not any(event["type"].startswith("tool") for event in events)
