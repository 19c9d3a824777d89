"""The command line: wrong use is one clear line and the right exit status, never a traceback."""

import asyncio
import os
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from qchat.protocol.events import TurnFinished
from qchat.store import Store
from tests.forked import forked
from tests.program import QCHAT, environment, qchat


def failed(home: Path, *arguments: str, status: int, stdin: str = "") -> str:
    done = forked(home, *arguments, stdin=stdin)
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("qchat: ")
    return line


def test_an_unknown_backend(tmp_path: Path) -> None:
    line = failed(tmp_path, "ask", "--backend", "nope", "hello", status=2)
    assert "'nope'" in line
    assert "demo" in line


@pytest.mark.parametrize("text", ["bakend = 1", "theme = 3", "backend = ", '[python]\nsandbox="x"'])
def test_a_settings_file_with_a_mistake(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    assert "config.toml" in failed(tmp_path, "ask", "hello", status=2)


def test_a_model_file_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_text("<html>not found</html>")
    config = f'backend = "mine"\n[backends.mine]\nkind = "llama.cpp"\nmodel = "{file}"\n'
    (tmp_path / "config.toml").write_text(config)
    assert "model.gguf" in failed(tmp_path, "ask", "hello", status=1)


def test_a_model_file_that_is_not_there(tmp_path: Path) -> None:
    config = 'backend = "mine"\n[backends.mine]\nkind = "llama.cpp"\nmodel = "nowhere.gguf"\n'
    (tmp_path / "config.toml").write_text(config)
    assert "nowhere.gguf" in failed(tmp_path, "ask", "hello", status=1)


def test_a_port_that_refuses(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        config = '[backends.mine]\nkind = "openai"\nmodel = "x"\n'
        config += f'base_url = "http://127.0.0.1:{port}/v1"\n'
        (tmp_path / "config.toml").write_text(config)
        line = failed(tmp_path, "ask", "--backend", "mine", "hello", status=1)
    assert "refused" in line


def test_no_terminal(tmp_path: Path) -> None:
    assert "qchat ask" in failed(tmp_path, status=2)
    assert "qchat ask" in failed(tmp_path, "repl", status=2)


def test_nothing_asked(tmp_path: Path) -> None:
    assert "There is no prompt" in failed(tmp_path, "ask", status=2)


def test_an_unknown_session(tmp_path: Path) -> None:
    assert "zzz" in failed(tmp_path, "ask", "--session", "zzz", "hello", status=2)
    assert "zzz" in failed(tmp_path, "sessions", "show", "zzz", status=2)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--budget", "x"], "is not a number of tokens"),
        (["--budget", "9" * 5000], "from 0 to 1,000,000"),
        (["nope"], "Unknown command 'qchat nope': there are ask, "),
        (["conect"], "did you mean connect?"),
        (["egress"], "in a chat it is /egress"),
        (["memory", "lst"], "did you mean list?"),
        (["sessions"], "ACTION"),
        (["sessions", "show"], "qchat sessions show --help"),
        (["sessions", "list", "--backend", "demo"], "--backend"),
        (["ask", "--nope"], "--nope"),
        (["ask", "--tools", "pyton", "hello"], "unknown tool pyton; known: python, "),
        (["--user", " ", "ask", "hello"], "--user"),
        (["ask", "a\udcff"], "The argument 'a\\udcff' is not UTF-8 text"),
        (["sessions", "list", "--user", "\udcff"], "is not UTF-8 text"),
        (["-c", "sessions", "list"], "--session ID"),
        (["--resume", "x", "sessions", "list"], "--session ID"),
    ],
)
def test_wrong_arguments(tmp_path: Path, arguments: list[str], said: str) -> None:
    assert said in failed(tmp_path, *arguments, status=2)


def test_every_locale_writes_and_reads_utf8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    store = Store(tmp_path / "sessions.db")
    store.begin_turn(store.create_session("default").id, None, "Größe 漢字 🦜")
    store.close()
    done = subprocess.run(
        [*QCHAT, "sessions", "list"], env=environment(tmp_path), capture_output=True, check=True
    )
    assert "Größe 漢字 🦜" in done.stdout.decode()
    done = subprocess.run(
        [*QCHAT, "ask"],
        env=environment(tmp_path),
        capture_output=True,
        check=False,
        input=b"a\xff",
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"qchat: Standard input is not UTF-8 text: ")


