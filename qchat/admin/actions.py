"""What the sub-commands have in common: how an action is described."""

import argparse
from collections.abc import Callable
from typing import TypeAlias

from qchat.runtime.paths import Paths

Actions: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Common: TypeAlias = argparse.ArgumentParser
Run: TypeAlias = Callable[[argparse.Namespace, Paths], int]


def action(
    actions: Actions, name: str, common: Common, run: Run, about: str
) -> argparse.ArgumentParser:
    """Add one action and give back its parser, for the arguments of its own."""
    parser = actions.add_parser(name, parents=[common], help=about, description=about)
    parser.set_defaults(run=run)
    return parser
