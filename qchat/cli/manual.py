"""`qchat man`: the manual page, made from the parser itself."""

import argparse
import re
import sys
from collections.abc import Iterator

from qchat import __version__
from qchat.cli.arguments import SUBCOMMANDS
from qchat.cli.manual_facts import ENVIRONMENT, EXIT_STATUS, FILES
from qchat.cli.tree import Argument, CommandNode, tree
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths

READ = """\
read it:
  qchat man | man -l -
keep it:
  qchat man > ~/.local/share/man/man1/qchat.1
"""


def add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    common: argparse.ArgumentParser,
    about: str,
) -> None:
    parser = commands.add_parser(
        "man",
        parents=[common],
        help=about,
        description=about,
        epilog=READ,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=_print)


def _print(_options: argparse.Namespace, _paths: Paths) -> int:
    from qchat.cli import parser  # noqa: PLC0415  which imports this module

    sys.stdout.write(page(tree(parser(tuple(SUBCOMMANDS)))))
    return 0


def page(root: CommandNode) -> str:
    """The page as roff."""
    return "\n".join(_lines(root)) + "\n"


def _lines(root: CommandNode) -> Iterator[str]:
    yield f'.TH QCHAT 1 "" "qchat {__version__}" "User Commands"'
    yield from (".SH NAME", "qchat \\- chat with Qwen models in the terminal")
    yield from (".SH SYNOPSIS", ".B qchat", "[options]", ".br", ".B qchat", "COMMAND …")
    yield from (".SH DESCRIPTION", _escaped(root.help))
    yield from (".SH OPTIONS", *_arguments(root.arguments))
    yield ".SH COMMANDS"
    for node in root.walk():
        if node is not root:
            yield f".SS {_escaped(' '.join(node.path))}"
            yield _escaped(node.help)
            own = [a for a in node.arguments if a not in root.arguments]
            yield from _arguments(own)
            if node.epilog.startswith(tr("examples:")):
                examples = node.epilog.partition("\n\n")[0].splitlines()[1:]
                yield from (".PP", ".nf", *map(_escaped, examples), ".fi")
    yield ".SH EXIT STATUS"
    for status, text in EXIT_STATUS:
        yield from (".TP", f".B {status}", _escaped(text))
    for title, rows in (("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)):
        yield f".SH {title}"
        for name, text in rows:
            yield from (".TP", f".B {_escaped(name)}", _escaped(text))
    examples = root.epilog.partition("\n\n")[0].splitlines()[1:]
    yield from (".SH EXAMPLES", ".nf", *map(_escaped, examples), ".fi")


def _arguments(arguments: "tuple[Argument, ...] | list[Argument]") -> Iterator[str]:
    for argument in arguments:
        value = "{" + ",".join(argument.choices) + "}" if argument.choices else argument.value
        shown = [f"{name} {value}".strip() for name in argument.names] or [value]
        yield from (".TP", f".B {_escaped(', '.join(shown))}", _escaped(argument.help))


def _escaped(text: str) -> str:
    """Text that roff prints as it stands."""
    text = " ".join(text.split("\n"))
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text)
