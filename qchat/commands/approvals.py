"""Answers to what a tool asks, given as commands: no letter that is typed is one by accident."""

from qchat.commands.base import Answer, Command, CommandContext, Outcome


async def _yes(_context: CommandContext, _argument: str) -> Outcome:
    return Answer("once")


async def _always(_context: CommandContext, _argument: str) -> Outcome:
    return Answer("session")


async def _no(_context: CommandContext, _argument: str) -> Outcome:
    return Answer("no")


async def _never(_context: CommandContext, _argument: str) -> Outcome:
    return Answer("never")


async def _answer(_context: CommandContext, argument: str) -> Outcome:
    return Answer(None, argument)


COMMANDS = (
    Command("yes", "", "allow what is asked, this once", _yes),
    Command("always", "", "allow it for all of this conversation", _always),
    Command("no", "", "do not allow what is asked", _no),
    Command("never", "", "do not allow it, nor ask again in this conversation", _never),
    Command("answer", "[TEXT]", "give running code the line that it asks for", _answer),
)
