"""A goal that is worked on until it is reached, in this conversation."""

import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from qchat.commands.base import Command, CommandContext, Outcome, RunTurn, ShowMessage
from qchat.conversation.attachments import attachments
from qchat.conversation.rerun import kept_cells
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import UsageError
from qchat.runs.goal import Goal, Limits, decode
from qchat.runs.lease import holder_of
from qchat.runtime.language import tr
from qchat_tools.base import Tool

_OPTION = re.compile(r"(?:^|\s)--(until|verify|steps|tokens|hours)(?:[ =]|$)")
RECENT = 20
"""Turns in which code is looked for that may run again."""
_WHAT = "/goal TEXT [--until COMMAND | --verify TEXT] [--steps N] [--tokens N] [--hours H]"


async def _goal(context: CommandContext, argument: str) -> Outcome:
    from qchat.runs.figures import told  # noqa: PLC0415  the window starts without
    from qchat.runs.pursuit import Pursuit  # noqa: PLC0415

    session, runs = context.session, context.workspace.store.runs
    pursuit = Pursuit(
        runs, session, context.workspace.paths.run_dir(session.id), step_tools(session)
    )
    if (limits := more_of(argument)) is not None:
        return RunTurn(f"/goal {argument}", pursuit.resume(limits))
    word, _, rest = argument.partition(" ")
    if word == "say" and rest.strip() and session.oversight is not None:
        runs.say(session.id, rest.strip())
        return ShowMessage(tr("The model is told with its next step."))
    if argument:
        goal = read(argument)
        files = (*attachments(goal.text, Path.cwd()), *context.pasted)
        return RunTurn(goal.text, pursuit.begin(goal, files), takes_pasted=True)
    row = runs.find(session.id)
    if row is None:
        return ShowMessage(
            tr("There is no goal in this conversation. {what} sets one.", what=_WHAT)
        )
    now = session.oversight.figures if session.oversight is not None else told(row)
    stands = {
        "running": tr("is worked on") if session.oversight is not None else tr("was interrupted"),
        "reached": tr("is reached"),
        "stopped": tr("was left"),
        "waiting": tr("waits for your approval"),
    }[row.state]
    again = (
        "" if row.state == "reached" or session.oversight else tr(" /goal resume goes on with it.")
    )
    return ShowMessage(
        tr(
            "The goal {stands}: {text}\n{now}.{again}",
            stands=stands,
            text=decode(row.goal).text,
            now=now,
            again=again,
        )
    )


def step_tools(session: Session) -> Callable[[Callable[[], int]], list[Tool]]:
    """What the model may call in a run, beside its tools: deep work as one step.

    A session whose tools the user has limited gets none: `--no-tools` holds in a run too.
    """
    from qchat.depth.tool import DeepTool  # noqa: PLC0415  only for runs

    offered = bool(session.toolbox.specs)
    return lambda left: [DeepTool(session, left)] if offered else []


def unfinished(workspace: Workspace, session: Session) -> str:
    """What the user is told who opens a conversation that was cut off in the middle of its work."""
    row = workspace.store.runs.find(session.id)
    if session.oversight is not None or holder_of(row):
        return ""
    if row is not None and row.state == "waiting":
        return tr("The goal here waits for your approval. /goal resume asks you, and goes on.")
    left = tr("The work on the goal here was interrupted. /goal resume goes on with it.")
    said = [left] if row is not None and row.state == "running" else []
    turns = session.turns
    if turns and turns.was_cut(turns[-1]) and kept_cells(turns[-RECENT:]) and not session.reruns:
        said.append(tr("The Python kernel is new: /kernel rerun runs the code of before again."))
    return " ".join(said)


def read(text: str) -> Goal:
    """A goal as it is typed, with its options behind it. Raises UsageError."""
    first = _OPTION.search(text)
    goal = Goal(text[: first.start()].strip() if first else text.strip(), folder=str(Path.cwd()))
    found = list(_OPTION.finditer(text))
    ends = [*(option.start() for option in found[1:]), len(text)]
    for option, end in zip(found, ends[-len(found) :] if found else (), strict=True):
        value = text[option.end() : end].strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        goal = _with(goal, option[1], value)
    if not goal.text:
        raise UsageError(tr("Say what the goal is: {what}.", what=_WHAT))
    if goal.until and goal.verify:
        raise UsageError(tr("A goal is checked by --until or by --verify, not by both."))
    return goal


def more_of(text: str) -> Limits | None:
    """With which limits a run is to go on; None where that is not asked for. Raises UsageError."""
    first = _OPTION.search(text)
    if (text[: first.start()] if first else text).strip() != "resume":
        return None
    if first is None:
        return Limits()
    goal = read(text)
    given = {option[1] for option in _OPTION.finditer(text)}
    if given & {"until", "verify"}:
        raise UsageError(tr("A run that goes on keeps its goal and its check."))
    return Limits(
        goal.steps if "steps" in given else None,
        goal.tokens if "tokens" in given else None,
        goal.hours if "hours" in given else None,
    )


def _with(goal: Goal, name: str, value: str) -> Goal:
    if not value:
        raise UsageError(tr("--{name} needs a value.", name=name))
    match name:
        case "until":
            return msgspec.structs.replace(goal, until=value)
        case "verify":
            return msgspec.structs.replace(goal, verify=value)
        case "hours":
            try:
                return msgspec.structs.replace(goal, hours=max(float(value), 0.0))
            except ValueError as error:
                raise UsageError(
                    tr("--hours needs a number, not {value!r}.", value=value[:40])
                ) from error
        case _:
            plain = value.replace(",", "")
            if not plain.isdecimal() or len(plain) > 12:
                raise UsageError(
                    tr("--{name} needs a whole number, not {value!r}.", name=name, value=value[:40])
                )
            number = int(plain)
            if name == "steps":
                return msgspec.structs.replace(goal, steps=number)
            return msgspec.structs.replace(goal, tokens=number)


COMMANDS = (
    Command(
        "goal",
        "[TEXT | resume | say TEXT]",
        "work on a goal until it is reached, checked by --until COMMAND or --verify TEXT",
        _goal,
        lambda _context: ["resume", "say"],
    ),
)
