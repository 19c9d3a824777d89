"""Names that people know from other programs: each does here what they mean by it."""

from collections.abc import Mapping

import msgspec

from qchat.commands.base import Command, CommandContext, CopyText, Outcome, ShowMessage
from qchat.protocol.errors import UsageError
from qchat.protocol.events import Text
from qchat.runtime.language import tr, verbatim

ALIASES: Mapping[str, str] = {
    "exit": "quit",
    "q": "quit",
    "bye": "quit",
    "clear": "new",
    "reset": "new",
    "resume": "sessions",
    "continue": "sessions",
    "chats": "sessions",
    "list": "sessions",
    "load": "sessions",
    "status": "context",
    "tokens": "context",
    "cost": "context",
    "models": "model",
    "undo": "delete",
    "regenerate": "retry",
    "redo": "undelete",
    "web": "search",
    "themes": "theme",
    "save-chat": "export",
    "settings": "config",
    "keys": "help",
    "commands": "help",
    "title": "rename",
}
"""Other names of commands; `/undo` takes the last prompt out, and /undelete brings it back."""
LEAVING = ("exit", "quit", ":q", ":q!", ":wq", ":x")
"""How other programs are left; alone in a prompt they are no question to a model."""
MAX_LISTED = 20


async def _copy(context: CommandContext, argument: str) -> Outcome:
    turns = context.session.turns
    if argument and not argument.isdecimal():
        raise UsageError(
            tr("/copy takes the number of a prompt, not {argument!r}.", argument=argument)
        )
    number = int(argument) if argument else turns.last_chat
    if not 1 <= number <= len(turns):
        raise UsageError(tr("There is no answer to copy yet."))
    answer = "".join(e.text for e in turns[number - 1].events if isinstance(e, Text)).strip()
    if not answer:
        raise UsageError(tr("Prompt {number} has no answer to copy.", number=number))
    return CopyText(answer, tr("Copied the answer."))


async def _rename(context: CommandContext, argument: str) -> Outcome:
    if not argument:
        return ShowMessage(
            tr("This conversation is called {title!r}.", title=context.session.title)
        )
    context.workspace.rename(context.session.id, argument)
    return ShowMessage(tr("This conversation is now called {argument!r}.", argument=argument))


async def _history(context: CommandContext, argument: str) -> Outcome:
    prompts = context.workspace.store.prompts(context.workspace.user)
    found = [text for text in prompts if argument.lower() in text.lower()]
    lines = [" ".join(text.split())[:100] for text in found[-MAX_LISTED:]]
    return ShowMessage(verbatim("\n".join(lines)) or tr("No earlier prompts."))


async def _config(context: CommandContext, argument: str) -> Outcome:
    settings = context.workspace.settings
    plain = {
        name: value
        for name, value in msgspec.to_builtins(settings).items()
        if isinstance(value, str | int | float | bool) and (not argument or argument in name)
    }
    lines = [f"  {name} = {msgspec.json.encode(value).decode()}" for name, value in plain.items()]
    file = context.workspace.paths.config_file
    return ShowMessage(
        verbatim("\n".join([f"{file}", *lines, tr("`qchat config set KEY VALUE` changes them.")]))
    )


COMMANDS = (
    Command("copy", "[N]", "copy the last answer, or that of prompt N", _copy),
    Command("rename", "[TITLE]", "give this conversation a title", _rename),
    Command("history", "[WORDS]", "list your last prompts; Ctrl+R finds one", _history),
    Command("config", "[NAME]", "show the settings and where their file is", _config),
)
