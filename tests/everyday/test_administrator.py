"""The administrator's page, line by line, with a real Chroma server and a real Jupyter server."""

import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from qchat import __version__
from tests.everyday.clone import Stranger, clone_and_install
from tests.modelserver import ModelServer, model_server
from tests.pages import Page
from tests.program import environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(280)]
MODEL = "Qwen/Qwen3-32B"
NAMES = ("anna", "bert", *(f"user{number}" for number in range(3, 11)))
VARIABLES = {"MODEL_KEY": "sk-house", "CHROMA_TOKEN": "t-chroma", "JUPYTER_TOKEN": "t-anna"}
TOOLS = Path(sys.executable).parent
NOT_HERE = {"git pull"}
"""Lines that no test types: there is nothing to pull from."""


@pytest.fixture(scope="module")
def page() -> Page:
    return Page("docs/howto/administrator.md")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return clone_and_install(tmp_path_factory.mktemp("opt"))


class House:
    """What the administrator has set up: ten users, the servers, the file for all."""

    def __init__(self, users: dict[str, Stranger], model: ModelServer, shared: Path) -> None:
        self.users, self.model, self.shared = users, model, shared

    def all_say_who_they_are(self) -> list[str]:
        """What the ten are answered, who ask at the same time."""

        def asks(name: str) -> str:
            return self.users[name].types(f'qchat ask "I am {name}"').stdout.strip()

        with ThreadPoolExecutor(5) as five:
            return list(five.map(asks, self.users))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(line: str, port: int, home: Path, **variables: str) -> Iterator[None]:
    """A server by the page's line, from when it answers; bash becomes it, to be ended."""
    started = re.sub(r"/opt/jupyter/bin/|^(?=qchat )", f"exec {TOOLS}/", line)
    started = started.replace("jupyter server", "jupyter server --allow-root")
    env = environment(home) | {"HOME": str(home), "ANNAS_TOKEN": "t-anna"} | variables
    quiet = subprocess.DEVNULL
    with subprocess.Popen(["bash", "-c", started], env=env, stdout=quiet, stderr=quiet) as server:
        try:
            deadline = time.monotonic() + 60
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert server.poll() is None, f"$ {started} ended"
                assert time.monotonic() < deadline, f"$ {started} does not listen"
                time.sleep(0.05)
            yield
        finally:
            server.terminate()


