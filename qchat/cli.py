"""The command line: arguments become settings, and one of the interfaces or sub-commands runs."""

import argparse
import asyncio
import importlib
import io
import logging
import logging.handlers
import os
import sys
import threading
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, NoReturn

import msgspec

from qchat import __version__
from qchat.config import settings
from qchat.config.settings import LONGEST_BUDGET, Settings
from qchat.console.ask import Options, ask, read_prompt
from qchat.conversation.choices import Overrides
from qchat.conversation.toolbox import TOOLS
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import QchatError, UsageError
from qchat.runtime import offline
from qchat.runtime.paths import Paths, default_paths, private_dir
from qchat_tools.sandbox.sandbox import find_sandbox

LOG_FILE = "qchat.log"
LOG_BYTES = 1_000_000
SUBCOMMANDS = {
    "connect": ("qchat.console.connect", "choose who answers: the cloud, a file, a server"),
    "sessions": ("qchat.admin.sessions", "list, show, search, export or delete them"),
    "memory": ("qchat.admin.memory", "what is remembered about you"),
    "backends": ("qchat.admin.backends", "the ways to a model"),
    "models": ("qchat.admin.models", "local models: what fits, what is here, fetch one"),
    "config": ("qchat.admin.config", "where the settings are, and what holds"),
    "doctor": ("qchat.admin.doctor", "check that everything works here"),
    "bench": ("qchat.bench.run", "measure qchat on this machine"),
}
"""Where each one is built and what it is for; only the one that is asked for is loaded."""

log = logging.getLogger(__name__)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as everything here does."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def main(arguments: Sequence[str]) -> int:
    """Run qchat and give back its exit status; failures are one line on standard error."""
    try:
        _speak_utf8()
        _check_text(arguments)
        # Not by set_defaults: that would set it in the sub-commands too, over what stands before.
        options = parser(arguments).parse_args(arguments, argparse.Namespace(user="default"))
        _check_place(options)
        _log_to(default_paths())
        _keep_offline(options, default_paths())
        status = int(options.run(options, default_paths()))
        sys.stdout.flush()
    except QchatError as error:
        sys.stderr.write(f"qchat: {error}\n")
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read standard output is gone; Python would complain of it again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.stderr.write("qchat: standard output was closed before everything was written\n")
        return 1
    except Exception as bug:
        # The last resort: whatever it is, a person reads one line, and the log has the rest.
        log.exception("qchat failed")
        place = default_paths().log_dir / LOG_FILE
        details = f"; details are in {place}" if place.exists() else ""
        sys.stderr.write(f"qchat: a bug: {type(bug).__name__}: {bug}{details}\n")
        return 1
    return status


def parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The whole command line; a sub-command is built where `arguments` name it."""
    whose = _options_of_all()
    common = _options_of_a_chat(whose)
    whole = _Parser(
        prog="qchat", description="Chat with Qwen models in the terminal.", parents=[common]
    )
    whole.add_argument("--version", action="version", version=f"qchat {__version__}")
    which = whole.add_mutually_exclusive_group()
    which.add_argument(
        "-c", "--continue", dest="last", action="store_true", help="continue the last session"
    )
    which.add_argument(
        "--resume",
        metavar="ID",
        nargs="?",
        const="",
        help="continue a session; without ID choose one",
    )
    whole.set_defaults(run=_chat, last=False, resume=None)
    commands = whole.add_subparsers(title="commands", metavar="COMMAND")

    ask = commands.add_parser(
        "ask", parents=[common], help="one turn; the answer on standard output"
    )
    ask.add_argument("prompt", nargs="*", help="the prompt; text that is piped in is added to it")
    going_on = ask.add_mutually_exclusive_group()
    going_on.add_argument("--session", metavar="ID", help="continue this session")
    going_on.add_argument(
        "-c",
        "--continue",
        dest="last",
        action="store_true",
        default=argparse.SUPPRESS,
        help="continue the last session",
    )
    ask.add_argument("--json", action="store_true", help="every event as one JSON line")
    ask.add_argument("--yes", action="store_true", help="allow what tools ask for")
    ask.set_defaults(run=_ask)

    repl = commands.add_parser("repl", parents=[common], help="the chat line by line")
    going_on = repl.add_mutually_exclusive_group()
    going_on.add_argument("--session", metavar="ID", help="continue this session")
    going_on.add_argument(
        "-c",
        "--continue",
        dest="last",
        action="store_true",
        default=argparse.SUPPRESS,
        help="continue the last session",
    )
    repl.set_defaults(run=_repl)

    for noun, (module, about) in SUBCOMMANDS.items():
        if noun in arguments:
            importlib.import_module(module).add(commands, whose, about)
        else:
            commands.add_parser(noun, help=about)
    return whole


def _options_of_all() -> _Parser:
    """Options that stand before or behind any sub-command; absent ones leave no trace."""
    options = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument("--user", type=_user, metavar="NAME", help="whose sessions and memories")
    options.add_argument(
        "--offline", action="store_true", help="no connection but to this machine itself"
    )
    return options


def _options_of_a_chat(of_all: _Parser) -> _Parser:
    """Those and what only a model that answers can heed."""
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS, parents=[of_all])
    common.add_argument("--backend", metavar="NAME", help="a backend of config.toml, or demo")
    common.add_argument("--model", metavar="NAME", help="another model of that backend")
    common.add_argument("--think", action="store_true", help="let the model think")
    common.add_argument("--no-think", dest="think", action="store_false", help="answer at once")
    common.add_argument("--budget", type=_budget, metavar="N", help="think at most N tokens")
    common.add_argument("--no-tools", action="store_true", help="offer no tools")
    common.add_argument("--tools", type=_tools, metavar="A,B", help="offer only these tools")
    return common


def _budget(text: str) -> int:
    if not text.isdecimal() or len(text) > 9 or int(text) > LONGEST_BUDGET:
        raise argparse.ArgumentTypeError(
            f"a number of tokens is meant, up to {LONGEST_BUDGET:,}, not {text[:40]!r}"
        )
    return int(text)


def _user(name: str) -> str:
    if not name.strip():
        raise argparse.ArgumentTypeError("a name is meant, not nothing")
    return name


def _tools(text: str) -> frozenset[str]:
    wanted = frozenset(name.strip() for name in text.split(",") if name.strip())
    if unknown := sorted(wanted - set(TOOLS)):
        known = ", ".join(TOOLS)
        raise argparse.ArgumentTypeError(f"there is no tool {', '.join(unknown)}; known: {known}")
    return wanted


def _check_place(options: argparse.Namespace) -> None:
    """Refuse what stands where nobody reads it, rather than pass it over."""
    misplaced = options.last and options.run not in (_chat, _ask, _repl)
    if misplaced or (options.resume is not None and options.run is not _chat):
        raise UsageError("-c and --resume open a chat. ask and repl take -c or --session ID.")


def _speak_utf8() -> None:
    """Whatever the locale: files and pipes are UTF-8, a terminal gets what it can show."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if not stream.isatty():
                errors = "strict" if stream is sys.stdin else "backslashreplace"
                stream.reconfigure(encoding="utf-8", errors=errors)
            elif stream is not sys.stdin:
                stream.reconfigure(errors="replace")


