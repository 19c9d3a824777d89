"""The most ordinary things one does at the prompt, in a real terminal at 80x24."""

import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.dripping import dripping
from tests.program import QCHAT
from tests.terminal import Terminal, needs_tmux

pytestmark = [needs_tmux]
READY = "Ask anything"
EDITOR = """#!{python}
import sys
with open(sys.argv[1], "a", encoding="utf-8") as file:
    file.write(" and more\\nfrom the editor")
"""
SERVER = """
backend = "drip"
think = false
[memory]
enabled = false
[backends.drip]
kind = "openai"
model = "drip"
base_url = "{url}"
api_key = "none"
"""
Start = Callable[..., Terminal]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    (tmp_path / "config.toml").write_text("[memory]\nenabled = false\n", "utf-8")
    editor = tmp_path / "editor"
    editor.write_text(EDITOR.format(python=sys.executable), "utf-8")
    editor.chmod(0o700)
    opened: list[Terminal] = []

    def run(*arguments: str, **variables: str) -> Terminal:
        window = Terminal(tmp_path, 80, 24)
        opened.append(window)
        said = "".join(f"{k}={shlex.quote(v)} " for k, v in variables.items())
        command = shlex.join([*QCHAT, *arguments])
        window.type(f"clear; EDITOR={shlex.quote(str(editor))} {said}{command}; echo exit=$?")
        return window

    yield run
    for window in opened:
        window.close()


def paste(window: Terminal, text: str, *, bracketed: bool = True) -> None:
    """Paste as tmux does: with carriage returns for line ends."""
    window.tmux("set-buffer", "-b", "pasted", "--", text)
    window.tmux("paste-buffer", *(["-p"] if bracketed else []), "-b", "pasted")


def test_pastes_drafts_and_the_editor(start: Start) -> None:
    window = start()
    window.wait_for(READY)
    paste(window, "log: \x1b[31mERR\x1b[0m\nsecond line\nthird")
    window.wait_for("log: ␛[31mERR␛[0m", "third")
    window.press("C-c")  # cleared, and kept
    window.wait_for("third", absent=True)
    window.type("汉字\u3000空格", enter=False)  # the wide space of a Chinese keyboard
    window.wait_for("▌ 汉字\u3000空格")
    window.press("C-u")
    window.type("a draft", enter=False)
    window.press("Up")
    window.wait_for("third")
    window.press("Down", "Down", "Down")
    window.wait_for("▌ a draft")
    window.press("C-x", "C-e")
    window.wait_for("a draft and more", "from the editor")
    window.press("C-z")
    window.wait_for("from the editor", absent=True)
    window.press("C-c")
    paste(window, "one\ntwo\nthree", bracketed=False)  # nothing of it is sent
    window.wait_for("▌ one", "▌ three")
    window.press("C-c")
    window.press("C-d")
    window.wait_for("exit=0")


def test_typing_always_reaches_the_prompt(start: Start) -> None:
    window = start()
    window.wait_for(READY)
    window.type("What is 6 * 7?")
    window.wait_for("= 42")
    window.tmux("send-keys", "-l", "\x1b[<0;10;4M\x1b[<0;10;4m")  # a click into the conversation
    window.type("delete everything", enter=False)
    window.wait_for("▌ delete everything", "What is 6 * 7?")
    window.press("C-c", "BTab")
    window.wait_for("BLOCKS")
    window.press("Tab")
    window.wait_for("BLOCKS", absent=True)
    window.type("/exi", enter=False)
    window.wait_for("/quit")
    window.press("C-u")
    window.type(":q")
    window.wait_for("exit=0")


def test_an_answer_goes_on_while_another_session_is_open(start: Start, tmp_path: Path) -> None:
    with dripping() as drip:
        (tmp_path / "config.toml").write_text(SERVER.format(url=drip.base_url), "utf-8")
        window = start()
        window.wait_for(READY)
        window.type("tell me a story")
        window.wait_for("word5", "Esc stops")
        window.type("/new")
        window.wait_for("1 more running")
        window.press("F2")
        window.wait_for("answering …", "tell me a story")
        window.press("Down", "Enter")
        window.wait_for("Esc stops", "word")
        window.press("Escape")
        window.wait_for("stopped")


def test_the_interface_is_chinese_where_the_locale_is(start: Start) -> None:
    window = start(LC_ALL="zh_CN.UTF-8")
    window.wait_for("输入问题")
    window.press("F1")
    window.wait_for("书写时", "换行")
