"""Which model answers."""

from qchat.commands.base import Command, Outcome, Place, Play, Say
from qchat.protocol.errors import QchatError, UsageError


async def _backend(place: Place, argument: str) -> Outcome:
    if argument:
        await place.workspace.switch(place.session, argument)
        return _goes_on(place)
    lines = [
        f"{'*' if name == place.session.backend.name else ' '} {name}: {backend.kind}"
        f" {backend.model or 'demo model'} {backend.base_url}".rstrip()
        for name, backend in sorted(place.workspace.settings.backends.items())
    ]
    return Say("Backends (/backend NAME switches):\n" + "\n".join(lines))


async def _model(place: Place, argument: str) -> Outcome:
    backend = place.session.backend
    if argument:
        await place.workspace.switch(place.session, backend.name, argument)
        return _goes_on(place)
    try:
        names = await backend.models()
    except QchatError as error:
        return Say(f"{backend.name} answers with {backend.model}; no list of others: {error}")
    others = "".join(f"\n  {name}" for name in names)
    return Say(f"{backend.name} answers with {backend.model}. It has:{others or ' no list'}")


def _goes_on(place: Place) -> Say:
    """Say who answers from here on, and what that model cannot do as it is told."""
    session = place.session
    backend = session.backend
    remark = backend.remark(session.think, session.budget)
    return Say(f"From here on {backend.name} answers ({backend.model}). {remark}".rstrip())


async def _compare(place: Place, argument: str) -> Outcome:
    if not argument:
        raise UsageError("/compare NAME answers the last prompt with another backend")
    name, _, model = argument.partition(" ")
    events = place.session.compare(place.workspace.backend(name, model.strip()))
    return Play(place.session.last_prompt, events)


def _names(place: Place) -> list[str]:
    return sorted(place.workspace.settings.backends)


COMMANDS = (
    Command("backend", "[NAME]", "list backends, or go on with another", _backend, _names),
    Command("model", "[NAME]", "list the backend's models, or go on with another", _model),
    Command(
        "compare",
        "NAME [MODEL]",
        "answer the last prompt with another backend, as a branch beside it",
        _compare,
        _names,
    ),
)
