"""What a server offers to chat with: its models, and what is known of each before it is asked."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from qchat.backends.profiles import profile_for
from qchat.config.profile import Profile
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import ProtocolError
from qchat.runtime.cell_width import padded, width
from qchat.runtime.language import tr
from qchat.wire.lenient_json import count, mapping, word

SILENCE_S = 20.0
Known = Literal["yes", "no", "?"]
HEADER = ("model", "context", "thinks", "tools", "pictures", "price per M")
NO_CHAT = (
    *("*embed*", "*rerank*", "bge-*", "gte-*", "*-asr*", "*-tts*", "*whisper*", "cosyvoice*"),
    *("paraformer*", "sensevoice*", "wan[0-9x]*", "*-image*", "*-t2i*", "*-t2v*", "*-i2v*"),
    *("*realtime*", "*livetranslate*", "*-mt-*", "qwen-mt*", "*moderation*", "*guard*"),
    *("*dall-e*", "flux*", "stable-diffusion*", "*speech*", "*-voice*", "*deep-research*"),
)
"""Names of models that no conversation can be had with: patterns, in lower case."""
PRICES = {"qwen3.8-max": (2.0, 6.0)}
"""Dollars for a million tokens, in and out, where the vendor's page names them (September 2026)."""


class Offer(msgspec.Struct, frozen=True):
    """One model of a server; `context` in tokens, 0 where nobody says."""

    name: str
    context: int = 0
    thinks: str = "?"
    tools: Known = "?"
    pictures: Known = "?"
    price: tuple[float, float] | None = None
    owner: str = ""
    """What the list says in `owned_by`: some servers name themselves there."""
    told_context: int = 0
    """The context where the list itself tells it; else `context` is that of models of this name."""

    def row(self) -> tuple[str, ...]:
        """The columns of `HEADER`, as the user reads them."""
        context = f"{self.context:,}" if self.context else "?"
        price = f"${self.price[0]:g} / ${self.price[1]:g}" if self.price else "?"
        return (self.name, context, self.thinks, self.tools, self.pictures, price)


CONTEXT_KEYS = ("max_model_len", "context_length", "max_context_length", "context_window")
"""Where a list of models tells the context: vLLM and SGLang, gateways, LM Studio, Groq."""


async def offers(
    name: str,
    settings: BackendSettings,
    profiles: Mapping[str, Profile] | None = None,
) -> tuple[Offer, ...]:
    """The models that one can chat with at that address, in the server's order.

    Raises BackendError, SettingsError, and ProtocolError for an answer that is no list of models.
    """
    import httpx  # noqa: PLC0415  slow to load, as what asks servers is

    from qchat.backends import failures  # noqa: PLC0415
    from qchat.backends.endpoint import Endpoint  # noqa: PLC0415
    from qchat.backends.models import listing, name_of  # noqa: PLC0415

    endpoint = Endpoint(name, settings, SILENCE_S)
    try:
        answer = await endpoint.get("models")
    except httpx.HTTPError as error:
        raise failures.from_httpx(error, endpoint.host, streamed=False) from error
    finally:
        await endpoint.aclose()
    listed = listing(answer)
    if listed is None:
        raise ProtocolError(
            tr(
                "{host} answered, but not with a list of models: is it a server for chats?",
                host=endpoint.host,
            )
        )
    named = {name: model for model in listed if (name := name_of(model)) and name.isprintable()}
    return tuple(_offer(name, named[name], profiles) for name in named if chats(name))


def chats(model: str) -> bool:
    """Whether a conversation can be had with a model of that name, as far as the name tells."""
    name = model.rpartition("/")[2].lower()
    return not any(fnmatchcase(name, pattern) for pattern in NO_CHAT)


def table(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows as lines with columns of one width each."""
    rows = [tuple(row) for row in rows]
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(padded(cell, wide) for cell, wide in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _offer(name: str, model: object, profiles: Mapping[str, Profile] | None) -> Offer:
    profile = profile_for(name, "", profiles)
    known = profile.name != "unknown"
    told = next((number for key in CONTEXT_KEYS if (number := count(mapping(model).get(key)))), 0)
    thinks = {"switch": "on/off", "always": "always", "never": "no", "unknown": "?"}
    return Offer(
        name,
        told or profile.context,
        thinks[profile.thinking],
        "yes" if known else "?",
        ("yes" if profile.images else "no") if known else "?",
        PRICES.get(name.rpartition("/")[2].lower()),
        word(mapping(model).get("owned_by")),
        told,
    )
