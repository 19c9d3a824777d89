"""The command line describes itself: every argument has help, and what is made from it is sound."""

import argparse
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from qchat import cli
from qchat.cli.completion import SCRIPTS, bash
from qchat.cli.manual import page
from qchat.cli.tree import CommandNode, tree


@pytest.fixture(scope="module")
def root() -> CommandNode:
    return tree(cli.parser(tuple(cli.SUBCOMMANDS)))


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from parsers(child)


def test_every_command_and_argument_has_a_line_of_help(root: CommandNode) -> None:
    without = [" ".join(node.path) for node in root.walk() if not node.help]
    without += [
        f"{' '.join(node.path)} {argument.names or argument.value}"
        for node in root.walk()
        for argument in node.arguments
        if not argument.help.strip()
    ]
    assert without == []


def test_every_command_has_an_example(root: CommandNode) -> None:
    leaves = [node for node in root.walk() if not node.below]
    typed = ("examples:", "install:", "read it:")
    assert [" ".join(n.path) for n in leaves if not n.epilog.startswith(typed)] == []


def test_every_help_page_can_be_printed() -> None:
    for parser in parsers(cli.parser(tuple(cli.SUBCOMMANDS))):
        assert parser.format_help().startswith("usage: qchat")


def complete(script: Path, *words: str) -> list[str]:
    """What bash offers for the last of these words."""
    line = " ".join(f"'{word}'" for word in words)
    code = (
        f"source '{script}'; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _qchat;"
        ' printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
def test_bash_completes_commands_options_and_choices(root: CommandNode, tmp_path: Path) -> None:
    script = tmp_path / "qchat.bash"
    script.write_text(bash(root))
    assert "connect" in complete(script, "qchat", "con")
    assert complete(script, "qchat", "sessions", "ex") == ["export"]
    assert "--format" in complete(script, "qchat", "sessions", "export", "--")
    assert "ipynb" in complete(script, "qchat", "sessions", "export", "--format", "")
    assert complete(script, "qchat", "--user", "me", "memory", "un") == ["unpin", "undo"]
    assert complete(script, "qchat", "connect", "ser") == ["server"]


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_script_is_sound_for_its_shell(root: CommandNode, shell: str, tmp_path: Path) -> None:
    text = SCRIPTS[shell](root)
    for node in root.walk():
        assert node.name in text
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(text)
        subprocess.run([shell, "-n", str(script)], check=True, capture_output=True)


def test_the_manual_says_it_all(root: CommandNode) -> None:
    text = page(root)
    for node in root.walk():
        assert " ".join(node.path) in text
    for word in ("QCHAT\\_HOME", "DASHSCOPE", "130", "EXIT STATUS", "keys.json"):
        assert word.replace("\\_", "_") in text
    if groff := shutil.which("groff"):
        done = subprocess.run(
            [groff, "-man", "-Tutf8", "-ww", "-K", "utf8"],
            input=text, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stderr == ""
        assert "chat with Qwen models" in done.stdout
