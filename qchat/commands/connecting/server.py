"""A server that speaks the OpenAI protocol: its address, a key where it wants one, a model."""

import re
import unicodedata
from urllib.parse import urlsplit

import msgspec

from qchat.backends.lessons import MAX_CONTEXT, MIN_CONTEXT
from qchat.backends.model_list import Offer
from qchat.backends.profiles import says_itself
from qchat.commands.connecting.models import chosen_model, offered
from qchat.commands.connecting.task import Candidate, Task, refuse_key
from qchat.commands.dialogue import Closed
from qchat.config import credentials as keys
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import (
    AuthenticationError,
    BackendError,
    ConnectionFailed,
    OfflineError,
    UsageError,
)
from qchat.runtime.language import tr
from qchat.runtime.offline import loopback

EXAMPLE = "127.0.0.1:8000"
KEY_TRIES = 3
_BROKEN_SCHEME = re.compile(r"https?:?/", re.I)


async def find(task: Task) -> Candidate:
    """Ask for address, key and model. Raises QchatError."""
    typed = task.given.target or await task.dialogue.enter(
        tr("Address of the server, like {example}", example=EXAMPLE)
    )
    if not typed.strip():
        raise Closed
    failure: BackendError | None = None
    for base_url in addresses(typed):
        name = name_of(base_url)
        settings = _known(task, base_url) or BackendSettings(kind="openai", base_url=base_url)
        try:
            found, key = await _listed(task, name, settings)
        except (AuthenticationError, ConnectionFailed, OfflineError):
            raise
        except BackendError as error:  # nothing of the kind at this path: the next one may have it
            failure = failure or error
            continue
        if found is None and base_url != addresses(typed)[-1]:
            continue
        place = urlsplit(base_url).netloc
        model = await chosen_model(task, place, found, settings.model)
        settings = msgspec.structs.replace(settings, model=model)
        settings, remarks = _as_told(settings, found or ())
        return Candidate(settings, name, key, base_url, remarks)
    raise failure or UsageError(
        tr("Nothing at {typed!r} answers like a server of models.", typed=typed)
    )


def _as_told(
    settings: BackendSettings, found: tuple[Offer, ...]
) -> tuple[BackendSettings, tuple[str, ...]]:
    """The settings with what the list of models tells of its server, and that in words.

    A context that stands there already stays: it may be less than the server has, on purpose.
    """
    of_model = [offer for offer in found if offer.name == settings.model] or found[:1]
    told: list[str] = []
    for offer in of_model[:1]:
        if kind := says_itself(settings, offer.owner):
            settings = msgspec.structs.replace(settings, server=kind)
            told.append(
                tr(
                    'server:    {kind}, as its list of models says (kept as server = "{kind}")',
                    kind=kind,
                )
            )
        if MIN_CONTEXT <= offer.told_context <= MAX_CONTEXT and not settings.context:
            settings = msgspec.structs.replace(settings, context=offer.told_context)
            told.append(
                tr(
                    "context:   {context:,} tokens, as its list of models says (kept as context = "
                    "{context2})",
                    context=offer.told_context,
                    context2=offer.told_context,
                )
            )
    return settings, tuple(told)


async def _listed(
    task: Task, name: str, settings: BackendSettings
) -> tuple[tuple[Offer, ...] | None, str]:
    """What it offers, and the key that it wanted. Raises BackendError."""
    typed = task.given.key
    for attempt in range(KEY_TRIES + 1):
        try:
            key = keys.typed(name, typed)
            return await offered(task, name, settings, key), key
        except AuthenticationError as error:
            if task.given.key or attempt == KEY_TRIES:
                raise
            task.dialogue.say(str(error))
            host = urlsplit(settings.base_url).netloc
            typed = await task.dialogue.enter(
                tr("Key for {host} (it is not shown)", host=host), secret=True
            )
            if not typed.strip():
                raise Closed from error
    raise AssertionError("the last attempt returns or raises")


def addresses(typed: str) -> list[str]:
    """What may be meant by an address: with the path that most servers have, or without.

    Raises UsageError for what is none.
    """
    text = unicodedata.normalize("NFKC", typed).strip().strip("'\"“”‘’«»„<>")
    refuse_key(text)
    text = text if text.endswith("://") else text.rstrip("/")
    for tail in ("/chat/completions", "/completions", "/models"):
        text = text.removesuffix(tail)
    if "://" not in text:
        host = re.split(r"[:/]", text, maxsplit=1)[0] if not text.startswith("[") else text
        text = f"http://{text}"
        if not text.endswith("]") and not _near(host) and re.fullmatch(r"[^:/]+\.[a-z]{2,}", host):
            text = text.replace("http://", "https://", 1)  # a public name: nobody shall listen
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        port, host = None, ""
    if parts_bad(text, host, port):
        raise UsageError(
            tr(
                "Invalid address {typed!r}. Write it like {example}.",
                typed=typed.strip(),
                example=EXAMPLE,
            )
        )
    if urlsplit(text).username is not None:
        raise UsageError(tr("An address holds no user or password: a key is asked for if needed."))
    return [text] if urlsplit(text).path else [f"{text}/v1", text]


def parts_bad(text: str, host: str, port: int | None) -> bool:
    """Whether an address cannot be asked."""
    scheme = text.partition("://")[0].lower()
    odd = any(c.isspace() or not c.isprintable() or c in "?#" for c in text)
    odd = odd or re.search(r"[^\w.:%-]", host) is not None
    broken = _BROKEN_SCHEME.match(text.partition("://")[2]) is not None
    return scheme not in ("http", "https") or not host or odd or broken or port == 0


def name_of(base_url: str) -> str:
    """A name for `config.toml` that tells which server it is."""
    parts = urlsplit(base_url)
    host = parts.hostname or "server"
    host = "localhost" if loopback(host) else host
    text = f"{host}-{parts.port}" if parts.port else host
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "server"


def _near(host: str) -> bool:
    return loopback(host) or host.endswith((".local", ".lan", ".internal", ".home", ".intranet"))


def _known(task: Task, base_url: str) -> BackendSettings | None:
    """The settings that this address has already: what its owner wrote there stays."""
    known = task.workspace.settings.backends.values()
    return next(
        (s for s in known if s.kind == "openai" and s.base_url.rstrip("/") == base_url), None
    )
