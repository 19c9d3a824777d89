"""Slash commands: one registry for every interface, which shows what a command gives back."""

from collections.abc import Mapping

from qchat.commands import (
    appearance,
    backends,
    branches,
    connect,
    egress,
    engine,
    export,
    kernel,
    memory,
    sessions,
    thinking,
    web,
)
from qchat.commands.base import (
    Command,
    CommandContext,
    Completion,
    Confirm,
    Converse,
    Edit,
    Open,
    Outcome,
    Quit,
    Reload,
    RunTurn,
    Show,
    ShowMessage,
    ShowSource,
)
from qchat.protocol.errors import UsageError

__all__ = [
    "COMMANDS",
    "Command",
    "CommandContext",
    "Completion",
    "Confirm",
    "Converse",
    "Edit",
    "Open",
    "Outcome",
    "Quit",
    "Reload",
    "RunTurn",
    "Show",
    "ShowMessage",
    "ShowSource",
    "complete",
    "execute",
    "help_text",
    "helps",
    "is_command",
]


def is_command(line: str) -> bool:
    """Whether a line is meant for the client. `/etc/hosts is…` and `//` are not."""
    word = line.split(maxsplit=1)[0] if line.strip() else ""
    return len(word) > 1 and word[0] == "/" and "/" not in word[1:]


async def execute(line: str, context: CommandContext) -> Outcome:
    """Run a line that starts with a slash. Raises QchatError, UsageError for an unknown command."""
    word, argument = (*line.strip().split(maxsplit=1), "")[:2]
    name = word.removeprefix("/")
    command = COMMANDS.get(name)
    if command is None:
        near = [f"/{known}" for known in COMMANDS if known.startswith(name[:2])]
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"Unknown command: /{name}.{hint} /help lists all of them.")
    try:
        return await command.run(context, argument.strip())
    finally:  # whatever it switched is the conversation's, from now on and when it is continued
        context.workspace.keep_choices(context.session)


def complete(text: str, context: CommandContext) -> list[Completion]:
    """What a line that starts with a slash may become: whole lines, best first."""
    word, space, argument = text.partition(" ")
    if not space:
        return [
            Completion(f"/{name}", f"{command.usage} {command.help}".strip())
            for name, command in COMMANDS.items()
            if f"/{name}".startswith(word)
        ]
    command = COMMANDS.get(word.removeprefix("/"))
    if command is None:
        return []
    if command.complete is not None:
        return [Completion(f"{word} {text}") for text in command.complete(argument)]
    choices = (choice for choice in command.choices(context) if choice.startswith(argument))
    return [Completion(f"{word} {choice}") for choice in choices]


def helps() -> list[tuple[str, str]]:
    """Every command with what may stand behind it, and what it does."""
    return [
        (f"/{name} {command.usage}".strip(), command.help) for name, command in COMMANDS.items()
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
    return ShowMessage("\n".join(lines) or "This session has no tools.")


async def _help(_place: CommandContext, _argument: str) -> Outcome:
    return Show("help", help_text())


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
        *kernel.COMMANDS,
        *web.COMMANDS,
        *sessions.COMMANDS,
        *branches.COMMANDS,
        *export.COMMANDS,
        *appearance.COMMANDS,
        Command("tools", "", "list what the model can call", _tools),
        Command("quit", "", "end qchat", _quit),
    )
}
