"""What left the machine, and that nothing may."""

from qchat.commands.base import Command, CommandContext, Outcome, ShowMessage
from qchat.egress import ledger as egress
from qchat.protocol.errors import UsageError
from qchat.runtime import offline
from qchat.runtime.language import tr, verbatim


async def _egress(context: CommandContext, _argument: str) -> Outcome:
    turns = context.session.senders()
    if elsewhere := context.workspace.sent_elsewhere(context.session):
        turns.append(elsewhere)
    report = egress.report(turns)
    return ShowMessage(
        tr("{report}\nOffline: only this machine is asked.", report=report)
        if offline.forbidden()
        else verbatim(report)
    )


async def _offline(context: CommandContext, argument: str) -> Outcome:
    if argument not in ("", "on", "off"):
        raise UsageError(
            tr("Use /offline on or /offline off, not {argument!r}.", argument=argument)
        )
    if argument:
        context.workspace.go_offline(context.session, argument == "on")
    if offline.forbidden():
        return ShowMessage(
            tr("Offline: no connection but to this machine, here and when this is continued.")
        )
    return ShowMessage(tr("Online: backends and the web may be asked."))


COMMANDS = (
    Command("egress", "", "list what left this machine: hosts, bytes, memories", _egress),
    Command(
        "offline",
        "[on|off]",
        "forbid every connection but to this machine, or allow them",
        _offline,
        lambda _place: ["on", "off"],
    ),
)
