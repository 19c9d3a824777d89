"""Which model answers."""

from difflib import get_close_matches
from urllib.parse import urlsplit

from qchat.backends.model_list import HEADER, Offer, offers, table
from qchat.commands.base import Command, CommandContext, Outcome, ShowMessage
from qchat.protocol.errors import QchatError, UsageError
from qchat.protocol.events import Sent
from qchat.runtime import offline
from qchat.runtime.language import tr, verbatim

NEAREST = 3


async def _backend(context: CommandContext, argument: str) -> Outcome:
    if argument:
        await context.workspace.switch(context.session, argument)
        return _goes_on(context)
    lines = [
        f"{'*' if name == context.session.backend.name else ' '} {name}: {backend.kind}"
        f" {backend.model or 'demo model'} {backend.base_url}".rstrip()
        for name, backend in sorted(context.workspace.settings.backends.items())
    ]
    head = tr("Backends (/backend NAME switches):\n")
    return ShowMessage(verbatim(head + "\n".join(lines)))


async def _model(context: CommandContext, argument: str) -> Outcome:
    session, workspace = context.session, context.workspace
    backend = session.backend
    opened = workspace.pool.opened(backend)
    name = opened.name if opened is not None else backend.name
    if not argument:
        return ShowMessage(verbatim(await _models(context, name)))
    settings = workspace.settings.backends.get(name)
    if settings is not None and settings.kind != "llama.cpp":
        await refuse_unknown(context, name, argument)
    await workspace.switch(session, name, argument)
    return _goes_on(context)


async def refuse_unknown(context: CommandContext, name: str, model: str) -> None:
    """A model that the server does not have is refused now, and not with the next prompt.

    Raises UsageError; a server that cannot be asked, or keeps no list, will say so itself.
    """
    try:
        offered = await _offers(context, name)
    except QchatError:
        return
    names = [offer.name for offer in offered]
    if names and model not in names:
        near = get_close_matches(model, names, NEAREST, cutoff=0.4) or names[:NEAREST]
        raise UsageError(
            tr(
                "{name} has no model {model!r}. It has {all}.",
                name=name,
                model=model,
                all=", ".join(near),
            )
        )


async def _models(context: CommandContext, name: str) -> str:
    """The models of the backend that answers, with what is known of each."""
    backend = context.session.backend
    head = tr("{name} answers with {model}.", name=name, model=backend.model)
    settings = context.workspace.settings.backends.get(name)
    try:
        if settings is None or settings.kind == "llama.cpp":
            lines: list[str] = [*await backend.models()]
        else:
            rows = [offer.row() for offer in await _offers(context, name)]
            lines = table([[tr(name) for name in HEADER], *rows]) if rows else []
    except QchatError as error:
        return tr("{head} It cannot be asked for others now: {error}", head=head, error=error)
    if not lines:
        return tr("{head} It keeps no list of others.", head=head)
    return "\n".join(
        [tr("{head} /model NAME chooses another:", head=head), *(f"  {line}" for line in lines)]
    )


async def _offers(context: CommandContext, name: str) -> tuple[Offer, ...]:
    """What a server offers; that it is asked is listed as what left. Raises QchatError."""
    workspace = context.workspace
    settings = workspace.settings.named(name)
    address = urlsplit(settings.base_url)
    offline.check(address.hostname or "")
    workspace.note_sent(context.session, [Sent(address.netloc, 0, name)])
    return await offers(name, settings, workspace.settings.profiles)


def _goes_on(context: CommandContext) -> ShowMessage:
    """Say who answers from here on, and what that model cannot do as it is told."""
    session = context.session
    backend = session.backend
    remark = backend.remark(session.think, session.budget)
    return ShowMessage(
        verbatim(
            tr("From here on {name} answers ({model}).", name=backend.name, model=backend.model)
            + f" {remark}".rstrip()
        )
    )


def _names(context: CommandContext) -> list[str]:
    return sorted(context.workspace.settings.backends)


COMMANDS = (
    Command("backend", "[NAME]", "list backends, or go on with another", _backend, _names),
    Command("model", "[NAME]", "list the backend's models, or go on with another", _model),
)
