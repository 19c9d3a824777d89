"""What is remembered about the user."""

from qchat.commands.base import Command, Outcome, Place, Say
from qchat.errors import UsageError


async def _pin(place: Place, argument: str) -> Outcome:
    if not argument:
        raise UsageError("/pin TEXT keeps a memory in front of the model; /pin ID pins one")
    return Say(await place.session.toolbox.pin(argument))


async def _remember(place: Place, argument: str) -> Outcome:
    if not argument:
        raise UsageError("/remember TEXT says what to keep")
    return Say(await place.session.toolbox.remember(argument))


async def _forget(place: Place, argument: str) -> Outcome:
    if not argument:
        raise UsageError("/forget ID says which memory; /memory shows them with their ids")
    return Say(await place.session.toolbox.forget(argument))


async def _memory(place: Place, argument: str) -> Outcome:
    return Say(await place.session.toolbox.memories(argument))


COMMANDS = (
    Command("remember", "TEXT", "keep something about you for later sessions", _remember),
    Command("pin", "TEXT|ID", "keep a memory always in front of the model", _pin),
    Command("memory", "[WORDS]", "list what is remembered, or search in it", _memory),
    Command("forget", "ID", "remove a memory", _forget),
)
