"""Strangers' first hour: a fresh clone, an empty home, and what README and the guides say, typed.

What they type is taken from the pages themselves; what a page says and nobody types is named here.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qchat_assets import demo_model_path
from tests.everyday.clone import Stranger, clone_and_install
from tests.modelserver import model_server
from tests.pages import Page
from tests.terminal import Terminal, needs_tmux

pytestmark = [pytest.mark.slow, needs_tmux, pytest.mark.timeout(280)]
KEY = "sk-right"
PLAIN_PROMPT = "Ask anything"
OF_NETWORK = {
    *("uv tool install --overrides slim.txt .", "qchat models pull qwen3-8b"),
    *("qchat models pull NAME", "/search WORDS", "/read ADDRESS", "/source N"),
}
"""Lines that reach for the package index, for a model's hub or for the web."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return clone_and_install(tmp_path_factory.mktemp("src"))


@pytest.fixture
def stranger(installed: tuple[Path, Path], tmp_path: Path) -> Stranger:
    return Stranger(tmp_path / "home", *installed)


@contextmanager
def window(stranger: Stranger, line: str = "qchat") -> Iterator[Terminal]:
    """The chat in a terminal, from its first line to the shell's."""
    terminal = stranger.terminal()
    try:
        terminal.type(f"{line}; echo exit=$?")
        terminal.wait_for(PLAIN_PROMPT)
        yield terminal
        terminal.type("/quit")
        terminal.wait_for("exit=0")
    finally:
        terminal.close()


def says(terminal: Terminal, line: str, *texts: str) -> str:
    """Type a line, and look until all of that stands there."""
    terminal.type(line)
    return terminal.wait_for(*texts)


def test_the_first_screen_and_the_first_hour(stranger: Stranger) -> None:
    readme, hour = Page("README.md"), Page("docs/first-hour.md")
    with window(stranger, readme.line("qchat")) as terminal:
        terminal.wait_for("/connect", "GGUF file", "Alibaba Cloud", "server")
        says(terminal, hour.quoted("What is 127 * 45?"), "= 5715")
        remember = hour.quoted("Remember that my parrot is called Kiko.")
        says(terminal, remember, "✓ memory_save", "I will remember")
        says(terminal, readme.line("/egress"), "Nothing has left this machine")
        says(terminal, f"{readme.line('/offline')} on", "Offline")
    with window(stranger, hour.line("qchat -c")) as terminal:
        terminal.wait_for("= 5715")
        says(terminal, "/new", "Ask something")
        says(terminal, hour.quoted("What is my parrot called?"), "is called Kiko")
    stranger.types(readme.line("qchat models list"))
    assert "1 memory of default" in stranger.types("qchat doctor").stdout


def test_an_engineer(stranger: Stranger) -> None:
    page, clone = Page("docs/howto/engineer.md"), stranger.clone
    typed = stranger.types(page.line("qchat ask --json")).stdout
    assert typed.replace(" ", "").strip() == "print(2**100)"
    assert stranger.types(page.line("qchat ask -c")).stdout.strip()
    with model_server("big", says="Say why.", key="") as server:
        there = {"gpu:8000": server.address}
        kept = stranger.types(page.line("qchat connect server", **there)).stdout
        assert server.address in kept
        listed = stranger.types("qchat backends list").stdout.splitlines()
        (name,) = (line.split()[1] for line in listed if line.startswith("*"))
        tested = stranger.types(page.line("qchat backends test", NAME=name)).stdout
        assert "big" in tested
        with (clone / "LICENSE").open("a") as file:
            file.write("One line more.\n")
        stranger.types(page.line("git diff"), folder=clone)
        assert (clone / "message.txt").read_text().strip() == "Say why."
        assert "+One line more." in server.asked[-1]["messages"][-1]["content"]
        (stranger.home / "data.csv").write_text("a,b\n1,2\n")
        with window(stranger) as terminal:
            for number in (1, 2, 3):
                says(terminal, f"question {number}", f"question {number}")
                terminal.until(lambda screen, n=number: screen.count("Say why.") >= n)
            says(terminal, page.line("/run x = 3"), "x = 3")
            terminal.press("F4")
            terminal.wait_for("Kernel", "x int")
            terminal.press("F4")
            says(terminal, page.line("/upload data.csv"), "data.csv")
            says(terminal, '/run open("plot.png", "wb").write(b"x")', "plot.png")
            says(terminal, page.line("/save plot.png"), str(stranger.home))
            says(terminal, f"{page.line('/edit 3')} question 4", "question 4")
            terminal.wait_for("2 of 2")
            says(terminal, page.line("/retry"), "3 of 3")
            says(terminal, page.line("/fork"), "branch")
            says(terminal, page.line("/compare cloud", cloud="demo"), "2 of 2")
        assert (stranger.home / "plot.png").read_bytes() == b"x"
        assert server.prompts[-1].startswith("question 4")
    listed = stranger.types("qchat sessions list").stdout
    line = page.line("qchat sessions export", ID=listed.split()[0])
    assert json.loads(stranger.types(line).stdout)["nbformat"] == 4
    completion = page.line("qchat completion bash")
    stranger.types(page.line("mkdir -p"))
    stranger.types(completion)
    stranger.types(page.line("qchat man"))
    stranger.types(page.line("qchat config set vim true"))
    assert set(page.untyped) <= {"/run"}, "/run alone opens an editor: tests/tui"


