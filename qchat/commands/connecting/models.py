"""Which model of a server: chosen from a list that says what each of them can do."""

from difflib import get_close_matches
from urllib.parse import urlsplit

import msgspec

from qchat.backends.model_list import HEADER, Offer, chats, offers, table
from qchat.commands.connecting.task import Task, refuse_key
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import StatusError, UsageError
from qchat.protocol.events import Sent
from qchat.runtime import offline
from qchat.runtime.language import tr

NEAREST = 3


async def offered(
    task: Task, name: str, settings: BackendSettings, key: str = ""
) -> tuple[Offer, ...] | None:
    """What is offered at an address; None where the server keeps no list. Raises BackendError."""
    asked = settings
    if key:
        asked = msgspec.structs.replace(settings, api_key=key, api_key_env="")
    parts = urlsplit(settings.base_url)
    offline.check(parts.hostname or "")
    task.dialogue.say(tr("Asking {netloc} for its models …", netloc=parts.netloc))
    task.sent.append(Sent(parts.netloc, 0, name))
    try:
        return await offers(name, asked, task.workspace.settings.profiles)
    except StatusError as error:
        if error.status not in (404, 405, 501):
            raise
        return None


async def chosen_model(
    task: Task, place: str, found: tuple[Offer, ...] | None, wanted: str = ""
) -> str:
    """The model that is meant; asked where none was named. Raises UsageError for an unknown one."""
    model = task.given.model
    if found is None:
        return model or await task.dialogue.enter(
            tr("{place} keeps no list. Name of the model?", place=place)
        )
    if not found:
        raise UsageError(
            tr(
                "{place} offers no model that one can chat with. Load one there, then connect "
                "again.",
                place=place,
            )
        )
    names = [offer.name for offer in found]
    if model:
        return _known(model, names, place)
    if len(names) == 1:
        return names[0]
    header, *rows = table([[tr(name) for name in HEADER], *(offer.row() for offer in found)])
    at = names.index(wanted) if wanted in names else 0
    question = tr("Which model of {place}?", place=place)
    return names[await task.dialogue.choose(question, rows, at=at, header=header)]


def _known(model: str, names: list[str], place: str) -> str:
    if model in names:
        return model
    refuse_key(model)
    if not chats(model):
        raise UsageError(
            tr(
                "{model} cannot chat. {place} offers {all}.",
                model=model,
                place=place,
                all=", ".join(names[:NEAREST]),
            )
        )
    near = get_close_matches(model, names, NEAREST, cutoff=0.4) or names[:NEAREST]
    raise UsageError(
        tr(
            "{place} has no model {model!r}. It offers {all}.",
            place=place,
            model=model,
            all=", ".join(near),
        )
    )