def test_without_a_place_for_its_log_it_does_what_it_can(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("")  # stands where the folder should be
    done = qchat(tmp_path, "config", "set", "theme", "paper")
    assert (done.returncode, done.stderr) == (0, "")
    assert "paper" in (tmp_path / "config.toml").read_text()


def test_a_home_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = qchat(tmp_path / "file", "ask", "hello")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_log_that_cannot_be_written_says_nothing_on_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "qchat.log").symlink_to("/dev/full")
    code = (
        "import logging, sys, pathlib as p; from qchat import cli; from qchat.runtime import paths;"
        "at = p.Path(sys.argv[1]);"
        "cli.log_to(paths.Paths(at, at, at)); logging.error('x'); print('went on')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "went on\n", "")


def test_a_folder_of_the_user_is_not_imported_by_mistake(tmp_path: Path) -> None:
    for name in ("json.py", "httpx.py", "qchat_tools.py"):
        (tmp_path / name).write_text("raise SystemExit('imported by mistake')")
    done = qchat(tmp_path, "--version", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("qchat ")


def test_the_place_of_the_settings_is_said_and_an_example_written(tmp_path: Path) -> None:
    done = qchat(tmp_path, "config", "path")
    file = Path(done.stdout.strip())
    assert file == tmp_path / "config.toml"
    assert "[backends." in file.read_text()
    assert 'backend = "demo"' in qchat(tmp_path, "config", "show").stdout


def test_a_key_in_the_settings_is_not_shown(tmp_path: Path) -> None:
    backend = '[backends.x]\nkind = "openai"\napi_key = "geheim"\n'
    (tmp_path / "config.toml").write_text(f'{backend}[python]\ngateway_token = "geheim"\n')
    done = qchat(tmp_path, "config", "show")
    assert "backends.x" in done.stdout
    assert "geheim" not in done.stdout + done.stderr


def test_memories_from_the_command_line(tmp_path: Path) -> None:
    added = forked(tmp_path, "memory", "add", "My", "boat is called Nerida").stdout
    id_ = added[1:9]
    assert "Nerida" in forked(tmp_path, "memory", "search", "boat").stdout
    assert "*" in forked(tmp_path, "memory", "pin", id_).stdout
    exported = forked(tmp_path, "memory", "export").stdout
    assert forked(tmp_path, "memory", "forget", id_).returncode == 0
    assert forked(tmp_path, "memory", "list").stdout == ""
    forked(tmp_path, "memory", "import", stdin=exported)
    assert "Nerida" in forked(tmp_path, "memory", "list").stdout
    assert "Nerida" not in forked(tmp_path, "memory", "list", "--user", "other").stdout
    forked(tmp_path, "memory", "forget", "--all")
    assert not any(b"Nerida" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_whose_it_is_may_be_said_before_or_behind_the_command(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        'backend = "closed"\n[backends.closed]\nkind = "openai"\nmodel = "m"\n'
        'base_url = "http://127.0.0.1:9/v1"\n'
    )
    forked(tmp_path, "--user", "ada", "memory", "add", "My boat is called Nerida")
    forked(tmp_path, "--user", "ada", "ask", "Nerida?")
    for what in ("memory", "sessions"):
        assert forked(tmp_path, what, "list").stdout == ""
        before = forked(tmp_path, "--user", "ada", what, "list").stdout
        assert "Nerida" in before
        assert forked(tmp_path, what, "list", "--user", "ada").stdout == before


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pty")
async def test_what_a_terminal_would_obey_is_only_shown_to_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "sessions.db")
    session = store.create_session("default").id
    writer = store.begin_turn(session, None, "\x1b]0;mine\x07")
    writer.add(TurnFinished("stop"))
    writer.close()
    store.close()
    piped = qchat(tmp_path, "sessions", "export", session).stdout
    assert "\x1b]0;mine\x07" in piped, "a file has it as it was said"
    ours, theirs = os.openpty()
    command = [*QCHAT, "sessions", "export", session]
    run = partial(subprocess.run, command, stdout=theirs, env=environment(tmp_path), check=False)
    done = await asyncio.to_thread(run)
    os.close(theirs)
    shown = os.read(ours, 65_536)
    os.close(ours)
    assert done.returncode == 0
    assert "␛]0;mine".encode() in shown
    assert b"\x1b" not in shown


def test_a_setting_is_written_and_shown(tmp_path: Path) -> None:
    assert qchat(tmp_path, "config", "set", "thinking_budget", "500").returncode == 0
    assert "thinking_budget = 500" in qchat(tmp_path, "config", "show").stdout
    done = qchat(tmp_path, "config", "set", "no.such", "1")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