def _check_text(arguments: Sequence[str]) -> None:
    """Refuse bytes that are no text, which Python hands on as halves of characters."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise UsageError(f"the argument {argument[:60]!r} is not UTF-8 text") from None


def _keep_offline(options: argparse.Namespace, paths: Paths) -> None:
    """Forbid what was told not to be, before anything runs: sub-commands ask other machines too."""
    wanted = getattr(options, "offline", False)
    with suppress(QchatError):  # a file with a mistake: whoever needs it says so
        wanted = wanted or settings.load(paths.config_file).offline
    if wanted:
        offline.forbid()


def _settings(options: argparse.Namespace, paths: Paths) -> Settings:
    """The settings file with what the command line says on top."""
    holds = settings.load(paths.config_file)
    if getattr(options, "offline", False):
        holds = msgspec.structs.replace(holds, offline=True)
    return holds


def _overrides(options: argparse.Namespace) -> Overrides:
    """What the command line says of who answers, and how."""
    return Overrides(
        getattr(options, "backend", ""),
        getattr(options, "model", ""),
        getattr(options, "think", None),
        getattr(options, "budget", None),
    )


def _workspace(options: argparse.Namespace, paths: Paths) -> Workspace:
    allowed: frozenset[str] | None = None
    if getattr(options, "no_tools", False):
        allowed = frozenset()
    elif hasattr(options, "tools"):
        allowed = options.tools
    settings_, overrides = _settings(options, paths), _overrides(options)
    if overrides.backend:
        settings_.named(overrides.backend)
    return Workspace(settings_, paths, options.user, tools=allowed, overrides=overrides)


def _chat(options: argparse.Namespace, paths: Paths) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the chat needs a terminal; in a pipe use: qchat ask")
    # Looking for a sandbox starts a process: that one works while Textual is being read.
    threading.Thread(target=find_sandbox, args=("auto",), daemon=True).start()
    from qchat.tui.app import run  # noqa: PLC0415  textual is only for those who see it

    workspace = _workspace(options, paths)
    session_id = options.resume or _session_id(options, workspace)
    return run(workspace, session_id, choose=options.resume == "")


def _ask(options: argparse.Namespace, paths: Paths) -> int:
    prompt, piped = read_prompt(options.prompt, sys.stdin)
    workspace = _workspace(options, paths)
    chosen = _overrides(options).chooses
    session = _session_id(options, workspace)
    turn = Options(prompt, piped, session, options.json, options.yes, chosen)
    return _run(workspace, ask(workspace, turn))


def _repl(options: argparse.Namespace, paths: Paths) -> int:
    from qchat.console.repl import repl  # noqa: PLC0415  prompt-toolkit is only for those who use it

    workspace = _workspace(options, paths)
    return _run(workspace, repl(workspace, _session_id(options, workspace)))


def _session_id(options: argparse.Namespace, workspace: Workspace) -> str | None:
    """Which session goes on; None begins a new one, also where `-c` finds none."""
    if options.last:
        newest = workspace.sessions()[:1]
        return newest[0].id if newest else None
    id_: str | None = getattr(options, "session", None)
    return id_


def _run(workspace: Workspace, work: Coroutine[Any, Any, int]) -> int:
    """Run an interface to its end, and close whatever it opened."""

    async def whole() -> int:
        try:
            return await work
        finally:
            await workspace.aclose()

    return asyncio.run(whole())


def _log_to(paths: Paths) -> None:
    """Keep a log file that only its owner can read; never write to the terminal.

    Where none can be kept there is none: whatever is asked for may work all the same.
    """
    logging.raiseExceptions = False  # a full disk, say: it would print a traceback of its own
    logging.basicConfig(handlers=[logging.NullHandler()])
    file = paths.log_dir / LOG_FILE
    try:
        private_dir(paths.log_dir)
        file.touch(mode=0o600)
    except (QchatError, OSError):
        return
    handler = logging.handlers.RotatingFileHandler(
        file, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
