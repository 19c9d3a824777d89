"""The interfaces with a conversation in them, each from the command line's options to its end.

Apart from the command line itself, since a conversation is a lot to load.
"""

import argparse
import asyncio
import sys
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec

from qchat.config import settings
from qchat.config.settings import Settings
from qchat.console.ask import Options, read_prompt
from qchat.console.ask import ask as ask_once
from qchat.console.typeahead import Typing
from qchat.conversation.choices import Overrides
from qchat.conversation.workspace import Workspace
from qchat.depth.request import DeepRequest
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr
from qchat.runtime.paths import Paths
from qchat.runtime.shutdown import until_asked
from qchat.store import Store
from qchat_tools.sandbox.sandbox import find_sandbox


def chat(options: argparse.Namespace, paths: Paths) -> int:
    """The window."""
    # Looking for a sandbox starts a process: that one works while Textual is being read.
    threading.Thread(target=find_sandbox, args=("auto",), daemon=True).start()
    from qchat.tui.app import run  # noqa: PLC0415  textual is only for those who see it

    workspace = _workspace(options, paths)
    session_id = options.resume or _session_id(options, workspace)
    return run(workspace, session_id, choose=options.resume == "")


def ask(options: argparse.Namespace, paths: Paths) -> int:
    """One turn for a pipe."""
    deep = _deep(options)
    goes_on = deep is not None and not options.prompt and (options.last or options.session)
    prompt, piped = ("", None) if goes_on else read_prompt(options.prompt, sys.stdin)
    workspace = _workspace(options, paths)
    chosen = _overrides(options).chooses
    session = _session_id(options, workspace)
    turn = Options(prompt, piped, session, options.json, options.yes, options.quiet, chosen, deep)
    return _run(workspace, ask_once(workspace, turn))


def _deep(options: argparse.Namespace) -> DeepRequest | None:
    """How deep to go; None where one turn is asked for. Raises UsageError."""
    given = {
        name: value
        for name in ("rounds", "width", "tokens")
        if (value := getattr(options, name)) is not None
    }
    if given and not options.deep:
        raise UsageError(tr("--{given} needs --deep.", given=next(iter(given))))
    if not options.deep:
        return None
    asked = msgspec.structs.replace(DeepRequest(""), **given)
    _ = asked.mode  # what is out of range is said before anything is opened
    return asked


def repl(options: argparse.Namespace, paths: Paths, typing: Typing) -> int:
    """The chat line by line; `typing` holds the terminal."""
    # prompt-toolkit is only for those who use it
    from qchat.console.repl import repl as line_by_line  # noqa: PLC0415

    workspace = _workspace(options, paths)
    return _run(workspace, line_by_line(workspace, _session_id(options, workspace), typing))


def run_goal(options: argparse.Namespace, paths: Paths) -> int:
    """Work on a goal."""
    from qchat.console.run import RunOptions, run  # noqa: PLC0415  only for those who use it
    from qchat.runs.goal import Goal, Limits  # noqa: PLC0415

    text = " ".join(options.goal).strip()
    if options.list or options.say is not None:
        return _about_runs(options, paths, text)
    if bool(text) == bool(options.session):
        raise UsageError(
            tr('Say the goal, or which run goes on: qchat run "GOAL", or --resume ID.')
        )
    limits = Limits(options.steps, options.tokens, options.hours)
    if options.session and (options.until or options.verify):
        raise UsageError(tr("A run that goes on keeps its goal and its check."))
    goal = None
    if text:
        goal = limits.of(Goal(text, options.until or "", options.verify or "", str(Path.cwd())))
    workspace = _workspace(options, paths)
    chosen = _overrides(options).chooses
    asked = RunOptions(goal, options.session, options.json, options.yes, chosen, limits)
    return _run(workspace, run(workspace, asked))


def _about_runs(options: argparse.Namespace, paths: Paths, goal: str) -> int:
    """List the runs, or leave a word for one."""
    from qchat.console.run import listed, say  # noqa: PLC0415  only for those who use it

    if options.list:
        if goal or options.session or options.say is not None:
            raise UsageError(tr("--list lists the runs, and does nothing else."))
        return listed(Store(paths.sessions_db), options.user or "default", json=options.json)
    if goal or not options.session or not options.say.strip():
        raise UsageError(tr('Say which run, and what: qchat run --resume ID --say "TEXT".'))
    return say(Store(paths.sessions_db), options.user or "default", options.session, options.say)


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


def _session_id(options: argparse.Namespace, workspace: Workspace) -> str | None:
    """Which session goes on; None begins a new one, also where `-c` finds none."""
    if options.last:
        last = workspace.last_session()
        return last.id if last is not None else None
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
