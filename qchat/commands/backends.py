"""Which model answers."""

from qchat.commands.base import Command, Outcome, Place, Say


async def _backend(place: Place, argument: str) -> Outcome:
    if argument:
        place.workspace.use_backend(place.session, argument)
        backend = place.session.backend
        return Say(f"From here on {backend.name} answers ({backend.model}).")
    lines = [
        f"{'*' if name == place.session.backend.name else ' '} {name}: {backend.kind}"
        f" {backend.model or 'demo model'} {backend.base_url}".rstrip()
        for name, backend in sorted(place.workspace.settings.backends.items())
    ]
    return Say("Backends (/backend NAME switches):\n" + "\n".join(lines))


def _backend_names(place: Place) -> list[str]:
    return sorted(place.workspace.settings.backends)


COMMANDS = (
    Command("backend", "[NAME]", "list backends, or go on with another", _backend, _backend_names),
)
