"""The command line's help in the user's language: said once, when a parser is whole.

So the modules that describe arguments stay plain argparse, and nothing is done for English.
"""

import argparse
import gettext

from qchat.runtime.cell_width import width, wrapped
from qchat.runtime.language import tr

EXAMPLES = "examples:"


def translate(parser: argparse.ArgumentParser) -> None:
    """Say all help of a parser, and of those below it, in the language that is spoken."""
    # argparse looks its own words up in gettext's catalogue of the whole program, which is none.
    vars(argparse).update(_=_argparse_word, ngettext=_argparse_number)
    _translate(parser)


def _translate(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = _Formatter
    parser.description = tr(parser.description or "")
    parser.epilog = _epilog(parser.epilog or "")
    for group in parser._action_groups:
        group.title = tr(group.title or "")
    for action in parser._actions:
        action.help = tr(action.help) if action.help else action.help
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                choice.help = tr(choice.help or "")
            for child in action.choices.values():
                _translate(child)


def _epilog(text: str) -> str:
    """The whole text, or the word above examples that need no words."""
    said = tr(text)
    if said == text and text.startswith(EXAMPLES):
        return tr(EXAMPLES) + text.removeprefix(EXAMPLES)
    return said


def _argparse_word(text: str) -> str:
    return tr(text)


def _argparse_number(one: str, many: str, number: int) -> str:
    said = tr(many)
    return said if said != many else gettext.ngettext(one, many, number)


class _Formatter(argparse.HelpFormatter):
    """Breaks lines by cells: Chinese has no blanks, and two cells for a character."""

    def _format_usage(self, usage, actions, groups, prefix):  # type: ignore[no-untyped-def]
        """Whatever stands before it takes cells, by which the lines below are moved in."""
        said = tr(prefix or "usage: ")
        marks = "\0" * width(said)
        return super()._format_usage(usage, actions, groups, marks).replace(marks, said)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        """What has lines of its own, as examples have, stands as it is."""
        if "\n" in text.strip():
            return "".join(indent + line for line in text.splitlines(keepends=True))
        return "\n".join(indent + line for line in wrapped(text, width - len(indent)))
