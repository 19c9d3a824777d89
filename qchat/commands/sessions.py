"""Conversations: this one and earlier ones."""

from qchat.commands.base import Command, CommandContext, Open, Outcome, Show, ShowMessage
from qchat.protocol.errors import UsageError
from qchat.runtime.cell_width import padded
from qchat.runtime.language import tr, verbatim

MAX_LISTED = 20
"""Lines of the list at a plain prompt: the newest stand first, and must not scroll away."""


async def _find(context: CommandContext, argument: str) -> Outcome:
    if not argument:
        raise UsageError(tr("Say what to look for in all conversations: /find WORDS."))
    found = context.workspace.search(argument)
    if not found:
        return ShowMessage(tr("Nothing in your sessions has {argument!r}.", argument=argument))
    lines = [
        f"{hit.session}  {padded(hit.where, 8)}  {hit.snippet}  ({hit.title})" for hit in found
    ]
    return ShowMessage(verbatim("\n".join(lines)))


async def _sessions(context: CommandContext, argument: str) -> Outcome:
    if argument:
        return Open(context.workspace.store.session(context.workspace.user, argument).id)
    sessions = context.workspace.sessions()
    lines = [f"{info.id} {info.length:>9} {info.title}" for info in sessions[:MAX_LISTED]]
    if older := len(sessions) - len(lines):
        lines.append(tr("{n} older ones: /find WORDS, or qchat sessions list.", n=older))
    return Show("sessions", "\n".join(lines) or tr("There are no sessions yet."))


async def _new(_place: CommandContext, _argument: str) -> Outcome:
    return Open(None)


def _titles(context: CommandContext) -> dict[str, str]:
    return {info.id: info.title for info in context.workspace.sessions()}


COMMANDS = (
    Command("find", "WORDS", "find words in all your sessions, thinking and tools too", _find),
    Command("sessions", "[ID]", "list earlier conversations, or continue one", _sessions, _titles),
    Command("new", "", "begin a new conversation", _new),
)
