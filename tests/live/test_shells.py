"""What is made from the command line, in the shells and the formatter that read it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from qchat import cli
from qchat.cli.completion import SCRIPTS, bash
from qchat.cli.manual import page
from qchat.cli.tree import CommandNode, tree


@pytest.fixture(scope="module")
def root() -> CommandNode:
    return tree(cli.parser(tuple(cli.SUBCOMMANDS)))


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
    assert "memory.embedder" in complete(script, "qchat", "config", "set", "memory.e")


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not here")
def test_fish_completes_commands_options_and_settings(root: CommandNode, tmp_path: Path) -> None:
    script = tmp_path / "qchat.fish"
    script.write_text(SCRIPTS["fish"](root))

    def offered(line: str) -> list[str]:
        code = f"source '{script}'; complete -C '{line}'"
        done = subprocess.run(
            ["fish", "--no-config", "-c", code],
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return [row.partition("\t")[0] for row in done.stdout.splitlines()]

    assert "connect" in offered("qchat con")
    assert offered("qchat sessions ex") == ["export"]
    assert set(offered("qchat sessions export --format ")) == {"ipynb", "jsonl", "md"}
    assert "memory.embedder" in offered("qchat config set memory.e")


@pytest.mark.parametrize("shell", SCRIPTS)
def test_the_script_is_sound_for_its_shell(root: CommandNode, shell: str, tmp_path: Path) -> None:
    text = SCRIPTS[shell](root)
    for node in root.walk():
        assert node.name in text
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(text)
        subprocess.run([shell, "-n", str(script)], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not here")
def test_the_manual_can_be_formatted(root: CommandNode) -> None:
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-K", "utf8"],
        input=page(root), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert "chat with Qwen models" in done.stdout
