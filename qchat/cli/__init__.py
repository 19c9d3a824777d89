"""The command line: arguments become settings, and one of the interfaces or sub-commands runs."""

import argparse
import io
import itertools
import logging
import logging.handlers
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from qchat.cli.arguments import SUBCOMMANDS, Interfaces, Parser, build
from qchat.cli.user_names import remark
from qchat.config import settings
from qchat.console.typeahead import typed_ahead
from qchat.protocol.errors import QchatError, UsageError
from qchat.runtime import language, offline
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths, default_paths, private_dir
from qchat.tui.terminal.early_prompt import early_prompt
from qchat.tui.terminal.first_frame import first_look

__all__ = ["SUBCOMMANDS", "main", "parser"]

LOG_FILE = "qchat.log"
LOG_BYTES = 1_000_000
CLOSED_PIPE = 141
"""As the shell says it of a program that SIGPIPE ended."""
log = logging.getLogger(__name__)


def parser(arguments: Sequence[str]) -> Parser:
    """The whole command line; a sub-command is built where `arguments` name it."""
    whole = build(arguments, Interfaces(chat=_chat, ask=_ask, repl=_repl, run=_run_goal))
    if language.translates():
        from qchat.cli.help_language import translate  # noqa: PLC0415  for those who read it

        translate(whole)
    return whole


def main(arguments: Sequence[str]) -> int:
    """Run qchat and give back its exit status; failures are one line on standard error."""
    try:
        _speak_utf8()
        _speak("default")  # until it is known whose settings hold: for the help, and for mistakes
        _check_text(arguments)
        _check_values(arguments)
        # Not by set_defaults: that would set it in the sub-commands too, over what stands before.
        options = parser(arguments).parse_args(arguments, argparse.Namespace(user="default"))
        if options.user != "default":
            _speak(options.user)
        _check_place(options)
        if said := remark(options.user):
            sys.stderr.write(f"qchat: {said}\n")
        log_to(default_paths())
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
        # The last resort: whatever it is, the user reads one line, and the log has the rest.
        log.exception("qchat failed")
        place = default_paths().log_dir / LOG_FILE
        details = tr(" The details are in {place}.", place=place) if place.exists() else ""
        name = type(bug).__name__
        sys.stderr.write(
            tr(
                "qchat: Internal error ({name}: {bug}). This is a bug in qchat.{details}\n",
                name=name,
                bug=bug,
                details=details,
            )
        )
        return 1
    return status


def _check_place(options: argparse.Namespace) -> None:
    """Refuse what stands where nobody reads it, rather than pass it over."""
    misplaced = options.last and options.run not in (_chat, _ask, _repl)
    if misplaced or (options.resume is not None and options.run is not _chat):
        raise UsageError(tr("-c and --resume open a chat. ask and repl take -c or --session ID."))


def _speak(user: str) -> None:
    """Choose the language of the interface, by the locale where the settings cannot be read."""
    try:
        language.use(settings.load(*default_paths().settings_files(user)).language)
    except QchatError:
        language.use("auto")


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
            raise UsageError(
                tr(
                    "Argument {argument}: -- is not a value. See qchat --help.",
                    argument=argument[:-3],
                )
            )


def _check_text(arguments: Sequence[str]) -> None:
    """Refuse bytes that are no text, which Python hands on as halves of characters."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise UsageError(
                tr("The argument {argument!r} is not UTF-8 text.", argument=argument[:60])
            ) from None


def _keep_offline(options: argparse.Namespace, paths: Paths) -> None:
    """Forbid what was told not to be, before anything runs: sub-commands ask other machines too."""
    wanted = getattr(options, "offline", False)
    with suppress(QchatError):  # a file with a mistake: whoever needs it says so
        wanted = wanted or settings.load(*paths.settings_files(options.user)).offline
    if wanted:
        offline.forbid()


# A conversation is a lot to load: not before one is asked for.


def _chat(options: argparse.Namespace, paths: Paths) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(tr("The chat needs a terminal. In a pipe use: qchat ask."))
    if os.environ.get("TERM") == "dumb":  # as within an editor: it would show codes for colours
        raise UsageError(tr("This terminal (TERM=dumb) shows no window. Use: qchat repl."))
    holds = settings.load(*paths.settings_files(options.user))
    if backend := getattr(options, "backend", ""):
        holds.named(backend)  # what is wrong is said before the terminal is taken
    with early_prompt(first_look(holds, paths.themes_dir)):
        from qchat.cli import interfaces  # noqa: PLC0415

        return interfaces.chat(options, paths)


def _ask(options: argparse.Namespace, paths: Paths) -> int:
    from qchat.cli import interfaces  # noqa: PLC0415

    return interfaces.ask(options, paths)


def _repl(options: argparse.Namespace, paths: Paths) -> int:
    with typed_ahead() as typing:  # while all else is read, too
        from qchat.cli import interfaces  # noqa: PLC0415

        return interfaces.repl(options, paths, typing)


def _run_goal(options: argparse.Namespace, paths: Paths) -> int:
    from qchat.cli import interfaces  # noqa: PLC0415

    return interfaces.run_goal(options, paths)


def log_to(paths: Paths) -> None:
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