@pytest.fixture(scope="module")
def house(
    page: Page, installed: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Steps 2 to 5."""
    folder = tmp_path_factory.mktemp("house")
    chroma, jupyter = free_port(), free_port()
    with ExitStack() as stack:
        model = stack.enter_context(model_server(MODEL, says="The house answers.", key="sk-house"))
        serve = page.line("vllm serve")
        assert MODEL in serve
        assert "--port 8000" in serve
        start = page.line("qchat memory serve", **{"/srv": str(folder), "8001": str(chroma)})
        stack.enter_context(running(start, chroma, folder))
        assert page.line("python3 -m venv /opt/jupyter")
        assert page.line("/opt/jupyter/bin/pip install jupyter-server ipykernel")
        start = page.line("JUPYTER_TOKEN", **{"8888": str(jupyter)})
        stack.enter_context(running(start, jupyter, folder))
        shared = folder / "config.toml"
        text = page.block("locked =").replace("127.0.0.1:8000", model.address)
        shared.write_text(text.replace(":8001", f":{chroma}"))
        users = {}
        for name in NAMES:
            users[name] = Stranger(folder / name, *installed)
            users[name].variables = {**VARIABLES, "QCHAT_SHARED_CONFIG": str(shared)}
        own = page.line("qchat config set python.gateway_url", **{"8888": str(jupyter)})
        for name in ("anna", "bert"):
            users[name].types(own)
        yield House(users, model, shared)


def test_it_is_installed_once_for_all(page: Page, installed: tuple[Path, Path], tmp_path: Path):
    """Step 1, but for the minutes that pip takes: the command is what a link leads to."""
    assert page.line("python3 -m venv", **{"/opt/qchat": str(tmp_path / "opt")})
    assert page.line("/opt/qchat/bin/pip install .")
    (tmp_path / "bin").mkdir()
    link = page.line("ln -s", **{"/opt/qchat/bin/qchat": str(installed[1])})
    user = Stranger(tmp_path / "home", *installed)
    user.types(link.replace("/usr/local", str(tmp_path)))
    user.variables = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    assert f"ok  command     {tmp_path / 'bin' / 'qchat'}" in user.types("qchat doctor").stdout


def test_ten_users_chat_and_none_sees_another(page: Page, house: House) -> None:
    assert house.all_say_who_they_are() == ["The house answers."] * 10
    assert sorted(house.model.prompts) == sorted(f"I am {name}" for name in NAMES)
    assert house.model.keys == {"sk-house"}
    for name in NAMES[:2]:
        listed = house.users[name].types("qchat sessions list").stdout
        assert (f"I am {name}" in listed, listed.count("\n")) == (True, 1)
    anna, bert = house.users["anna"], house.users["bert"]
    anna.types('qchat memory add "My boat is blue."')
    assert bert.types("qchat memory list").stdout == ""
    bert.types('qchat memory add "My boat is red."')
    bert.types("qchat memory forget --all")
    assert "blue" in anna.types("qchat memory list").stdout
    # Anna's second machine.
    name = anna.types(page.line("qchat memory identity")).stdout.strip()
    second = Stranger(anna.home.with_name("anna-laptop"), anna.clone, anna.command)
    second.variables = anna.variables
    second.types(page.line("qchat memory identity NAME", NAME=name))
    assert "blue" in second.types("qchat memory list").stdout


def test_settings_of_all_and_of_each(page: Page, house: House) -> None:
    anna, bert = house.users["anna"], house.users["bert"]
    anna.types(page.line("qchat config set theme paper"))
    shown = anna.types(page.line("qchat config show")).stdout
    assert 'theme = "paper"' in shown
    assert str(house.shared) in shown
    assert "sk-house" not in shown
    assert 'theme = "paper"' not in bert.types("qchat config show").stdout
    for key in ("python.memory_mb 0", "backends.house.model other", "web.cache_mb 9999"):
        refused = anna.types(f"qchat config set {key}", status=2)
        assert "set by the administrator" in refused.stderr
        assert str(house.shared) in refused.stderr
    line = page.line("qchat --user NAME", NAME="carla")
    bert.types(f'{line} ask "I am Carla"')
    assert "Carla" not in bert.types("qchat sessions list").stdout
    assert "I am Carla" in bert.types(f"{line} sessions list").stdout


def test_the_doctor_tries_what_is_set_up(page: Page, house: House) -> None:
    line = page.line("qchat doctor")
    said = house.users["anna"].types(line).stdout
    assert f"*house      {MODEL} at " in said
    assert str(house.shared) in said
    assert "Everyone who has its token" in said
    assert said.count("FAIL") == 0
    assert "computes\n" in house.users["user3"].types(line).stdout, "here, without a gateway"
    bert = house.users["bert"]
    bert.variables = bert.variables | {"JUPYTER_TOKEN": "of-somebody-else", "MODEL_KEY": "sk-no"}
    try:
        said = bert.types(line, status=1).stdout
    finally:
        bert.variables = bert.variables | VARIABLES
    assert said.count("FAIL") == 2
    assert "FAIL  kernel" in said
    assert "FAIL  *house" in said
    page.line("qchat backends test house")
    tested = house.users["anna"].types("qchat backends test house").stdout
    assert MODEL in tested


def test_backup_and_restore(page: Page, house: House, tmp_path: Path) -> None:
    anna = house.users["anna"]
    place = {"/srv/backup": str(tmp_path)}
    anna.types('qchat ask "Remember the harbour"; qchat memory add "The harbour is in Kiel."')
    anna.types(page.line("qchat backup", **place))
    archive = tmp_path / "anna.tar.gz"
    assert archive.stat().st_mode & 0o077 == 0
    assert (
        f"by qchat {__version__}" in anna.types(page.line("qchat restore --list", **place)).stdout
    )
    anna.types("qchat sessions delete $(qchat sessions list | head -1 | cut -d' ' -f1)")
    back = page.line("qchat restore --force", **place)
    anna.types(back)
    assert "harbour" in anna.types("qchat sessions list").stdout
    # On a new machine, by the name in the archive, with what the server has of her.
    fresh = Stranger(tmp_path / "fresh", anna.clone, anna.command)
    fresh.variables = anna.variables
    fresh.types(back)
    assert "harbour" in fresh.types("qchat sessions list").stdout
    assert "Kiel" in fresh.types("qchat memory list").stdout
    assert f"{fresh.home}/.config/qchat" in fresh.types(page.line("qchat config path")).stdout


def test_newer_data_are_refused_and_the_backup_brings_the_older_back(
    page: Page, house: House, tmp_path: Path
) -> None:
    """As if the user had gone back from a version whose databases this one does not know."""
    anna = house.users["anna"]
    archive = tmp_path / "before.tar.gz"
    anna.types(f"qchat backup {archive}")
    database = anna.home / ".local/share/qchat/sessions.db"
    with closing(sqlite3.connect(database)) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute(f"PRAGMA user_version = {version + 1}")
    for line in ("qchat sessions list", "qchat ask hello"):
        assert "newer qchat" in anna.types(line, status=1).stderr
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (version + 1,)
    anna.types(f"qchat restore --force {archive}")
    assert anna.types("qchat sessions list").stdout
    assert page.line("/opt/qchat/bin/pip install --upgrade .")


def test_every_line_of_the_page_was_typed(page: Page) -> None:
    assert set(page.untyped) <= NOT_HERE
