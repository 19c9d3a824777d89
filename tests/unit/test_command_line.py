"""The command line describes itself: every argument has help, and what is made from it is sound."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from qchat import cli
from qchat.cli.manual import page
from qchat.cli.tree import CommandNode, tree
from qchat.config.settings import Settings
from qchat.conversation.tool_names import TOOLS
from qchat.conversation.workspace import Workspace
from qchat.runtime import language
from qchat.runtime.cell_width import width
from qchat.runtime.paths import Paths


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


@pytest.mark.parametrize("spoken", ["en", "zh"])
def test_every_help_page_can_be_printed(
    spoken: Literal["en", "zh"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    language.use(spoken)
    try:
        pages = [p.format_help() for p in parsers(cli.parser(tuple(cli.SUBCOMMANDS)))]
    finally:
        language.use("en")
    assert [page for page in pages if "qchat" not in page.partition("\n")[0]] == []
    lines = [line for page in pages for line in page.splitlines()]
    assert [line for line in lines if width(line) > 80] == []


def test_the_manual_says_it_all(root: CommandNode) -> None:
    text = page(root)
    for node in root.walk():
        assert " ".join(node.path) in text
    for word in ("QCHAT\\_HOME", "DASHSCOPE", "130", "EXIT STATUS", "keys.json"):
        assert word.replace("\\_", "_") in text


async def test_the_tools_that_may_be_named_are_those_there_are(tmp_path: Path) -> None:
    workspace = Workspace(Settings(), Paths(tmp_path, tmp_path, tmp_path / "logs"))
    try:
        assert (
            *workspace.open().toolbox.tools(turn=0),
            "knowledge_search",
        ) == TOOLS  # no folder yet
    finally:
        await workspace.aclose()
