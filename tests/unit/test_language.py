"""The interface speaks Chinese too: every text has a translation, and none is left over."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import pytest

import qchat
import qchat_tools
from qchat.commands import COMMANDS, Confirm, Converse, CopyText, Reload, ShowMessage
from qchat.commands.connecting import METHODS
from qchat.config.keymap import ACTIONS
from qchat.console.question import HIDDEN_LINE_KEYS, LINE_KEYS, PERMISSION_KEYS
from qchat.runtime import language
from qchat.runtime.chinese import CATALOGUE, COMMAND_HELP, KEY_HELP, TEXTS
from qchat.runtime.chinese_messages import MESSAGES
from qchat.runtime.language import Said, tr, verbatim
from qchat.tui.dialogs.dialogue import KEYS, PATH_KEYS
from qchat.tui.dialogs.question_bar import BUTTONS
from qchat.tui.input.bindings import PLACES
from qchat.tui.panels import PANELS
from qchat_memory.language import secret
from qchat_memory.memory import Kind

ROOTS = [Path(package.__file__).parent for package in (qchat, qchat_tools)]


def said() -> Iterator[str]:
    """Every text that the code gives to `tr`, by itself or through a constant of its module."""
    for file in (file for root in ROOTS for file in root.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        constants |= {
            target.id: value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)
            for names in node.targets
            if isinstance(names, ast.Tuple)
            for target, value in zip(names.elts, node.value.elts, strict=True)
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
                for given in ast.walk(node.args[0]):
                    if isinstance(given, ast.Constant) and isinstance(given.value, str):
                        yield given.value
                    elif isinstance(given, ast.Name) and given.id in constants:
                        yield str(constants[given.id])


def secrets() -> Iterator[str]:
    """What a text may look like, as the user is told who is asked whether to keep it."""
    for node in ast.walk(ast.parse(Path(secret.__file__).read_text("utf-8"))):
        if (
            isinstance(node, ast.Return)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            and node.value.value
        ):
            yield node.value.value


def panels() -> Iterator[str]:
    for panel in PANELS.values():
        yield panel.NAME.capitalize()
        yield from filter(None, (panel.FIND, panel.EMPTY))
        for binding in panel.BINDINGS:
            yield getattr(binding, "description", "")
    yield from ("close", "nothing yet")
    yield from (label for _, label in BUTTONS)
    yield from (method.about for method in METHODS)
    yield from (KEYS, PATH_KEYS)
    yield from get_args(Kind)
    yield from secrets()
    yield from (PERMISSION_KEYS, LINE_KEYS, HIDDEN_LINE_KEYS)


def test_every_command_and_key_is_explained_in_chinese() -> None:
    """A new one: write its line into `qchat/runtime/chinese.py` too."""
    assert {c.help for c in COMMANDS.values()} == {*COMMAND_HELP}
    assert {a.help for a in ACTIONS} == {*KEY_HELP}


def test_every_text_has_a_translation_and_none_is_left_over() -> None:
    texts = {*said(), *panels(), *PLACES.values()} - {""}
    assert texts - {*TEXTS} - {*MESSAGES} - {*KEY_HELP, *COMMAND_HELP} == set(), (
        "not in the catalogue"
    )
    assert {*TEXTS, *MESSAGES} - texts == set(), "no longer in the code"


@pytest.mark.parametrize("text", CATALOGUE)
def test_a_translation_has_the_same_blanks_to_fill(text: str) -> None:
    blanks = re.compile(r"\{\w+\}")
    assert sorted(blanks.findall(text)) == sorted(blanks.findall(CATALOGUE[text]))
    assert re.search("[\u4e00-\u9fff]", CATALOGUE[text])


@pytest.mark.parametrize(
    ("setting", "environment", "expected"),
    [
        ("auto", {"LANG": "zh_CN.UTF-8"}, "思考中"),
        ("auto", {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "thinking"),
        ("auto", {"LC_MESSAGES": "zh_TW"}, "思考中"),
        ("auto", {"LANG": "de_DE.UTF-8"}, "thinking"),
        ("zh", {"LANG": "C"}, "思考中"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "thinking"),
    ],
)
def test_the_locale_or_the_setting_chooses(
    setting: str, environment: dict[str, str], expected: str
) -> None:
    try:
        language.use(setting, environment)  # type: ignore[arg-type]  # a literal by its value
        assert tr("thinking") == expected
    finally:
        language.use("en")


def test_a_command_may_say_only_what_passed_through_the_catalogue() -> None:
    """Held by the type: a plain string does not fit there, so mypy names what has no entry."""
    for outcome, field in (
        (ShowMessage, "text"),
        (Reload, "text"),
        (Confirm, "question"),
        (CopyText, "said"),
        (Converse, "title"),
    ):
        assert get_type_hints(outcome)[field] is Said


def test_what_is_said_can_be_kept_as_any_text() -> None:
    assert msgspec.json.encode([tr("Backends"), tr("{n} tokens", n=2), verbatim("x")])
