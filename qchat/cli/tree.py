"""The command line as plain data, from which completion and manual are made."""

import argparse
from collections.abc import Iterator

import msgspec


class Argument(msgspec.Struct, frozen=True):
    """An option with its names, or something that stands alone."""

    names: tuple[str, ...]
    value: str
    """What stands behind it, or for it; empty for a switch."""
    choices: tuple[str, ...]
    help: str
    suggested: tuple[str, ...] = ()
    """Words that a shell offers where others may stand too."""

    @property
    def offered(self) -> tuple[str, ...]:
        """The words to complete it with."""
        return self.choices or self.suggested


class CommandNode(msgspec.Struct, frozen=True):
    """A command, with those below it."""

    path: tuple[str, ...]
    help: str
    epilog: str
    arguments: tuple[Argument, ...]
    below: tuple["CommandNode", ...]

    @property
    def name(self) -> str:
        return self.path[-1]

    def walk(self) -> Iterator["CommandNode"]:
        """This one, then all below it."""
        yield self
        for node in self.below:
            yield from node.walk()


def tree(parser: argparse.ArgumentParser, path: tuple[str, ...] = ("qchat",)) -> CommandNode:
    """Read a parser, with all that it holds."""
    below: list[CommandNode] = []
    arguments: list[Argument] = []
    about: dict[str, str] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            about |= {choice.dest: choice.help or "" for choice in action._choices_actions}
            below += [tree(child, (*path, name)) for name, child in action.choices.items()]
        else:
            arguments.append(_argument(action))
    below = [
        msgspec.structs.replace(node, help=about.get(node.name, "") or node.help) for node in below
    ]
    return CommandNode(
        path, parser.description or "", parser.epilog or "", tuple(arguments), tuple(below)
    )


def _argument(action: argparse.Action) -> Argument:
    value = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    choices = tuple(map(str, action.choices or ()))
    text = (action.help or "").replace("%(default)s", str(action.default)).replace("%%", "%")
    suggested = tuple(getattr(action, "suggested", ()))
    return Argument(tuple(action.option_strings), value, choices, text, suggested)
