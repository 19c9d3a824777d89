"""Which model answers."""

from qchat.commands.base import Command, CommandContext, Outcome, RunTurn, ShowMessage
from qchat.protocol.errors import QchatError, UsageError


async def _backend(context: CommandContext, argument: str) -> Outcome:
    if argument:
        await context.workspace.switch(context.session, argument)
        return _goes_on(context)
    lines = [
        f"{'*' if name == context.session.backend.name else ' '} {name}: {backend.kind}"
        f" {backend.model or 'demo model'} {backend.base_url}".rstrip()
        for name, backend in sorted(context.workspace.settings.backends.items())
    ]
    return ShowMessage("Backends (/backend NAME switches):\n" + "\n".join(lines))


async def _model(context: CommandContext, argument: str) -> Outcome:
    backend = context.session.backend
    if argument:
        await context.workspace.switch(context.session, backend.name, argument)
        return _goes_on(context)
    try:
        names = await backend.models()
    except QchatError as error:
        return ShowMessage(
            f"{backend.name} answers with {backend.model}; no list of others: {error}"
        )
    others = "".join(f"\n  {name}" for name in names)
    return ShowMessage(
        f"{backend.name} answers with {backend.model}. It has:{others or ' no list'}"
    )


def _goes_on(context: CommandContext) -> ShowMessage:
    """Say who answers from here on, and what that model cannot do as it is told."""
    session = context.session
    backend = session.backend
    remark = backend.remark(session.think, session.budget)
    return ShowMessage(f"From here on {backend.name} answers ({backend.model}). {remark}".rstrip())


async def _compare(context: CommandContext, argument: str) -> Outcome:
    if not argument:
        raise UsageError("Name a backend to compare with: /compare NAME.")
    if not context.session.last_prompt:
        raise UsageError("Nothing has been asked yet that another backend could answer.")
    name, _, model = argument.partition(" ")
    backend = context.workspace.backend(name, model.strip())
    await backend.check()  # what cannot answer leaves no branch behind
    events = context.session.compare(backend)
    return RunTurn(context.session.last_prompt, events)


def _names(context: CommandContext) -> list[str]:
    return sorted(context.workspace.settings.backends)


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
