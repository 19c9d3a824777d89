"""The command line: arguments become settings, and one of the interfaces or sub-commands runs."""

import argparse
import asyncio
import io
import itertools
import logging
import logging.handlers
import os
import sys
import threading
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from qchat.cli.arguments import SUBCOMMANDS, Interfaces, Parser, build
from qchat.cli.user_names import remark
from qchat.config import settings
from qchat.config.settings import Settings
from qchat.console.ask import Options, ask, read_prompt
from qchat.conversation.choices import Overrides
from qchat.conversation.workspace import Workspace
from qchat.depth.request import DeepRequest
from qchat.protocol.errors import QchatError, UsageError
from qchat.runtime import offline
from qchat.runtime.ends import until_asked
from qchat.runtime.paths import Paths, default_paths, private_dir
from qchat_tools.sandbox.sandbox import find_sandbox

__all__ = ["SUBCOMMANDS", "main", "parser"]

LOG_FILE = "qchat.log"
LOG_BYTES = 1_000_000
CLOSED_PIPE = 141
"""As the shell says it of a program that SIGPIPE ended."""
log = logging.getLogger(__name__)


def parser(arguments: Sequence[str]) -> Parser:
    """The whole command line; a sub-command is built where `arguments` name it."""
    return build(arguments, Interfaces(chat=_chat, ask=_ask, repl=_repl, run=_run_goal))


def main(arguments: Sequence[str]) -> int:
    """Run qchat and give back its exit status; failures are one line on standard error."""
    try:
        _speak_utf8()
        _check_text(arguments)
        _check_values(arguments)
        # Not by set_defaults: that would set it in the sub-commands too, over what stands before.
        options = parser(arguments).parse_args(arguments, argparse.Namespace(user="default"))
        _check_place(options)
        if said := remark(options.user):
            sys.stderr.write(f"qchat: {said}\n")
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
        # Whoever read standard output is gone, as `head` is; Python would complain when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except Exception as bug:
        # The last resort: whatever it is, a person reads one line, and the log has the rest.
        log.exception("qchat failed")
        place = default_paths().log_dir / LOG_FILE
        details = f" The details are in {place}." if place.exists() else ""
        name = type(bug).__name__
        sys.stderr.write(
            f"qchat: Internal error ({name}: {bug}). This is a bug in qchat.{details}\n"
        )
        return 1
    return status


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


def _check_values(arguments: Sequence[str]) -> None:
    """Refuse `--user=--`, of which the argparse of Python 3.11 makes a list without anything."""
    for argument in itertools.takewhile(lambda one: one != "--", arguments):
        if argument.startswith("--") and argument.endswith("=--"):
            raise UsageError(f"Argument {argument[:-3]}: -- is not a value. See qchat --help.")


def _check_text(arguments: Sequence[str]) -> None:
    """Refuse bytes that are no text, which Python hands on as halves of characters."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise UsageError(f"The argument {argument[:60]!r} is not UTF-8 text.") from None


def _keep_offline(options: argparse.Namespace, paths: Paths) -> None:
    """Forbid what was told not to be, before anything runs: sub-commands ask other machines too."""
    wanted = getattr(options, "offline", False)
    with suppress(QchatError):  # a file with a mistake: whoever needs it says so
        wanted = wanted or settings.load(*paths.settings_files(options.user)).offline
    if wanted:
        offline.forbid()


def _settings(options: argparse.Namespace, paths: Paths) -> Settings:
    """The settings file with what the command line says on top."""
    holds = settings.load(*paths.settings_files(options.user))
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
        raise UsageError("The chat needs a terminal. In a pipe use: qchat ask.")
    # Looking for a sandbox starts a process: that one works while Textual is being read.
    threading.Thread(target=find_sandbox, args=("auto",), daemon=True).start()
    from qchat.tui.app import run  # noqa: PLC0415  textual is only for those who see it

    workspace = _workspace(options, paths)
    session_id = options.resume or _session_id(options, workspace)
    return run(workspace, session_id, choose=options.resume == "")


def _ask(options: argparse.Namespace, paths: Paths) -> int:
    deep = _deep(options)
    goes_on = deep is not None and not options.prompt and (options.last or options.session)
    prompt, piped = ("", None) if goes_on else read_prompt(options.prompt, sys.stdin)
    workspace = _workspace(options, paths)
    chosen = _overrides(options).chooses
    session = _session_id(options, workspace)
    turn = Options(prompt, piped, session, options.json, options.yes, chosen, deep)
    return _run(workspace, ask(workspace, turn))


def _deep(options: argparse.Namespace) -> DeepRequest | None:
    """How deep to go; None where one turn is asked for. Raises UsageError."""
    given = {
        name: value
        for name in ("rounds", "width", "tokens")
        if (value := getattr(options, name)) is not None
    }
    if given and not options.deep:
        raise UsageError(f"--{next(iter(given))} needs --deep.")
    if not options.deep:
        return None
    asked = msgspec.structs.replace(DeepRequest(""), **given)
    _ = asked.mode  # what is out of range is said before anything is opened
    return asked


def _repl(options: argparse.Namespace, paths: Paths) -> int:
    from qchat.console.repl import repl  # noqa: PLC0415  prompt-toolkit is only for those who use it

    workspace = _workspace(options, paths)
    return _run(workspace, repl(workspace, _session_id(options, workspace)))


def _run_goal(options: argparse.Namespace, paths: Paths) -> int:
    from qchat.console.run import RunOptions, run  # noqa: PLC0415  only for those who use it
    from qchat.runs.goal import DEFAULT_HOURS, DEFAULT_STEPS, Goal  # noqa: PLC0415

    text = " ".join(options.goal).strip()
    if bool(text) == bool(options.session):
        raise UsageError('Say the goal, or which run goes on: qchat run "GOAL", or --resume ID.')
    limits = (options.steps, options.tokens, options.hours)
    if options.session and any((options.until, options.verify, *limits)):
        raise UsageError("A run that goes on keeps its goal, its check and its limits.")
    goal = None
    if text:
        steps, tokens, hours = limits
        goal = Goal(
            text,
            options.until or "",
            options.verify or "",
            str(Path.cwd()),
            DEFAULT_STEPS if steps is None else steps,
            tokens or 0,
            DEFAULT_HOURS if hours is None else hours,
        )
    workspace = _workspace(options, paths)
    chosen = _overrides(options).chooses
    asked = RunOptions(goal, options.session, options.json, options.yes, chosen)
    return _run(workspace, run(workspace, asked))


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
            return await until_asked(work)
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
