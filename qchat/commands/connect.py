"""From the demo model to a real one."""

from qchat.commands.base import Command, CommandContext, Outcome, Show, ShowMessage
from qchat.commands.onboarding import CONNECTION_METHODS
from qchat.protocol.errors import UsageError

HELP = """\
/connect file PATH       answer with a GGUF file of this machine
/connect server ADDRESS  answer with a server, like 127.0.0.1:8000
qchat backends key cloud enters a key of Alibaba Cloud Model Studio; then /backend cloud"""


async def _connect(context: CommandContext, argument: str) -> Outcome:
    name, _, value = argument.partition(" ")
    if not name:
        return Show("connect", HELP)
    way = next((way for way in CONNECTION_METHODS if way.name == name), None)
    if way is None or way.secret or not value.strip():  # what is typed here is kept as history
        raise UsageError(f"/connect {name} cannot be used so:\n{HELP}")
    return ShowMessage(await way.connect(context.workspace, context.session, value))


COMMANDS = (
    Command(
        "connect",
        "[file PATH|server ADDRESS]",
        "choose who answers: a key, a file, a server",
        _connect,
        lambda _place: [way.name for way in CONNECTION_METHODS if not way.secret],
    ),
)
