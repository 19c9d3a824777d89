"""The Python kernel, which the user and the model share."""

from qchat.commands.base import Command, Outcome, Place, Play, Say
from qchat.errors import UsageError


async def _run(place: Place, argument: str) -> Outcome:
    if not argument:
        raise UsageError("/run CODE runs Python in this session's kernel")
    return Play(f"/run {argument}", place.session.run(argument))


async def _kernel(place: Place, argument: str) -> Outcome:
    return Say(await place.session.toolbox.kernel_command(argument))


COMMANDS = (
    Command("run", "CODE", "run Python in the kernel that the model uses too", _run),
    Command("kernel", "[restart|interrupt]", "show, restart or interrupt the kernel", _kernel),
)
