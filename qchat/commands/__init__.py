"""Slash commands: one registry for every interface, which shows what a command gives back."""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from qchat.commands import (
    aliases,
    appearance,
    approvals,
    backends,
    branches,
    connect,
    context,
    depth,
    egress,
    engine,
    export,
    goal,
    importing,
    kernel,
    know,
    memory,
    sessions,
    thinking,
    web,
)
from qchat.commands.aliases import ALIASES, LEAVING
from qchat.commands.base import (
    Answer,
    Command,
    CommandContext,
    Completion,
    Confirm,
    Converse,
    CopyText,
    Edit,
    EditOutside,
    LongWork,
    Open,
    Outcome,
    Quit,
    Reload,
    RunTurn,
    Show,
    ShowMessage,
    ShowSource,
    ShowTrail,
    Write,
)
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr, verbatim

__all__ = [
    "COMMANDS",
    "Answer",
    "Command",
    "CommandContext",
    "Completion",
    "Confirm",
    "Converse",
    "CopyText",
    "Edit",
    "EditOutside",
    "LongWork",
    "Open",
    "Outcome",
    "Quit",
    "Reload",
    "RunTurn",
    "Show",
    "ShowMessage",
    "ShowSource",
    "ShowTrail",
    "Write",
    "complete",
    "execute",
    "help_text",
    "helps",
    "is_command",
    "is_known",
]


_NAME = re.compile(r"[A-Za-z_][\w-]*")


def is_command(line: str) -> bool:
    """Whether a line is meant for the client.

    `/etc/hosts is…`, `//` and `/tmp is full?` are not; `/modle x` is a command that was mistyped,
    and so is any single word that is no path of this machine.
    """
    if line.strip() in LEAVING:
        return True
    word, *more = line.split(maxsplit=1) or [""]
    name = word[1:]
    if not name or word[0] != "/" or not _NAME.fullmatch(name):
        return False
    if is_known(name):
        return True
    if more:
        return "\n" not in line and bool(_near(name))
    return not Path(word).exists()


def is_known(name: str) -> bool:
    """Whether there is a command of that name, or another program's that does the same."""
    return name in COMMANDS or name in ALIASES


def _near(name: str) -> list[str]:
    return difflib.get_close_matches(name, [*COMMANDS, *ALIASES], n=3, cutoff=0.7)


async def execute(line: str, context: CommandContext) -> Outcome:
    """Run a line that starts with a slash. Raises QchatError, UsageError for an unknown command."""
    if line.strip() in LEAVING:
        line = "/quit"
    word, argument = (*line.strip().split(maxsplit=1), "")[:2]
    name = word.removeprefix("/")
    command = _command(name)
    if command is None:
        near = [f"/{known}" for known in _near(name)]
        hint = tr(" Did you mean {near}?", near=tr(" or ").join(near)) if near else ""
        raise UsageError(
            tr("Unknown command: /{name}.{hint} /help lists all of them.", name=name, hint=hint)
        )
    try:
        return await command.run(context, argument.strip())
    finally:  # whatever it switched is the conversation's, from now on and when it is continued
        context.workspace.keep_choices(context.session)


def complete(text: str, context: CommandContext) -> list[Completion]:
    """What a line that starts with a slash may become: whole lines, best first."""
    word, space, argument = text.partition(" ")
    if not space:
        return [
            Completion(f"/{name}", f"{command.usage} {tr(command.help)}".strip())
            for name, command in _fitting(word.removeprefix("/"))
        ]
    command = _command(word.removeprefix("/"))
    if command is None:
        return []
    if command.complete is not None:
        return [Completion(f"{word} {text}") for text in command.complete(argument)]
    choices = command.choices(context)
    if not isinstance(choices, Mapping):
        choices = dict.fromkeys(choices, "")
    sought = argument.casefold()
    return [
        Completion(f"{word} {choice}", called)
        for choice, called in choices.items()
        if choice.startswith(argument) or sought in called.casefold()
    ]


def _command(name: str) -> Command | None:
    return COMMANDS.get(name) or COMMANDS.get(ALIASES.get(name, ""))


def _fitting(typed: str) -> list[tuple[str, Command]]:
    """Commands whose names begin so, then those with these letters in between, then by their help.

    A name of another program finds ours.
    """
    begins = [name for name in COMMANDS if name.startswith(typed)]
    begins += [ours for other, ours in ALIASES.items() if typed and other.startswith(typed)]
    letters = re.compile(".*".join(map(re.escape, typed)))
    within = [name for name in COMMANDS if letters.search(name)]
    told = [name for name, command in COMMANDS.items() if _is_told_of(typed, command.help)]
    return [(n, COMMANDS[n]) for n in dict.fromkeys([*begins, *within, *told]) if n in COMMANDS]


def _is_told_of(typed: str, help_: str) -> bool:
    """Whether a line of help speaks of what was typed; a word of Chinese may be one letter."""
    least = 3 if typed.isascii() else 1
    return len(typed) >= least and (typed in help_ or typed in tr(help_))


def helps() -> list[tuple[str, str]]:
    """Every command with what may stand behind it, and what it does."""
    return [
        (f"/{name} {command.usage}".strip(), tr(command.help)) for name, command in COMMANDS.items()
    ]


def help_text(width: int = 22) -> str:
    """Every command, one line each, two where the first column is too narrow for it."""
    lines = []
    for head, what in helps():
        long = len(head) > width
        lines += [head, f"{'':{width}}  {what}"] if long else [f"{head:{width}}  {what}"]
    return "\n".join(lines)


async def _tools(context: CommandContext, _argument: str) -> Outcome:
    lines = [f"{spec.name}: {spec.description}" for spec in context.session.toolbox.specs]
    return ShowMessage(verbatim("\n".join(lines)) or tr("This session has no tools."))


async def _help(_place: CommandContext, _argument: str) -> Outcome:
    return Show("help", help_text())


async def _editor(_context: CommandContext, _argument: str) -> Outcome:
    return EditOutside()


async def _quit(_place: CommandContext, _argument: str) -> Outcome:
    return Quit()


COMMANDS: Mapping[str, Command] = {
    command.name: command
    for command in (
        Command("help", "", "show commands and keys", _help),
        *thinking.COMMANDS,
        *backends.COMMANDS,
        *engine.COMMANDS,
        *connect.COMMANDS,
        *egress.COMMANDS,
        *memory.COMMANDS,
        *know.COMMANDS,
        *kernel.COMMANDS,
        *web.COMMANDS,
        *sessions.COMMANDS,
        *branches.COMMANDS,
        *depth.COMMANDS,
        *context.COMMANDS,
        *goal.COMMANDS,
        *export.COMMANDS,
        *importing.COMMANDS,
        *appearance.COMMANDS,
        *aliases.COMMANDS,
        *approvals.COMMANDS,
        Command("editor", "", "write the prompt in your own editor (Ctrl+X Ctrl+E)", _editor),
        Command("tools", "", "list what the model can call", _tools),
        Command("quit", "", "end qchat", _quit),
    )
}
