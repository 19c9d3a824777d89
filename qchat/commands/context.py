"""What fills the model's context, and how to make room in it."""

from pathlib import Path

from qchat.commands.base import Command, CommandContext, Outcome, RunTurn, ShowMessage, Write
from qchat.conversation import notes
from qchat.conversation.attachments import attachments
from qchat.conversation.session import Session
from qchat.conversation.view import WHOLE_TURN
from qchat.conversation.window import Account
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr, verbatim


async def _context(context: CommandContext, argument: str) -> Outcome:
    attached = (*attachments(argument, Path.cwd()), *context.pasted)
    account = context.session.context.account(argument, attached)
    return ShowMessage(verbatim(f"{account}{_doubt(context.session, account)}"))


def _doubt(session: Session, account: Account) -> str:
    """What is not known for sure of the context, in a line; empty where it is."""
    if not account.room:
        return tr("\nNobody has said how much this model's context holds.")
    if not session.context.assumed:
        return ""
    return tr(
        "\nIts context of {context:,} tokens is assumed from the model's name. The server may hold "
        "less: qchat config set backends.{name}.context N.",
        context=session.backend.context,
        name=session.backend.name,
    )


async def _compact(context: CommandContext, argument: str) -> Outcome:
    session = context.session
    typed = f"/compact {argument}".rstrip()
    word, _, rest = argument.partition(" ")
    match word:
        case "undo":
            return RunTurn(typed, session.compacting.undo())
        case "fast":
            return RunTurn(typed, session.compacting.compact(rest.strip(), fast=True))
        case "draft":
            return RunTurn(typed, session.compacting.compact(rest.strip(), draft=True))
        case "edit":
            if (written := session.compacting.notes) is None:
                raise UsageError(tr("There are no notes yet: /compact draft makes them."))
            return Write(f"/compact notes\n{notes.as_text(written)}")
        case _ if word.startswith("notes"):
            changed = notes.from_text(argument.removeprefix("notes"))
            if notes.empty(changed):
                headings = ", ".join(heading for _, heading in notes.HEADINGS)
                raise UsageError(
                    tr("Write each note under one of the headings: {headings}.", headings=headings)
                )
            return RunTurn("/compact notes", session.compacting.change_notes(changed))
        case _:
            return RunTurn(typed, session.compacting.compact(argument))


async def _keep(context: CommandContext, argument: str) -> Outcome:
    session = context.session
    off = argument.split()[:1] == ["off"]
    named = argument.split()[1:] if off else argument.split()
    last = next((head.id for head in reversed(session.turns.heads) if head.kind == "chat"), 0)
    if not last:
        raise UsageError(tr("Nothing has been said yet that could be kept."))
    turn, _, message = (named[0] if named else str(last)).strip("#[]").partition(".")
    found = session.compacting.original(int(turn)) if turn.isdecimal() else None
    if found is None or (
        message and not (message.isdecimal() and int(message) < len(found.messages))
    ):
        raise UsageError(
            tr(
                "Name what is to stay whole by its handle, as look_back and notes show "
                "it (12.3), or a turn by its number (12). The last turn is {last}.",
                last=last,
            )
        )
    at = int(message) if message else WHOLE_TURN
    return RunTurn(f"/keep {argument}".rstrip(), session.compacting.mark(found.id, at, on=not off))


COMMANDS = (
    Command("context", "[PROMPT]", "show what fills the context, and the next request", _context),
    Command(
        "compact",
        "[draft | fast] [WHAT MATTERS] | edit | undo",
        "send notes of what came before; a draft is shown first; nothing is deleted",
        _compact,
        lambda _context: ["draft", "fast", "edit", "undo"],
    ),
    Command(
        "keep",
        "[off] [HANDLE]",
        "always send a message whole, whatever is compacted: the last turn, or by its handle",
        _keep,
        lambda _context: ["off"],
    ),
)
