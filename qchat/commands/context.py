"""What fills the model's context, and how to make room in it."""

from qchat.commands.base import Command, CommandContext, Outcome, RunTurn, ShowMessage


async def _context(context: CommandContext, argument: str) -> Outcome:
    account = context.session.account(argument)
    unknown = "" if account.room else "\nNobody has said how much this model's context holds."
    return ShowMessage(f"{account}{unknown}")


async def _compact(context: CommandContext, argument: str) -> Outcome:
    typed = f"/compact {argument}".rstrip()
    if argument == "undo":
        return RunTurn(typed, context.session.undo_compaction())
    return RunTurn(typed, context.session.compact(argument))


COMMANDS = (
    Command("context", "[PROMPT]", "show what fills the context, and the next request", _context),
    Command(
        "compact",
        "[WHAT MATTERS|undo]",
        "send less of what came before; nothing is deleted",
        _compact,
        lambda _context: ["undo"],
    ),
)
