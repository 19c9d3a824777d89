"""The first hour of four newcomers, in a real terminal, with servers on loopback.

An engineer with servers, a researcher with a key of the cloud, a writer with model files, an
administrator of several users. Each answer comes from where the status line says, and the servers
say so too.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from qchat_assets import demo_model_path
from tests.modelserver import ModelServer, model_server
from tests.program import qchat
from tests.terminal import Terminal, needs_tmux

pytestmark = [pytest.mark.slow, needs_tmux, pytest.mark.timeout(240)]
KEY = "sk-right"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def terminal(home: Path) -> Iterator[Terminal]:
    opened = Terminal(home, 110, 36)
    yield opened
    opened.close()


def chat(terminal: Terminal, *arguments: str) -> None:
    terminal.run(*arguments)
    terminal.wait_for("Ask anything")


def leave(terminal: Terminal) -> None:
    terminal.type("/quit")
    terminal.wait_for("exit=0")


def ask(terminal: Terminal, prompt: str, server: ModelServer) -> None:
    """Send a prompt; it must arrive there, and its answer on the screen."""
    before = len(server.asked)
    terminal.type(prompt)
    terminal.until(lambda screen: server.says in screen and len(server.asked) == before + 1)
    assert server.asked[-1]["messages"][-1]["content"].startswith(prompt)


def pick(terminal: Terminal, question: str, *keys: str) -> None:
    terminal.wait_for(question)
    terminal.press(*keys, "Enter")


def test_an_engineer_goes_from_server_to_server(terminal: Terminal) -> None:
    with model_server("alpha", says="Alpha was asked.") as alpha, model_server("beta") as beta:
        beta.says = "Beta was asked."
        chat(terminal)
        for number, server in enumerate((alpha, beta, alpha, beta, alpha)):
            terminal.type(f"/connect server {server.address}")
            pick(terminal, "default")
            terminal.wait_for(f"{server.models[0]} at http://{server.address}")
            ask(terminal, f"question {number}", server)
            terminal.type("/new")
            terminal.wait_for("Ask something")
        ask(terminal, "the last one", alpha)
        leave(terminal)
        chat(terminal, "-c")
        terminal.wait_for("the last one", "localhost")
        ask(terminal, "and one more", alpha)
        assert not any("one more" in text for text in beta.prompts)
        leave(terminal)


def test_a_researcher_with_a_key(terminal: Terminal, home: Path) -> None:
    models = ("text-embedding-v4", "qwen3.7-plus", "qwen3.8-max")
    with model_server(*models, says="The cloud was asked.", key=KEY) as cloud:
        url = f"http://{cloud.address}/compatible-mode/v1"
        home.mkdir()
        (home / "config.toml").write_text(
            f'[backends.cloud]\nkind = "openai"\nmodel = "qwen3.7-plus"\nbase_url = "{url}"\n'
        )
        chat(terminal)
        terminal.type("/connect cloud")
        pick(terminal, "as configured")
        terminal.wait_for("Key for")
        terminal.type("sk-of-another-region")
        pick(terminal, "Choose the region that gave the key out")
        terminal.wait_for("Key for")
        assert KEY not in terminal.screen
        terminal.type(KEY)
        screen = terminal.wait_for("Which model", "$2 / $6")
        assert "embedding" not in screen
        assert KEY not in screen
        pick(terminal, "qwen3.8-max", "Down")
        pick(terminal, "default", "Down")
        terminal.wait_for("answers from here on", "keys.json")
        ask(terminal, "what is entropy?", cloud)
        terminal.type("/no_think")
        terminal.wait_for("off")
        terminal.type("/egress")
        terminal.wait_for(cloud.address)
        leave(terminal)
        assert cloud.keys == {KEY, "sk-of-another-region"}
        chat(terminal, "-c")
        terminal.wait_for("what is entropy?", "cloud", "qwen3.8-max")
        ask(terminal, "go on", cloud)
        assert cloud.asked[-1]["model"] == "qwen3.8-max"
        leave(terminal)
    kept = json.loads((home / "keys.json").read_text())
    assert kept == {f"cloud@{cloud.address}": KEY}
    text = (home / "config.toml").read_text()
    assert KEY not in text
    assert 'backend = "' not in text, "it was to be for that conversation only"


def test_a_writer_with_model_files(terminal: Terminal, home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "My Models"
    folder.mkdir()
    beta = folder / "Beta's.gguf"
    shutil.copy(demo_model_path(), folder / "Alpha.gguf")
    shutil.copy(demo_model_path(), beta)
    data = demo_model_path().read_bytes()
    (folder / "Cut.gguf").write_bytes(data[: len(data) // 2])
    chat(terminal)
    terminal.type(f"/connect file {folder / 'Cut.gguf'}")
    terminal.wait_for("incomplete")
    terminal.press("Escape")
    terminal.wait_for("Esc closes", absent=True)
    assert not (home / "config.toml").exists()
    dropped = str(beta).replace(" ", "\\ ").replace("'", "\\'")
    for typed, name in (
        (f"'{folder / 'Alpha.gguf'}'", "Alpha"),
        (dropped, "Beta's"),
        (f'"{folder / "Alpha.gguf"}"', "Alpha"),
        (str(beta), "Beta's"),
    ):
        terminal.type(f"/connect file {typed}")
        pick(terminal, "default")
        terminal.until(lambda screen, name=name: f"· {name}" in screen and "default?" not in screen)
    terminal.type("What is 127 * 45?")
    terminal.wait_for("5,715") if "5,715" in terminal.screen else terminal.wait_for("5715")
    leave(terminal)
    beta.unlink()
    chat(terminal)
    terminal.wait_for("cannot answer, so the demo model does", "Beta's.gguf")
    terminal.type("/quit")
    terminal.wait_for("exit=0")
    terminal.run("-c")
    terminal.wait_for("that is gone", "demo")
    terminal.type("/quit")
    terminal.wait_for("exit=0")
    done = qchat(home, "ask", "-c", "and?")
    assert done.returncode == 2
    assert "Beta's.gguf" in done.stderr


def test_six_of_every_kind_in_a_row(terminal: Terminal, tmp_path: Path) -> None:
    """A file, a server, one with a key, two regions of the cloud, a second file: each answer comes
    from where the status line says; the servers count."""
    files = [tmp_path / "Alpha.gguf", tmp_path / "Omega.gguf"]
    for file in files:
        shutil.copy(demo_model_path(), file)
    with (
        model_server("plain", says="The plain one.") as plain,
        model_server("keyed", says="The keyed one.", key="sk-keyed") as keyed,
        model_server("qwen3.7-plus", says="The east.", key="sk-east") as east,
        model_server("qwen3.7-plus", says="The west.", key="sk-west") as west,
    ):
        servers = (plain, keyed, east, west)
        chat(terminal)
        for where, server in (
            (f"file {files[0]}", None),
            (f"server {plain.address}", plain),
            (f"server {keyed.address}", keyed),
            (f"cloud http://{east.address}/v1", east),
            (f"cloud http://{west.address}/v1", west),
            (f"file {files[1]}", None),
        ):
            terminal.type(f"/connect {where}")
            if server is not None and server.key:
                terminal.wait_for("Key for")
                terminal.type(server.key)
            pick(terminal, "default")
            terminal.wait_for("answers from here on")
            status = terminal.screen.rstrip().splitlines()[-1]
            before = [len(each.asked) for each in servers]
            if server is None:
                assert Path(where).stem in status
                terminal.type("What is 6 * 7?")
                terminal.wait_for("= 42")
            else:
                assert server.models[0] in status
                ask(terminal, "who are you?", server)
            rise = [len(each.asked) - was for each, was in zip(servers, before, strict=True)]
            assert rise == [int(each is server) for each in servers]
            terminal.type("/new")
            terminal.wait_for("Ask something")
        leave(terminal)
        assert [each.keys for each in servers] == [set(), {"sk-keyed"}, {"sk-east"}, {"sk-west"}]


def test_a_repl_connects_as_the_window_does(terminal: Terminal) -> None:
    with model_server("one", "two", says="Two was asked.") as server:
        terminal.run("repl")
        terminal.wait_for("/help lists commands")
        terminal.type(f"/connect server {server.address}")
        terminal.wait_for("Which model", "1 to 2")
        terminal.type("2")
        terminal.wait_for("It works", "1 to 2")
        terminal.type("")
        terminal.wait_for("two at http://")
        terminal.type("hello there")
        terminal.wait_for("Two was asked.")
        assert server.asked[-1]["model"] == "two"
        terminal.press("C-d")
        terminal.wait_for("exit=0")
        terminal.run("connect")
        terminal.wait_for("Who is to answer?")
        terminal.press("C-c")
        terminal.wait_for("exit=130")


def test_an_administrator_of_several_users(home: Path, tmp_path: Path) -> None:
    users = [f"user{number}" for number in range(3)]
    with model_server("big", says="The shared server was asked.", key=KEY) as server:
        home.mkdir()
        (home / "config.toml").write_text(
            f'backend = "vllm"\nlocked = ["python.memory_mb"]\n[python]\nmemory_mb = 2048\n'
            f'[backends.vllm]\nkind = "openai"\nmodel = "big"\napi_key = "{KEY}"\n'
            f'base_url = "http://{server.address}/v1"\n'
        )
        for user in users:
            assert qchat(home, "--user", user, "config", "set", "think", "false").returncode == 0
            done = qchat(home, "--user", user, "ask", f"I am {user}")
            assert "The shared server was asked." in done.stdout
            assert "enable_thinking" not in server.asked[-1]
        for user in users:
            listed = qchat(home, "--user", user, "sessions", "list").stdout
            assert f"I am {user}" in listed
            assert listed.count("\n") == 1
        refused = qchat(home, "--user", users[0], "config", "set", "python.memory_mb", "0")
        assert "set by the administrator" in refused.stderr
        file = tmp_path / "all.tar.gz"
        assert qchat(home, "backup", str(file)).returncode == 0
        there = tmp_path / "new machine"
        assert qchat(there, "restore", str(file)).returncode == 0
        for user in users:
            assert f"I am {user}" in qchat(there, "--user", user, "sessions", "list").stdout
        again = qchat(there, "restore", str(file))
        assert (again.returncode, "--force" in again.stderr) == (2, True)
