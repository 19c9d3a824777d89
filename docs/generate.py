"""The pages of docs/reference, made from the code itself so that they cannot go stale.

`python docs/generate.py` writes them; with `--check` it changes nothing, names the pages that no
longer say what the code says, and ends with status 1.
"""

import argparse
import ast
import importlib
import inspect
import itertools
import re
import sys
import textwrap
import types
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from qchat import cli
from qchat.commands import COMMANDS
from qchat.config import keymap
from qchat.config.settings import BUILT_IN, Settings
from qchat.protocol import events

DOCS = Path(__file__).parent
NOTE = "<!-- Made by `make reference` from the code; changes belong there. -->\n"


def command_line() -> str:
    """Every command with its options, as `--help` says them."""
    whole = cli.parser(tuple(cli.SUBCOMMANDS))
    lines = ["# The command line", "", NOTE, *_parser_page(whole, 2)]
    return "\n".join(lines)


def _parser_page(parser: argparse.ArgumentParser, level: int, about: str = "") -> Iterator[str]:
    if parser.description and parser.description != about:
        yield from (parser.description, "")
    usage = " ".join(_without_colours(parser.format_usage()).split()).removeprefix("usage: ")
    yield from (
        "```",
        *textwrap.wrap(usage, 88, subsequent_indent="    ", break_on_hyphens=False),
        "```",
        "",
    )
    rows = [row for row in map(_argument_row, parser._actions) if row]
    if rows:
        yield from ("| argument | meaning |", "|---|---|", *rows, "")
    if parser.epilog:
        yield from ("```", parser.epilog.strip("\n"), "```", "")
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            about = {choice.dest: choice.help for choice in action._choices_actions}
            for name, command in action.choices.items():
                yield from (f"{'#' * level} {command.prog}", "")
                if about.get(name):
                    yield from (_sentence(str(about[name])), "")
                yield from _parser_page(command, min(level + 1, 4), str(about.get(name)))


def _argument_row(action: argparse.Action) -> str:
    if isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
        return ""
    value = action.metavar or ("" if action.nargs == 0 else action.dest.upper())
    if action.choices is not None:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    names = [f"{name} {value}".strip() for name in action.option_strings] or [str(value)]
    help_text = (action.help or "").replace("%(default)s", str(action.default))
    return f"| `{_cell(', '.join(names))}` | {_cell(help_text.replace('%%', '%'))} |"


def settings() -> str:
    """Every key of `config.toml`: type, default, meaning."""
    lines = [
        "# config.toml",
        "",
        NOTE,
        "`qchat config path` says where the file is, `qchat config set KEY VALUE` changes it and",
        "keeps its comments. An unknown key or a wrong type is an error that names the key.",
        "",
        *_struct_page(Settings, ""),
    ]
    return "\n".join(lines)


def _struct_page(struct: type[msgspec.Struct], prefix: str) -> Iterator[str]:
    said = _field_docs(struct)
    tables: list[tuple[str, type[msgspec.Struct]]] = []
    rows = []
    for field in msgspec.structs.fields(struct):
        inner = _struct_of(field.type)
        if inner is not None:
            by_name = typing.get_origin(field.type) is dict
            tables.append((f"{prefix}{field.encode_name}{'.NAME' if by_name else ''}", inner))
            continue
        meaning = _cell(said.get(field.name, ""))
        rows.append(
            f"| `{prefix}{field.encode_name}` | {_type(field.type)} | {_default(field)}"
            f" | {meaning} |"
        )
    if rows:
        yield from ("| key | type | default | meaning |", "|---|---|---|---|", *rows, "")
    for name, inner in tables:
        yield from (f"## [{name}]", "", _first_paragraph(inner), "")
        if name == "backends.NAME":
            known = ", ".join(f"`{known}`" for known in BUILT_IN)
            yield from (f"Always there: {known}.", "")
        yield from _struct_page(inner, "")


def _struct_of(kind: Any) -> type[msgspec.Struct] | None:
    if typing.get_origin(kind) is dict:
        kind = typing.get_args(kind)[1]
    return kind if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None


def json_events() -> str:
    """Every event of `qchat ask --json` and of an export as JSON lines."""
    lines = [
        "# Events of `--json`",
        "",
        NOTE,
        "`qchat ask --json` prints one JSON object a line; an export as JSON lines holds the same.",
        "`type` names the event. `at` is when it began, in seconds of Unix time. Fields at their",
        "default may be absent. New kinds and fields can be added: pass over what you do not know.",
        "[events.schema.json](events.schema.json) is the JSON schema.",
        "",
    ]
    for event in typing.get_args(events.Event):
        tag = str(event.__struct_config__.tag)
        lines += [f"## {tag}", "", _first_paragraph(event), ""]
        lines += [*_fields_table(event)]
    parts = {part for event in typing.get_args(events.Event) for part in _nested(event)}
    lines += ["# Values inside events", ""]
    for part in sorted(parts, key=lambda kind: kind.__name__):
        tag = part.__struct_config__.tag
        name = f"{part.__name__} (`type`: `{tag}`)" if tag else part.__name__
        lines += [f"## {name}", "", _first_paragraph(part), "", *_fields_table(part)]
    return "\n".join(lines)


