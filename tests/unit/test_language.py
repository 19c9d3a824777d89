"""The interface speaks Chinese too: every text has a translation, and none is left over."""

import argparse
import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import pytest

import qchat
import qchat_memory
import qchat_tools
from qchat.backends.model_list import HEADER
from qchat.cli import SUBCOMMANDS, parser
from qchat.cli.tree import tree
from qchat.commands import COMMANDS, Confirm, Converse, CopyText, Reload, ShowMessage
from qchat.commands.connecting import METHODS
from qchat.config.keymap import ACTIONS
from qchat.config.regions import REGIONS
from qchat.config.validation_errors import WORDS
from qchat.console.question import HIDDEN_LINE_KEYS, LINE_KEYS, PERMISSION_KEYS
from qchat.conversation.window import TextKind
from qchat.depth.progress import ENDS, HEAD
from qchat.local.gguf import FOREIGN
from qchat.runtime import language
from qchat.runtime.cell_width import padded, width, wrapped
from qchat.runtime.chinese import CATALOGUE, WINGS
from qchat.runtime.chinese.command_help import COMMAND_HELP, KEY_HELP
from qchat.runtime.chinese.command_line import ARGPARSE, COMMAND_LINE
from qchat.runtime.language import Said, tr, verbatim
from qchat.tui.dialogs.dialogue import KEYS, PATH_KEYS
from qchat.tui.dialogs.question_bar import BUTTONS
from qchat.tui.input.bindings import PLACES
from qchat.tui.panels import PANELS
from qchat_memory.language import secret
from qchat_memory.memory import Kind

PACKAGES = (qchat, qchat_tools, qchat_memory)
BLANK = re.compile(r"\{(\w+)[^{}]*\}")
CHINESE = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def wing(file: Path, package: Path) -> str:
    """Whose module of the catalogue a text of this file belongs into."""
    if package.name != "qchat":
        return {"qchat_tools": "tools", "qchat_memory": "memories"}[package.name]
    first = file.relative_to(package).parts[0].removesuffix(".py")
    return {"memory": "memories"}.get(first, first)


