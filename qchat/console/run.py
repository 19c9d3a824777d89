"""`qchat run`: a goal is worked on until it is reached, whether or not somebody looks on."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import msgspec

from qchat.commands.goal import step_tools
from qchat.console.approval import prompt_for_approval
from qchat.console.ask import Printer
from qchat.conversation.attachments import attachments, not_attached
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import QchatError, UsageError
from qchat.protocol.events import Event, Notice, Text, encode
from qchat.protocol.permission import Permission, refuse
from qchat.runs.figures import told
from qchat.runs.goal import Goal, Limits, decode
from qchat.runs.lease import holder_of
from qchat.runs.overseer import Overseer
from qchat.runs.pursuit import Pursuit
from qchat.runtime import garbage_collection
from qchat.runtime.language import tr
from qchat.runtime.process_identity import pid_of
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat.store import Store

MAX_LINE = 400
LOOK_S = 0.3
"""How often one who only looks on reads what is new."""


class RunOptions(msgspec.Struct, frozen=True):
    """What the command line says."""

    goal: Goal | None
    """None goes on with the run of the session."""
    session_id: str | None = None
    json: bool = False
    yes: bool = False
    chosen: bool = False
    """Whether it says who is to answer."""
    limits: Limits = Limits()
    """Other limits for a run that goes on."""


async def run(workspace: Workspace, options: RunOptions) -> int:
    """Work until it is over; the exit status is 0 where the goal is reached."""
    show = _print_json if options.json else _Steps()
    if options.session_id is not None:
        id_ = workspace.store.session(workspace.user, options.session_id).id
        if holder := holder_of(workspace.store.runs.find(id_)):
            if options.limits != Limits():
                why = tr(
                    "Process {holder} works on this run: its limits stay while it does.",
                    holder=pid_of(holder),
                )
                raise UsageError(why)
            return await _follow(workspace, id_, holder, show)
    session = workspace.open(options.session_id)
    if session.remarks and not options.chosen:
        raise UsageError(
            tr("{all} Say who answers: --backend NAME.", all=" ".join(session.remarks))
        )
    session.ask = _always if options.yes else prompt_for_approval if _has_person() else refuse
    folder = workspace.paths.run_dir(session.id)
    pursuit = Pursuit(workspace.store.runs, session, folder, step_tools(session))
    if options.goal is None:
        events = pursuit.resume(options.limits)
    else:
        said = options.goal.text
        events = pursuit.begin(options.goal, attachments(said, Path.cwd()))
        for remark in not_attached(said, Path.cwd()):
            sys.stderr.write(f"{sanitize_for_terminal(remark)}\n")
    _tell(session.id, json=options.json)
    # Else a thousand steps would be kept as if they were still being loaded.
    garbage_collection.settle()
    try:
        async with aclosing(events) as stream:
            async for event in stream:
                report = pursuit.overseer.last_words if pursuit.overseer is not None else ""
                if not (isinstance(event, Notice) and event.text == report):
                    show(event)
    finally:
        if pursuit.overseer is not None and pursuit.overseer.last_words:
            _report(pursuit.overseer, json=options.json)
    return 0 if pursuit.overseer is not None and pursuit.overseer.reached else 1


def listed(store: Store, user: str, *, json: bool) -> int:
    """Print the runs of a user, the newest first, a line each."""
    rows = list(store.runs.all(user))
    if not (rows or json):
        sys.stderr.write(tr('No run yet. qchat run "GOAL" begins one.\n'))
    for row in rows:
        state = (
            "running" if holder_of(row) else "interrupted" if row.state == "running" else row.state
        )
        goal = " ".join(decode(row.goal).text.split())
        if json:
            line = {"id": row.session, "state": state, "goal": goal, "figures": told(row)}
            sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
        else:
            shown = " · ".join(filter(None, (state, told(row), goal)))
            sys.stdout.write(f"{row.session}  {sanitize_for_terminal(shown)[:MAX_LINE]}\n")
    store.close()
    return 0


def say(store: Store, user: str, id_or_prefix: str, text: str) -> int:
    """Leave a word for the model that works on a goal. Raises UsageError where nobody does."""
    id_ = store.session(user, id_or_prefix).id
    row = store.runs.find(id_)
    if row is None or row.state == "reached":
        raise UsageError(
            tr("There is no run in {id} that goes on: qchat run --list shows them.", id=id_)
        )
    store.runs.say(id_, text.strip())
    when = (
        tr("with its next step")
        if holder_of(row)
        else tr("once it goes on: qchat run --resume {id}", id=id_)
    )
    sys.stderr.write(tr("The model is told {when}.\n", when=when))
    store.close()
    return 0


async def _follow(
    workspace: Workspace, id_: str, holder: str, show: Callable[[Event], None]
) -> int:
    """Show what another process does, until it is over or the process is gone."""
    sys.stderr.write(
        tr(
            "run {id} is worked on by process {holder}; this only looks on\n",
            id=id_,
            holder=pid_of(holder),
        )
    )
    store, shown = workspace.store, 0
    turn = store.path_to_head(id_)[-1].id
    while True:
        row = store.runs.find(id_)
        held = holder_of(row)
        events = store.events([turn])[turn]
        # The last part may still grow while it is being written.
        for event in events[shown : None if not held else -1]:
            show(event)
            shown += 1
        if not held:
            break
        await asyncio.sleep(LOOK_S)
    assert row is not None
    if row.state == "running":
        raise QchatError(
            tr(
                "The process that worked on it has died. To take over: qchat run --resume {id_}",
                id_=id_,
            )
        )
    return 0 if row.state == "reached" else 1


def _tell(id_: str, *, json: bool) -> None:
    """By which id the run can be followed and continued."""
    if json:
        sys.stdout.write(msgspec.json.encode({"type": "session", "id": id_}).decode() + "\n")
        sys.stdout.flush()
    else:
        sys.stderr.write(tr("run {id}; if it is interrupted: qchat run --resume {id}\n", id=id_))


def _report(overseer: Overseer, *, json: bool) -> None:
    if json:
        line = {
            "type": "report",
            "reached": overseer.reached,
            "figures": msgspec.to_builtins(overseer.state),
            "text": overseer.last_words,
        }
        sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    else:
        sys.stdout.write(f"{sanitize_for_terminal(overseer.last_words)}\n")
    sys.stdout.flush()


class _Steps:
    """Shows what goes on on standard error: the report alone is the result."""

    def __init__(self) -> None:
        self._printer = Printer(sys.stderr, sys.stderr)

    def __call__(self, event: Event) -> None:
        if not sys.stderr.isatty() and isinstance(event, Text):
            return
        self._printer(event)


def _print_json(event: Event) -> None:
    sys.stdout.write(encode(event).decode() + "\n")
    sys.stdout.flush()


def _has_person() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


async def _always(_question: str) -> Permission:
    return "session"
