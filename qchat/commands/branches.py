"""Earlier prompts again: edited, repeated, and the branches that come of it. Nothing is lost."""

from pathlib import Path

from qchat.commands.base import Command, CommandContext, Edit, Outcome, Reload, RunTurn, ShowMessage
from qchat.conversation.attachments import attachments, names
from qchat.protocol.errors import UsageError
from qchat.protocol.events import Attached
from qchat.protocol.wording import counted
from qchat.runtime.language import Said, tr, verbatim


async def _edit(context: CommandContext, argument: str) -> Outcome:
    session = context.session
    first, _, text = argument.partition(" ")
    number = _number(context, first if first.isdecimal() else "")
    text = text.strip() if first.isdecimal() else argument
    if text:
        events = session.edit(number, text, attachments(text, Path.cwd()))
        return RunTurn(text, events, session.turns.heads[number - 1].id)
    turn = session.turns[number - 1]
    named = {name for name, _ in names(turn.prompt)}
    attached = (event for event in turn.events if isinstance(event, Attached))
    return Edit(number, turn.typed, tuple(a for a in attached if a.name not in named))


async def _retry(context: CommandContext, argument: str) -> Outcome:
    number = _number(context, argument)
    turn = context.session.turns.heads[number - 1]
    return RunTurn(turn.typed, context.session.retry(number), turn.id)


async def _delete(context: CommandContext, argument: str) -> Outcome:
    session = context.session
    number = _number(context, argument)
    gone = await session.cursor.delete(number)
    more = tr(" and the {gone} behind it", gone=gone - 1) if gone > 1 else ""
    return Reload(
        tr(
            "Prompt {number}{more} left the conversation, and what was remembered "
            "for it is taken back. /undelete brings all of it back; /branch lists "
            "it.",
            number=number,
            more=more,
        )
    )


async def _undelete(context: CommandContext, _argument: str) -> Outcome:
    await context.session.cursor.undelete()
    return Reload(tr("What was deleted is back, and what was remembered for it."))


async def _fork(context: CommandContext, argument: str) -> Outcome:
    session = context.session
    number = _number(context, argument, back=1)
    session.cursor.fork(number)
    return Reload(
        tr(
            "You stand behind prompt {number}; what you send now begins a new "
            "branch. /branch lists the others.",
            number=number,
        )
    )


async def _branch(context: CommandContext, argument: str) -> Outcome:
    session = context.session
    tree = session.cursor.tree()
    leaves = tree.leaves()
    if argument:
        if not argument.isdecimal() or not 1 <= int(argument) <= len(leaves):
            raise UsageError(
                tr(
                    "There is no branch {argument}. /branch lists all {n}.",
                    argument=argument,
                    n=len(leaves),
                )
            )
        session.cursor.switch(leaves[int(argument) - 1])
        return Reload(tr("This is branch {argument} of {n}.", argument=argument, n=len(leaves)))
    here = session.turns.heads[-1].id if session.turns else 0
    prompts = context.workspace.store.prompts_of(leaves)
    lines = [
        tr(
            "{here} {number}: {turns}, the last: {prompt}",
            here="*" if leaf == here else " ",
            number=number,
            turns=counted(len(tree.path(leaf)), "turn"),
            prompt=" ".join(prompts[leaf].split())[:60],
        )
        for number, leaf in enumerate(leaves, 1)
    ]
    return ShowMessage(verbatim("\n".join(lines)) or tr("Nothing was said yet."))


def _number(context: CommandContext, argument: str, back: int = 0) -> int:
    """Which prompt is meant, counted from 1; without a number the last, or one before it."""
    length = len(context.session.turns)
    if argument and length and not argument.isdecimal():
        raise UsageError(
            tr(
                "{argument!r} is not the number of a prompt. Use 1 to {length}.",
                argument=argument,
                length=length,
            )
        )
    number = int(argument) if argument.isdecimal() else length - back
    if not 1 <= number <= length:
        raise UsageError(_no_prompt(number, length))
    return number


def _no_prompt(number: int, length: int) -> Said:
    if not length:
        return tr("There is no prompt yet.")
    return tr(
        "There is no prompt {number}. This conversation has {length}.",
        number=max(number, 1),
        length=length,
    )


def _numbers(context: CommandContext) -> list[str]:
    return [str(number) for number in range(len(context.session.turns), 0, -1)]


COMMANDS = (
    Command("edit", "[N] [TEXT]", "change prompt N, else the last; the old stays", _edit, _numbers),
    Command("retry", "[N]", "ask prompt N again, else the last; the old stays", _retry, _numbers),
    Command(
        "delete", "[N]", "take prompt N out, else the last, with its memories", _delete, _numbers
    ),
    Command("undelete", "", "bring back what /delete took, with its memories", _undelete),
    Command("fork", "[N]", "go on behind prompt N in a branch of its own", _fork, _numbers),
    Command("branch", "[N]", "list the branches of this conversation, or go to one", _branch),
)