def test_a_researcher_with_a_key_of_the_cloud(stranger: Stranger) -> None:
    readme, page = Page("README.md"), Page("docs/howto/researcher.md")
    models = ("text-embedding-v4", "qwen3.7-plus", "qwen3.8-max")
    with model_server(*models, says="Entropy counts.", key=KEY) as cloud:
        stranger.variables = {"DASHSCOPE_API_KEY": KEY}
        with window(stranger) as terminal:
            terminal.wait_for("DASHSCOPE_API_KEY")
        stranger.variables = {}
        address = f"http://{cloud.address}/compatible-mode/v1"
        connect = f"{readme.line('qchat connect cloud')} {address} --model qwen3.8-max --default"
        wrong = stranger.types(connect, stdin="sk-of-another-region\n", status=1)
        assert "401" in wrong.stderr
        stranger.types(connect, stdin=f"{KEY}\n")
        with window(stranger) as terminal:
            says(terminal, page.line("/budget 4000"), "4000 tokens")
            says(terminal, "what is entropy?", "Entropy counts.")
            assert cloud.asked[-1]["model"] == "qwen3.8-max"
            says(terminal, page.line("/effort"), "Effort")
            says(terminal, f"{page.line('/find')} entropy", "what is entropy")
            terminal.press("Escape")
            says(terminal, page.line("/context"), "tokens in the next request")
            says(terminal, page.line("/compact"), "compact")
            says(terminal, page.line("/compact undo"), "ompact")
            says(terminal, readme.line("/egress"), cloud.address)
        stranger.types(page.line("qchat config set web.fake_ip true"))
    left = {line for line in page.untyped if "know" not in line and "import" not in line}
    assert left <= OF_NETWORK, "those of folders, histories and the web have tests of their own"


def test_a_writer_with_a_model_file(stranger: Stranger) -> None:
    page = Page("docs/howto/writer.md")
    model = stranger.home / "My Models" / "Beta's.gguf"
    model.parent.mkdir()
    shutil.copy(demo_model_path(), model)
    chapter = stranger.home / "chapter1.md"
    chapter.write_text("It was night. The sea was called Zobel.\n")
    dropped = str(model).replace(" ", "\\ ").replace("'", "\\'")
    terminal = stranger.terminal()
    try:
        terminal.type(page.line("qchat connect file"))
        terminal.wait_for("file")
        says(terminal, dropped, "It works", "1 to 2")
        says(terminal, "1", "Beta's.gguf answers", "tokens/s")
    finally:
        terminal.close()
    with window(stranger) as terminal:
        terminal.wait_for("Beta's")
        says(terminal, page.line("/offline on"), "Offline")
        says(terminal, page.line("/remember", TEXT="My sister is called Ada."), "Ada")
        terminal.press("F3")
        terminal.wait_for("Memor", "Ada")
        terminal.press("F3")
        says(terminal, page.line("/memory off"), "off")
        attached = f"{page.line('@chapter1.md')} What is 3 * 4?"
        says(terminal, attached, "attached chapter1.md", "Thought for")  # it runs by now, or ran
        terminal.wait_for("Esc stops", absent=True)
        says(terminal, f"{page.line('/edit')} What is 3 * 5?", "15")
        says(terminal, page.line("/export"), ".md")
        says(terminal, f"{page.line('/theme')} paper", "paper")
        says(terminal, page.line("/egress"), "Nothing has left this machine")
    assert list(stranger.home.glob("*.md")) != [chapter]
    extra = "qchat config set memory.embedder multilingual"
    own = {extra, "/memory suggest", "/memory", "/memory all", "/remember --project TEXT"}
    assert set(page.untyped) <= own, "each has tests of its own"
