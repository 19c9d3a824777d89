"""The arguments of the command line: what there is, and one line of help for each."""

import argparse
import importlib
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NoReturn

import msgspec

from qchat import __version__
from qchat.config.settings import MAX_BUDGET
from qchat.conversation.tool_names import TOOLS
from qchat.protocol.errors import UsageError
from qchat.runtime.language import Said, tr
from qchat.runtime.paths import Paths

Run = Callable[[argparse.Namespace, Paths], int]

SUBCOMMANDS = {
    "connect": ("qchat.console.connect", "choose who answers: the cloud, a file, a server"),
    "sessions": ("qchat.admin.sessions", "list, show, search, export or delete conversations"),
    "import": ("qchat.admin.importing", "take in conversations from other programs"),
    "know": ("qchat.admin.know", "your own folders, which questions can be about"),
    "memory": ("qchat.admin.memory", "see and change what is remembered about you"),
    "backends": ("qchat.admin.backends", "list and test the ways to a model"),
    "models": ("qchat.admin.models", "local models: what fits, what is here, fetch one"),
    "config": ("qchat.admin.config", "where the settings are, what they say, change one"),
    "doctor": ("qchat.admin.doctor", "try everything that is configured here"),
    "backup": ("qchat.admin.backup", "write all that is kept into one file"),
    "restore": ("qchat.admin.restore", "bring back what `qchat backup` wrote"),
    "completion": ("qchat.cli.completion", "print a script that completes commands in a shell"),
    "man": ("qchat.cli.manual", "print the manual page"),
    "eval": ("qchat.admin.evaluation", "ask a set of questions, and say what may be concluded"),
    "bench": ("qchat.bench.run", "measure qchat on this machine"),
}
"""Where each one is built and what it is for; only the one that is asked for is loaded."""

EXAMPLES = """\
examples:
  qchat                             chat in the terminal
  qchat -c                          go on with the last conversation
  qchat ask "What is 127 * 45?"     one answer, on standard output
  git diff | qchat ask "Review this."
  qchat connect                     choose who answers

exit status: 0 done, 1 failed (one line on standard error says why), 2 wrong
usage or settings, 3 the answer of ask was cut off or is missing, 130 cancelled,
141 standard output was closed
environment: QCHAT_HOME, DASHSCOPE_API_KEY and others; all are in `qchat man`
"""
ASK_EXAMPLES = """\
examples:
  qchat ask "What is 127 * 45?"
  qchat ask --json "Hello" | jq -r 'select(.type == "text").text'
  qchat ask -c "And in words?"      goes on with the last conversation

exit status: 0 answered, 1 the turn failed, 2 wrong usage, 3 the answer was cut
off or is missing, 130 cancelled
"""


RUN_EXAMPLES = """\
examples:
  qchat run "Make the tests in tests/ pass." --until "python -m pytest -q tests"
  qchat run "Find the longest Collatz sequence below 10000." --hours 0.5
  qchat run --list                  shows what runs, and what can go on
  qchat run --resume 1a2b3c4d       goes on where it was interrupted
  qchat run --resume 1a2b3c4d --say "Use only the standard library."

exit status: 0 reached, 1 not reached (the report says why), 2 wrong usage,
130 cancelled
"""
MAX_HOURS = 10_000


class Interfaces(msgspec.Struct, frozen=True):
    """What runs when no sub-command of an administrator's is named."""

    chat: Run
    ask: Run
    repl: Run
    run: Run


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Breaks what is one long line; what has lines of its own, as examples have, keeps them."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if "\n" in text.strip():
            return super()._fill_text(text, width, indent)
        return argparse.HelpFormatter._fill_text(self, text, width, indent)


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as everything here does."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        if self.formatter_class is argparse.RawDescriptionHelpFormatter:
            self.formatter_class = _Formatter

    def _check_value(self, action: argparse.Action, value: str) -> None:
        """Of a word that is no command say which is meant; argparse lists all that there are."""
        if isinstance(action.choices, Mapping) and value not in action.choices:  # names of parsers
            raise UsageError(_unlike(value, [*action.choices], self.prog))
        super()._check_value(action, value)

    def error(self, message: str) -> NoReturn:
        raise UsageError(
            tr(
                "{upper}{message}. See {prog} --help.",
                upper=message[:1].upper(),
                message=message[1:],
                prog=self.prog,
            )
        )


