"""How much the model thinks."""

from collections.abc import Iterable

from qchat.commands.base import Command, CommandContext, Outcome, RunTurn, Show, ShowMessage
from qchat.config.settings import MAX_BUDGET
from qchat.protocol.errors import UsageError
from qchat.protocol.events import Event, Thinking
from qchat.protocol.soft_switch import switch_text
from qchat.runtime.language import tr, verbatim


def thoughts(events: Iterable[Event]) -> str:
    """All that was thought in a turn; says so where nothing was."""
    texts = (event.text.strip() for event in events if isinstance(event, Thinking))
    return "\n\n".join(texts) or "There was no thinking."


async def _think(context: CommandContext, argument: str) -> Outcome:
    return _set_thinking(context, argument, on=True)


async def _no_think(context: CommandContext, argument: str) -> Outcome:
    return _set_thinking(context, argument, on=False)


def _set_thinking(context: CommandContext, argument: str, *, on: bool) -> Outcome:
    """Switch for all that follows; with a prompt behind the word, for that prompt alone."""
    if argument:
        shown = argument + switch_text(on)
        return RunTurn(shown, context.session.send(argument, think=on))
    context.session.think = on
    return _said(
        context, tr("Thinking is on from here on.") if on else tr("Thinking is off from here on.")
    )


async def _budget(context: CommandContext, argument: str) -> Outcome:
    session = context.session
    if argument:
        if not argument.isdecimal() or len(argument) > 9 or int(argument) > MAX_BUDGET:
            most = tr("up to {longest_budget:,} (0: no limit)", longest_budget=MAX_BUDGET)
            raise UsageError(
                tr(
                    "The budget is a number of tokens {most}, not {argument!r}.",
                    most=most,
                    argument=argument[:40],
                )
            )
        session.budget = int(argument)
    limit = (
        tr("{budget} tokens for each reply", budget=session.budget)
        if session.budget
        else tr("without a limit")
    )
    used = (
        tr(" The last one used {budget}.", budget=session.gauge.text(session.budget))
        if session.gauge.used
        else ""
    )
    return _said(context, tr("Thinking budget: {limit}.{used}", limit=limit, used=used))


async def _effort(context: CommandContext, argument: str) -> Outcome:
    session = context.session
    known = session.backend.efforts
    if argument and not known:
        return ShowMessage(
            tr(
                "{model} has no such setting; /budget limits its thinking.",
                model=session.backend.model,
            )
        )
    if argument and argument not in known:
        raise UsageError(
            tr(
                "{model} takes {all}, not {argument!r}.",
                model=session.backend.model,
                all=", ".join(known),
                argument=argument,
            )
        )
    session.effort = argument or session.effort
    beside = tr("; a budget takes its place") if session.effort and session.budget else ""
    return ShowMessage(
        tr("Effort: {it}{beside}.", it=session.effort or tr("as the model likes"), beside=beside)
    )


def _efforts(context: CommandContext) -> list[str]:
    return list(context.session.backend.efforts)


def _said(context: CommandContext, text: str) -> ShowMessage:
    """What was set, and where the model cannot do so."""
    remark = context.session.backend.remark(context.session.think, context.session.budget)
    return ShowMessage(verbatim(f"{text} {remark}".rstrip()))


async def _thinking(context: CommandContext, _argument: str) -> Outcome:
    turns = context.session.turns
    return Show("thinking", thoughts(turns[-1].events if turns else ()))


COMMANDS = (
    Command("thinking", "", "open the last thinking, or fold it", _thinking),
    Command("think", "[PROMPT]", "let the model think, from here on or for one prompt", _think),
    Command("no_think", "[PROMPT]", "answer without thinking, likewise", _no_think),
    Command("budget", "[N]", "limit the thinking to N tokens, 0 for no limit", _budget),
    Command("effort", "[WORD]", "how hard a model thinks, where it takes that", _effort, _efforts),
)