def texts_of(file: Path, elsewhere: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Every text that a file gives to `tr`, by itself or through a constant, and what it counts."""
    tree = ast.parse(file.read_text("utf-8"))
    constants = constants_of(tree)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            there = elsewhere.get(node.module or "", {})
            constants |= {one.name: there[one.name] for one in node.names if one.name in there}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("tr"), args=[given, *_]):
                for part in ast.walk(given):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value
                    elif isinstance(part, ast.Name) and part.id in constants:
                        yield constants[part.id]
            case ast.Call(func=ast.Name("counted"), args=[_, ast.Constant(thing)]):
                yield f"{{n:,}} {thing}"
            case ast.Call(func=ast.Name("UnreadableError"), args=[ast.Constant(why)]):
                yield str(why)  # kept as it is, and translated where it is shown


def constants_of(tree: ast.Module) -> dict[str, str]:
    """The texts that a module gives names to."""
    found: dict[str, str] = {}
    for target, value in (pair for node in tree.body for pair in assigned(node)):
        match target, value:
            case ast.Name(name), ast.Constant(str() as text):
                found[name] = text
    return found


def assigned(node: ast.stmt) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield target, node.value
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                yield from zip(target.elts, node.value.elts, strict=True)


def said() -> dict[str, set[str]]:
    """Every text that a user may read, and the wings that say it."""
    found: dict[str, set[str]] = {}
    packages = [Path(package.__file__).parent for package in PACKAGES]
    files = [(file, package) for package in packages for file in package.rglob("*.py")]
    elsewhere = {
        ".".join(file.relative_to(package.parent).with_suffix("").parts): constants_of(
            ast.parse(file.read_text("utf-8"))
        )
        for file, package in files
    }
    for file, package in files:
        for text in texts_of(file, elsewhere):
            found.setdefault(text, set()).add(wing(file, package))
    return found


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


def labels() -> Iterator[str]:
    """What is said through a table."""
    for panel in PANELS.values():
        yield panel.NAME.capitalize()
        yield from filter(None, (panel.FIND, panel.EMPTY))
        for binding in panel.BINDINGS:
            yield getattr(binding, "description", "")
    yield from ("close", "nothing yet")
    yield from (label for _, label in BUTTONS)
    yield from (method.about for method in METHODS)
    yield from (region.name for region in REGIONS)
    yield from (KEYS, PATH_KEYS)
    yield from get_args(Kind)
    yield from get_args(TextKind)
    yield from secrets()
    yield from (PERMISSION_KEYS, LINE_KEYS, HIDDEN_LINE_KEYS)
    yield from PLACES.values()
    yield from (*ENDS.values(), *HEAD, *HEADER, *WORDS.values())
    yield from (what for _, what in FOREIGN)


def test_what_is_listed_is_joined_in_the_users_language() -> None:
    """A sentence in Chinese with "and" in it: `tr(" and ").join(...)`."""
    joined = [
        f"{file.name}: {word}"
        for file in Path(qchat.__file__).parent.rglob("*.py")
        if not {"evaluation", "protocol"} & {*file.parts}  # read by models, and in reports
        for word in re.findall(r"(?<!tr\()\" (?:and|or) \"\.join", file.read_text("utf-8"))
    ]
    assert joined == []


def test_every_command_and_key_is_explained_in_chinese() -> None:
    """A new one: write its line into `qchat/runtime/chinese/command_help.py` too."""
    assert {c.help for c in COMMANDS.values()} == {*COMMAND_HELP}
    assert {a.help for a in ACTIONS} == {*KEY_HELP}


def test_the_command_line_explains_all_of_itself_in_chinese() -> None:
    """A new argument or command: write its help into `qchat/runtime/chinese/command_line.py`."""
    try:
        language.use("zh")
        whole = parser(tuple(SUBCOMMANDS))
        assert [text for text in helped(whole) if not CHINESE.search(text)] == []
        assert "用法：qchat" in whole.format_help()
        assert "选项:" in whole.format_help()
    finally:
        language.use("en")
    written = {text for folder in ("cli", "admin", "console", "bench") for text in strings(folder)}
    of_argparse = {"options", "positional arguments", "show this help message and exit"}
    assert {*COMMAND_LINE} - written - of_argparse == set(), "no longer said"


def strings(folder: str) -> Iterator[str]:
    """Every string that stands in a wing."""
    for file in (Path(qchat.__file__).parent / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def helped(whole: argparse.ArgumentParser) -> Iterator[str]:
    """Every text of a parser's help."""
    for node in tree(whole).walk():
        yield from filter(None, (node.help, node.epilog))
        yield from (argument.help for argument in node.arguments if argument.help)


def test_lines_are_broken_by_cells() -> None:
    text = "思考的预算（默认：按 config.toml），最多 2,000 个 token；0 为不限。"
    lines = wrapped(text, 20)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line) <= 22 and line[0] not in "，。；：）" for line in lines)
    assert padded("思考", 6) == "思考  "


def test_every_text_has_a_translation_where_its_wing_has_it_and_none_is_left_over() -> None:
    """A new one: write it into WING.py in `qchat/runtime/chinese/`, or into `shared.py`."""
    explained = {*KEY_HELP, *COMMAND_HELP, *COMMAND_LINE, *ARGPARSE}
    wanted: dict[str, set[str]] = {name: set() for name in WINGS}
    places = said()
    for text in {*places, *labels()} - explained - {""}:
        wings = places.get(text, {"labels"})
        wanted.setdefault(wings.pop() if len(wings) == 1 else "shared", set()).add(text)
    missing = {name: texts - {*WINGS.get(name, {})} for name, texts in wanted.items()}
    left_over = {name: {*texts} - wanted[name] for name, texts in WINGS.items()}
    assert {name: texts for name, texts in missing.items() if texts} == {}, "not in the catalogue"
    assert {name: texts for name, texts in left_over.items() if texts} == {}, "no longer said there"


def test_a_translation_is_chinese_and_has_the_same_blanks_to_fill() -> None:
    for text, translated in CATALOGUE.items():
        assert sorted(BLANK.findall(text)) == sorted(BLANK.findall(translated)), text
        words, said_of_them = BLANK.sub("", text), BLANK.sub("", translated)
        assert CHINESE.search(said_of_them) or not re.search("[a-z]", words), text
        assert text.endswith("\n") == translated.endswith("\n"), text


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


def test_a_quoted_name_is_written_as_it_is_and_obeys_nothing() -> None:
    name = "می\u200cخواهم\u3000好\x1b[31m\u202e"
    said = tr("Nothing found for {words!r}.", words=name)
    assert said == "Nothing found for 'می\u200cخواهم\u3000好\\x1b[31m\\u202e'."
    assert tr("Nothing found for {words!r}.", words="it's") == 'Nothing found for "it\'s".'