def _unlike(word: str, known: list[str], prog: str) -> Said:
    """A chat's commands are no commands of the shell, and a newcomer cannot know which is which."""
    from qchat.commands import is_known  # noqa: PLC0415  slow to load

    if near := get_close_matches(word, known, 1, cutoff=0.7):
        hint = tr("did you mean {near}?", near=near[0])
    elif prog == "qchat" and is_known(word):
        hint = tr("in a chat it is /{word}.", word=word)
    else:
        hint = tr("there are {known}.", known=", ".join(known))
    return tr("Unknown command {whole!r}: {hint}", whole=f"{prog} {word}"[:80], hint=hint)


def build(arguments: Sequence[str], interfaces: Interfaces) -> Parser:
    """The whole command line; a sub-command is built where `arguments` name it."""
    whose = _options_of_all()
    common = _options_of_a_chat(whose)
    whole = Parser(
        prog="qchat",
        description="Chat with Qwen models in the terminal.",
        parents=[common],
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = f"qchat {__version__}"
    whole.add_argument("--version", action="version", version=version, help="print the version")
    which = whole.add_mutually_exclusive_group()
    _add_last(which, default=False)
    which.add_argument(
        "--resume",
        metavar="ID",
        nargs="?",
        const="",
        help="continue a conversation by its id, or its beginning; without ID choose from a list",
    )
    whole.set_defaults(run=interfaces.chat, resume=None)
    commands = whole.add_subparsers(title="commands", metavar="COMMAND")
    _add_ask(commands, common, interfaces.ask)
    _add_run(commands, common, interfaces.run)
    repl = commands.add_parser(
        "repl",
        parents=[common],
        help="the same chat line by line",
        epilog="examples:\n  qchat repl\n  qchat repl -c",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_session(repl)
    repl.set_defaults(run=interfaces.repl)
    for noun, (module, about) in SUBCOMMANDS.items():
        if noun in arguments:
            importlib.import_module(module).add(commands, whose, about)
        else:
            commands.add_parser(noun, help=about)
    return whole


def _add_ask(commands: "argparse._SubParsersAction[Parser]", common: Parser, run: Run) -> None:
    ask = commands.add_parser(
        "ask",
        parents=[common],
        help="one turn; the answer on standard output",
        epilog=ASK_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ask.add_argument(
        "prompt",
        nargs="*",
        metavar="PROMPT",
        help="what to ask; one piped line is added to it, more lines go along as a file does",
    )
    _add_session(ask)
    ask.add_argument(
        "--json",
        action="store_true",
        help="print the session's id and every event as one JSON line each",
    )
    ask.add_argument(
        "--yes", action="store_true", help="allow what tools ask for, without being asked"
    )
    ask.add_argument(
        "-q",
        "--quiet",
        action="store_true",
        help="say only errors on standard error, and neither steps nor warnings",
    )
    _add_deep(ask)
    ask.set_defaults(run=run)


def _add_run(commands: "argparse._SubParsersAction[Parser]", common: Parser, run: Run) -> None:
    parser = commands.add_parser(
        "run",
        parents=[common],
        help="work on a goal until it is reached",
        epilog=RUN_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("goal", nargs="*", metavar="GOAL", help="what is to be reached")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--until",
        metavar="COMMAND",
        help="reached when this command exits with 0; it is run here, as you would, whenever the "
        "model says that it is done ($QCHAT_WORK_DIR is the folder where its code works)",
    )
    how.add_argument(
        "--verify",
        metavar="TEXT",
        help="what a fresh request is to look at that checks it (default: the goal alone)",
    )
    parser.add_argument(
        "--steps", type=_whole, metavar="N", help="most replies (default: 2,000; 0: no limit)"
    )
    parser.add_argument(
        "--tokens", type=_whole, metavar="N", help="most tokens read and written (default: any)"
    )
    parser.add_argument(
        "--hours", type=_hours, metavar="H", help="longest time of work (default: 24; 0: any)"
    )
    parser.add_argument(
        "--resume",
        dest="session",
        metavar="ID",
        help="go on with a run that was interrupted, or follow one that another process works on; "
        "--steps, --tokens and --hours set other limits for all its work",
    )
    parser.add_argument(
        "--say", metavar="TEXT", help="with --resume: tell it to the model that works on it now"
    )
    parser.add_argument("--list", action="store_true", help="list the runs: state, time, tokens")
    parser.add_argument(
        "--json", action="store_true", help="print every event, and the report, as JSON lines"
    )
    parser.add_argument(
        "--yes", action="store_true", help="allow what tools ask for, without being asked"
    )
    parser.set_defaults(run=run)


def _whole(text: str) -> int:
    plain = text.replace(",", "").replace("_", "")
    if not plain.isdecimal() or len(plain) > 12:
        raise argparse.ArgumentTypeError(
            tr("{text!r} is not a whole number, 0 or more", text=text[:40])
        )
    return int(plain)


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = -1.0
    if not 0 <= hours <= MAX_HOURS:
        raise argparse.ArgumentTypeError(
            tr("{text!r} is not a number of hours, like 1.5", text=text[:40])
        )
    return hours


def _add_deep(ask: Parser) -> None:
    ask.add_argument(
        "--deep",
        action="store_true",
        help="think in rounds that build on what the last ones found; with -c or --session and "
        "no prompt, go on with one that was stopped",
    )
    ask.add_argument("--rounds", type=_count, metavar="N", help="most rounds (default: 4)")
    ask.add_argument(
        "--width", type=_count, metavar="W", help="trails side by side in a round (default: 1)"
    )
    ask.add_argument(
        "--tokens",
        type=_count,
        metavar="N",
        help="most tokens that --deep may write in all, thinking included (default: no limit)",
    )


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or not int(text):
        raise argparse.ArgumentTypeError(tr("{text!r} is not a number from 1", text=text[:40]))
    return int(text)


def _add_session(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--session", metavar="ID", help="continue a conversation by its id, or its beginning"
    )
    _add_last(which, default=argparse.SUPPRESS)


def _add_last(group: "argparse._MutuallyExclusiveGroup", default: object) -> None:
    group.add_argument(
        "-c",
        "--continue",
        dest="last",
        action="store_true",
        default=default,
        help="continue the last conversation, with the model and the switches that it had",
    )


def _options_of_all() -> Parser:
    """Options that stand before or behind any sub-command; absent ones leave no trace."""
    options = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument(
        "--user",
        type=_user,
        metavar="NAME",
        help="whose conversations, memories and settings (default: default)",
    )
    options.add_argument(
        "--offline",
        action="store_true",
        help="open no connection but to this machine itself (default: as in config.toml)",
    )
    return options


def _options_of_a_chat(of_all: Parser) -> Parser:
    """Those and what only a model that answers can heed."""
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS, parents=[of_all])
    common.add_argument(
        "--backend",
        metavar="NAME",
        help="who answers: demo, local, cloud, or one of config.toml "
        "(default: what answered the conversation, else `backend` of config.toml)",
    )
    common.add_argument(
        "--model", metavar="NAME", help="another model of that backend, like qwen3.7-plus"
    )
    common.add_argument(
        "--think", action="store_true", help="let the model think (default: as in config.toml)"
    )
    common.add_argument(
        "--no-think", dest="think", action="store_false", help="answer without thinking"
    )
    common.add_argument(
        "--budget",
        type=_budget,
        metavar="N",
        help="longest thinking of a reply in tokens; 0 sets no limit (default: as in config.toml)",
    )
    common.add_argument("--no-tools", action="store_true", help="offer the model no tools")
    common.add_argument(
        "--tools",
        type=_tools,
        metavar="A,B",
        help=tr("offer only these tools: {tools} (default: all)", tools=", ".join(TOOLS)),
    )
    return common


def _budget(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or int(text) > MAX_BUDGET:
        raise argparse.ArgumentTypeError(
            tr(
                "{text!r} is not a number of tokens from 0 to {longest_budget:,}",
                text=text[:40],
                longest_budget=MAX_BUDGET,
            )
        )
    return int(text)


def _user(name: str) -> str:
    if not name.strip():
        raise argparse.ArgumentTypeError(tr("--user needs a name"))
    return name


def _tools(text: str) -> frozenset[str]:
    wanted = frozenset(name.strip() for name in text.split(",") if name.strip())
    if unknown := sorted(wanted - set(TOOLS)):
        known = ", ".join(TOOLS)
        raise argparse.ArgumentTypeError(
            tr("unknown tool {unknown}; known: {known}", unknown=", ".join(unknown), known=known)
        )
    return wanted