def _fields_table(struct: type[msgspec.Struct]) -> Iterator[str]:
    said = _field_docs(struct)
    fields = [field for field in msgspec.structs.fields(struct) if field.name != "at"]
    if fields:
        yield from ("| field | type | meaning |", "|---|---|---|")
        for field in fields:
            yield (
                f"| `{field.encode_name}` | {_type(field.type)} |"
                f" {_cell(said.get(field.name, ''))} |"
            )
        yield ""


def _nested(struct: type[msgspec.Struct]) -> set[type[msgspec.Struct]]:
    found: set[type[msgspec.Struct]] = set()

    def look(kind: Any) -> None:
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in found:
            found.add(kind)
            for field in msgspec.structs.fields(kind):
                look(field.type)
        for inner in typing.get_args(kind):
            look(inner)

    for field in msgspec.structs.fields(struct):
        look(field.type)
    return found


def json_schema() -> str:
    schema = msgspec.json.schema(events.Event)
    return msgspec.json.format(msgspec.json.encode(schema), indent=1).decode() + "\n"


def slash_commands() -> str:
    """Every slash command of the chat and the REPL."""
    lines = ["# Slash commands", "", NOTE, "| command | what it does |", "|---|---|"]
    for name, command in COMMANDS.items():
        usage = f"/{name} {command.usage}".strip()
        lines.append(f"| `{_cell(usage)}` | {_cell(command.help)} |")
    return "\n".join([*lines, ""])


def keys() -> str:
    """Every key, and the name by which `[keys]` changes it."""
    where = {"chat": "everywhere", "prompt": "in the prompt", "block": "on a block"}
    lines = [
        "# Keys",
        "",
        NOTE,
        'Changed in `config.toml` by name: `[keys]`, then for example `sessions = "ctrl+g"`.',
        "Those without a name belong to the keyboard itself.",
        "",
        "| key | what it does | where | name |",
        "|---|---|---|---|",
    ]
    for action in keymap.ACTIONS:
        name = "" if action.fixed else f"`{action.id}`"
        scope = where.get(action.scope, str(action.scope))
        lines.append(
            f"| {_cell(keymap.named(action.keys))} | {_cell(action.help)} | {scope} | {name} |"
        )
    return "\n".join([*lines, ""])


def decisions() -> str:
    """The index of docs/decisions: each page by what it decided."""
    lines = [
        "# Decisions",
        "",
        NOTE,
        "One page a decision: what, why, what it costs, what was predicted and measured. Newer",
        "ones may replace older ones, and say so. Figures come from `make bench` or a named test",
        "where one is named; others were measured once, by hand, while building.",
        "",
    ]
    for page in sorted((DOCS / "decisions").glob("[0-9]*.md")):
        title = page.read_text("utf-8").splitlines()[0].removeprefix("# ")
        lines.append(f"- [{title}]({page.name})")
    return "\n".join([*lines, ""])


PAGES: dict[str, Callable[[], str]] = {
    "reference/command-line.md": command_line,
    "reference/config.md": settings,
    "reference/events.md": json_events,
    "reference/events.schema.json": json_schema,
    "reference/slash-commands.md": slash_commands,
    "reference/keys.md": keys,
    "decisions/README.md": decisions,
}


def _field_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    """What the string below each field says, inherited fields too."""
    said: dict[str, str] = {}
    for kind in reversed(struct.__mro__):
        if kind is object or kind is msgspec.Struct or not issubclass(kind, msgspec.Struct):
            continue
        try:
            body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0].body  # type: ignore[attr-defined]
        except (OSError, TypeError):
            continue
        for field, text in itertools.pairwise(body):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
            ):
                said[field.target.id] = " ".join(str(text.value.value).split())
    return said


def _type(kind: Any) -> str:
    return _cell(_type_words(kind))


def _type_words(kind: Any) -> str:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _type_words(inner[0])
    if origin is typing.Literal:
        return " or ".join(f"`{value!r}`".replace("'", '"') for value in inner)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type_words(one) for one in inner)
    if origin in (tuple, list, frozenset, set):
        return f"list of {_type_words(inner[0])}"
    if origin is dict:
        return f"table of {_type_words(inner[1])}"
    if kind is type(None):
        return "null"
    names = {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "true or false",
        Any: "anything",
    }
    return names.get(kind) or getattr(kind, "__name__", str(kind))


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "must be given"
    value = field.default
    if value is msgspec.NODEFAULT:
        value = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else None
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "" if value in ("", (), {}, None) else f"`{value!r}`".replace("'", '"')


def _first_paragraph(kind: type) -> str:
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def _without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; name stale pages")
    check = parser.parse_args().check
    for module, _ in cli.SUBCOMMANDS.values():
        importlib.import_module(module)
    stale = []
    for name, made in PAGES.items():
        page, text = DOCS / name, made()
        if page.exists() and page.read_text("utf-8") == text:
            continue
        stale.append(name)
        if not check:
            page.parent.mkdir(exist_ok=True)
            page.write_text(text, "utf-8")
    if check and stale:
        sys.stderr.write(
            f"no longer what the code says (run `make reference`): {', '.join(stale)}\n"
        )
    return int(check and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
