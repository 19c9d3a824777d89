"""What a server offers to chat with: its models, and what is known of each before it is asked."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from qchat.backends.profiles import profile_for
from qchat.config.profile import Profile
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import ProtocolError

SILENCE_S = 20.0
Known = Literal["yes", "no", "?"]
HEADER = ("model", "context", "thinks", "tools", "pictures", "price in/out per million")
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

    def row(self) -> tuple[str, ...]:
        """The columns of `HEADER`, as a person reads them."""
        context = f"{self.context:,}" if self.context else "?"
        price = f"${self.price[0]:g} / ${self.price[1]:g}" if self.price else "?"
        return (self.name, context, self.thinks, self.tools, self.pictures, price)


class _Model(msgspec.Struct):
    """A line of a server's list, with the fields in which kinds of servers tell the context."""

    id: str = ""
    max_model_len: int | None = None
    """vLLM, SGLang."""
    context_length: int | None = None
    """OpenRouter and other gateways."""
    max_context_length: int | None = None
    """LM Studio."""


class _List(msgspec.Struct):
    data: list[_Model] | None = None


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

    endpoint = Endpoint(name, settings, SILENCE_S)
    try:
        answer = await endpoint.get("models")
    except httpx.HTTPError as error:
        raise failures.from_httpx(error, endpoint.host, streamed=False) from error
    finally:
        await endpoint.aclose()
    try:
        listed = msgspec.convert(answer, _List).data or []
    except msgspec.ValidationError as error:
        raise ProtocolError(
            f"{endpoint.host} answered, but not with a list of models: is it a server for chats?"
        ) from error
    named = {model.id: model for model in listed if model.id and model.id.isprintable()}
    return tuple(_offer(model, profiles) for model in named.values() if chats(model.id))


def chats(model: str) -> bool:
    """Whether a conversation can be had with a model of that name, as far as the name tells."""
    name = model.rpartition("/")[2].lower()
    return not any(fnmatchcase(name, pattern) for pattern in NO_CHAT)


def table(rows: Iterable[Sequence[str]]) -> list[str]:
    """Rows as lines with columns of one width each."""
    rows = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _offer(model: _Model, profiles: Mapping[str, Profile] | None) -> Offer:
    profile = profile_for(model.id, "", profiles)
    known = profile.name != "unknown"
    told = model.max_model_len or model.context_length or model.max_context_length or 0
    thinks = {"switch": "on/off", "always": "always", "never": "no", "unknown": "?"}
    return Offer(
        model.id,
        max(told, 0) or profile.context,
        thinks[profile.thinking],
        "yes" if known else "?",
        ("yes" if profile.images else "no") if known else "?",
        PRICES.get(model.id.rpartition("/")[2].lower()),
    )
