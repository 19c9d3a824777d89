"""One turn for a pipe: the answer on standard output, everything else on standard error."""

import asyncio
import os
import stat
import sys
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TextIO, assert_never

import msgspec

from qchat.console.approval import prompt_for_approval, prompt_for_approval_in_lines
from qchat.conversation import citations
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.depth.progress import said as depth_said
from qchat.depth.request import DeepRequest, stopped
from qchat.protocol.errors import UsageError
from qchat.protocol.event_values import TurnReason
from qchat.protocol.events import (
    Attached,
    Cited,
    ControlEvent,
    Event,
    GivenUp,
    Imported,
    Notice,
    Recalled,
    Sent,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TrailEvent,
    TurnFinished,
    encode,
)
from qchat.protocol.permission import Ask, Permission
from qchat.runtime.language import tr
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat_tools.parts import as_text

STATUS: dict[TurnReason, int] = {
    "stop": 0,
    "length": 3,
    "cancelled": 130,
    "step_limit": 1,
    "error": 1,
}
QUIET_WAIT_S = 3.0
PIPED = "standard input"


class Options(msgspec.Struct, frozen=True):
    """How the turn is run and shown."""

    prompt: str
    piped: Attached | None = None
    """A text that was piped in beside it."""
    session_id: str | None = None
    json: bool = False
    yes: bool = False
    quiet: bool = False
    """Whether only errors are said on standard error, and neither steps nor warnings."""
    chosen: bool = False
    """Whether the command line says who is to answer."""
    deep: DeepRequest | None = None
    """How deep to go, where it is asked deeply; without a question it goes on with what stopped."""


async def ask(workspace: Workspace, options: Options) -> int:
    """Run one turn and give back the exit status."""
    session = workspace.open(options.session_id)
    if session.remarks and not options.chosen:  # nobody is there who could read it in time
        raise UsageError(
            tr("{all} Say who answers: --backend NAME.", all=" ".join(session.remarks))
        )
    session.ask = _asker(options)
    if _has_person():
        session.ask_input = prompt_for_approval_in_lines
    show = _print_json if options.json else Printer(sys.stdout, sys.stderr, quiet=options.quiet)
    reason: TurnReason = "error"
    before: Event | None = None
    _tell_session(session.id, json=options.json, quiet=options.quiet)
    try:
        beside = [options.piped] if options.piped is not None else []
        async with aclosing(_turn(session, options, beside)) as events:
            async for event in events:
                show(event)
                if isinstance(event, TurnFinished):
                    reason = "length" if _lacks(event, before) else event.reason
                before = event
    except asyncio.CancelledError:
        show(TurnFinished("cancelled"))
        raise
    return STATUS[reason]


def _lacks(end: TurnFinished, before: Event | None) -> bool:
    """Whether a turn that has ended by itself was said to lack its answer."""
    return end.reason == "stop" and isinstance(before, Notice) and before.level == "error"


def _turn(
    session: Session, options: Options, beside: list[Attached]
) -> AsyncGenerator[Event, None]:
    """The turn that is asked for. Raises UsageError."""
    deep = options.deep
    if deep is None:
        return session.send(options.prompt, beside)
    from qchat.depth.turn import DepthTurn  # noqa: PLC0415  only for those who use it

    if options.prompt:
        return DepthTurn(session, deep.mode, options.prompt, beside, tokens=deep.tokens).events()
    before = stopped(session)
    if before is None:
        raise UsageError(
            tr(
                "There is no stopped deep turn to go on with, and no question. Use "
                'qchat ask --deep "QUESTION"; with -c or --session ID and no question '
                "it goes on with what was stopped."
            )
        )
    turn = DepthTurn(
        session,
        before.mode,
        before.turn.typed,
        before.attached,
        tokens=before.tokens,
        resume=before.turn,
    )
    return turn.events()


def _tell_session(id_: str, *, json: bool, quiet: bool) -> None:
    """By which id the conversation can be continued: a line of JSON, or one for the user."""
    if json:
        sys.stdout.write(msgspec.json.encode({"type": "session", "id": id_}).decode() + "\n")
    elif sys.stderr.isatty() and not quiet:
        sys.stderr.write(tr("session {id}; qchat ask -c goes on with it\n", id=id_))


def read_prompt(words: list[str], stdin: TextIO | None) -> tuple[str, Attached | None]:
    """What is asked, and what is piped in beside it. Raises UsageError for nothing.

    Piped text alone is the prompt, as if typed. Beside a prompt it goes along as a file does, be it
    one line or many: it may be anybody's words.
    """
    asked = " ".join(words).strip()
    piped = _piped(stdin) if stdin is not None else ""
    if not (asked or piped):
        raise UsageError(tr('There is no prompt. Use qchat ask "PROMPT", or pipe text in.'))
    if asked and piped:
        return asked, Attached(PIPED, piped)
    return asked or piped, None


