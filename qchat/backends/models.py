"""The models that a server offers, by name; asking for them is also how a key is tried."""

from difflib import get_close_matches

import httpx
import msgspec

from qchat.backends import failures
from qchat.backends.endpoint import Endpoint
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import AuthenticationError, BackendError, StatusError
from qchat.protocol.wording import counted
from qchat.runtime.language import tr
from qchat.wire.lenient_json import word

SILENCE_S = 20.0
NEAREST = 3


async def names(endpoint: Endpoint) -> tuple[str, ...]:
    """What the server calls its models; none where it keeps no list. Raises BackendError."""
    try:
        answer = await endpoint.get("models")
    except httpx.HTTPError as error:
        raise failures.from_httpx(error, endpoint.host, streamed=False) from error
    return names_in(answer)


def names_in(answer: object) -> tuple[str, ...]:
    """The names in a list of models, in whatever shape it comes; none where it is no such list.

    `{"data": [{"id"}]}` (OpenAI), a bare list (Together), `{"models": [{"name"}]}` (Ollama), names
    alone.
    """
    named = [name_of(one) for one in listing(answer) or ()]
    return tuple(dict.fromkeys(name for name in named if name and name.isprintable()))


def listing(answer: object) -> list[object] | None:
    """The models in an answer; None for one that is no list of them."""
    if isinstance(answer, list):
        return answer
    for key in ("data", "models", "body", "result"):
        if isinstance(answer, dict) and isinstance(answer.get(key), list | None) and key in answer:
            return answer[key] or []
    return None


def name_of(model: object) -> str:
    """What a model of such a list is called; empty where it has no name."""
    if isinstance(model, str):
        return model
    keys = ("id", "name", "model", "key")
    given = (word(model.get(key)) for key in keys) if isinstance(model, dict) else ()
    return next((name for name in given if name), "")


async def nearest(endpoint: Endpoint, wanted: str) -> tuple[str, ...]:
    """Names like the wanted one, best first; none where nobody says. Never raises BackendError."""
    try:
        offered = await names(endpoint)
    except BackendError:
        return ()
    return tuple(get_close_matches(wanted, offered, NEAREST, cutoff=0.4))


async def offered(
    name: str,
    settings: BackendSettings,
    transport: httpx.AsyncBaseTransport | None = None,
) -> tuple[str, ...]:
    """The models that a backend of these settings offers. Raises BackendError and SettingsError."""
    endpoint = Endpoint(name, settings, SILENCE_S, transport)
    try:
        return await names(endpoint)
    finally:
        await endpoint.aclose()


async def check_key(
    name: str,
    settings: BackendSettings,
    key: str,
    transport: httpx.AsyncBaseTransport | None = None,
) -> str:
    """Try a key at its service, before it is kept; what came of it, in one line.

    Raises AuthenticationError for a key that the service refuses, BackendError where it cannot be
    asked.
    """
    tried = msgspec.structs.replace(settings, api_key=key.strip(), api_key_env="")
    if not tried.api_key:
        raise AuthenticationError(tr("no key was given for backend {name!r}", name=name))
    try:
        models = await offered(name, tried, transport)
    except AuthenticationError:
        raise
    except StatusError as error:
        if error.status != 404:
            raise
        return tr("the service keeps no list of models: the first question will tell")
    return tr(
        "the service takes the key, and offers {models}", models=counted(len(models), "model")
    )
