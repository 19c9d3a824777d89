"""From the demo model to a real one."""

from qchat.commands.base import Command, CommandContext, Converse, Outcome, Show, ShowMessage
from qchat.commands.connecting import METHODS, Given, Method, connect, method_named
from qchat.commands.connecting.file import complete
from qchat.commands.dialogue import Dialogue
from qchat.config.regions import REGIONS, known_region
from qchat.runtime.language import tr, verbatim

HELP = """\
/connect cloud [REGION]    use Alibaba Cloud Model Studio; the key is asked for, unseen
/connect file [PATH]       use a GGUF file of this machine
/connect server [ADDRESS]  use a server, like 127.0.0.1:8000
Each is tried before it is kept; MODEL behind it, or a list, says which model."""


async def _connect(context: CommandContext, argument: str) -> Outcome:
    name, _, value = argument.partition(" ")
    if not name:
        return Show("connect", HELP)
    return conversation(context, method_named(name), value.strip())


def conversation(context: CommandContext, method: Method, typed: str = "") -> Converse:
    """The steps of one way, with what was typed behind its name."""

    async def run(dialogue: Dialogue) -> Outcome:
        given = _given(method, typed)
        said = await connect(method, context.workspace, context.session, dialogue, given)
        return ShowMessage(verbatim(said))

    about = tr(method.about)
    return Converse(verbatim(about[:1].upper() + about[1:]), run)


def _given(method: Method, typed: str) -> Given:
    """A path is taken whole, blanks and all; elsewhere the last word may name the model."""
    target, _, model = typed.rpartition(" ")
    apart = target and (" " not in target.strip() or known_region(target) is not None)
    whole = method.name == "file" or (method.name == "cloud" and known_region(typed) is not None)
    if whole or not apart:
        return Given(target=typed)
    return Given(target=target.strip(), model=model)


def completions(argument: str) -> list[str]:
    """What may stand behind `/connect `: a way, paths behind `file`, regions behind `cloud`."""
    name, space, typed = argument.partition(" ")
    if name == "file" and space:
        return [f"file {path}" for path in complete(typed)]
    if name == "cloud" and space:
        names = [tr(region.name) for region in REGIONS]
        return [f"cloud {name}" for name in names if name.lower().startswith(typed.lower())]
    return [f"{method.name} " for method in METHODS if method.name.startswith(argument)]


COMMANDS = (
    Command(
        "connect",
        "[cloud|file|server] [WHERE]",
        "choose who answers: the cloud, a file, a server",
        _connect,
        complete=completions,
    ),
)