def _piped(stdin: TextIO) -> str:
    """What stands on standard input if that is a pipe or a file."""
    try:
        mode = os.fstat(stdin.fileno()).st_mode
    except (OSError, ValueError):
        return ""
    if not (stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)):
        return ""
    waiting = threading.Timer(QUIET_WAIT_S, _say_that_it_waits)
    waiting.daemon = True
    waiting.start()
    try:
        return stdin.read().strip()
    except UnicodeDecodeError as error:
        raise UsageError(tr("Standard input is not UTF-8 text: {error}.", error=error)) from error
    finally:
        waiting.cancel()


def _say_that_it_waits() -> None:
    sys.stderr.write(tr("qchat: reading standard input; < /dev/null leaves it out\n"))


def _print_json(event: Event) -> None:
    sys.stdout.write(encode(event).decode() + "\n")
    sys.stdout.flush()
    if isinstance(event, Notice) and event.level == "error":
        sys.stderr.write(f"qchat: {sanitize_for_terminal(event.text)}\n")


class Printer:
    """Shows events as plain text; steps are shown only where the user sees them.

    Warnings are for scripts too: whoever reads a log wants to know what was wrong with an answer.
    """

    def __init__(self, out: TextIO, err: TextIO, *, quiet: bool = False) -> None:
        self._out = out
        self._err = err
        self._steps = err.isatty() and not quiet
        self._quiet = quiet
        self._plain = not out.isatty()
        self._at_line_start = True
        self._thought = False

    def __call__(self, event: Event) -> None:
        match event:
            case Text():
                self._end_thought()
                self._out.write(event.text if self._plain else sanitize_for_terminal(event.text))
                self._out.flush()
                self._at_line_start = event.text.endswith("\n")
            case Notice():
                if self._says(event.level):
                    self._step(f"qchat: {event.text}")
            case TurnFinished():
                self._end_thought()
                self._end_line()
            case ToolStarted() if not self._steps:
                self._end_line()  # what is said behind it is a paragraph of its own
            case (
                Thinking() | Recalled() | ToolStarted() | ToolFinished() | Cited() | StepFinished()
            ):
                if self._steps:
                    self._show(event)
            case ToolDraft() | ToolProgress() | Attached() | Sent():
                pass
            case Imported():
                pass  # the name of what answered says it
            case GivenUp():  # what is printed cannot be taken back
                self._end_thought()
                self._step(tr("qchat: what came of this answer is given up; it begins again"))
            case ControlEvent():
                pass  # the notice beside it says it
            case TrailEvent():
                if self._steps and (line := depth_said(event)):
                    self._step(line)
            case _:
                assert_never(event)

    def _says(self, level: str) -> bool:
        match level:
            case "error":
                return True
            case "warning":
                return not self._quiet
            case _:
                return self._steps

    def _show(
        self, event: Thinking | Recalled | ToolStarted | ToolFinished | Cited | StepFinished
    ) -> None:
        match event:
            case Thinking():
                self._thought = True
                self._err.write(f"\x1b[2m{sanitize_for_terminal(event.text)}\x1b[0m")
                self._err.flush()
            case Recalled():
                for memory in event.memories:
                    self._step(tr("recalled: {text}", text=memory.text))
            case ToolStarted():
                self._step(f"{event.name} {msgspec.json.encode(event.arguments).decode()}")
            case ToolFinished():
                text = as_text(event.parts, limit=500)
                self._step("\n".join(f"  {line}" for line in text.splitlines()))
            case Cited():
                self._step(citations.listed(event))
            case StepFinished():
                self._end_thought()
            case _:
                assert_never(event)

    def _step(self, text: str) -> None:
        self._end_thought()
        self._end_line()
        self._err.write(f"{sanitize_for_terminal(text)}\n")
        self._err.flush()

    def _end_thought(self) -> None:
        if self._thought:
            self._err.write("\n")
            self._err.flush()
        self._thought = False

    def _end_line(self) -> None:
        if not self._at_line_start:
            self._out.write("\n")
            self._out.flush()
        self._at_line_start = True


def _asker(options: Options) -> Ask:
    if options.yes:
        return _always
    return prompt_for_approval if _has_person() else _refuse


def _has_person() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


async def _always(_question: str) -> Permission:
    return "session"


async def _refuse(question: str) -> Permission:
    """Nobody is there to be asked: say so, since the model only hears that it is not allowed."""
    first_line = sanitize_for_terminal(question).partition("\n")[0]
    sys.stderr.write(
        tr(
            "qchat: not allowed, since nobody can be asked ({first_line}); see --yes\n",
            first_line=first_line,
        )
    )
    return "no"
