"""The kinds of backends, by the name that `config.toml` gives them."""

from typing import assert_never

import msgspec

from qchat.backends.base import Backend
from qchat.backends.local import LocalBackend
from qchat.backends.pictures import Load
from qchat.backends.profiles import profile_for
from qchat.config.settings import Settings


def open_backend(
    name: str, settings: Settings, model: str = "", load_picture: Load | None = None
) -> Backend:
    """Make the backend of that name, with another model if one is given; nothing is asked yet.

    `load_picture` reads those that a model which sees them is sent; engines here have no eyes.
    Raises UsageError for an unknown name and SettingsError for settings that cannot work.
    """
    chosen = settings.named(name)
    if model:
        chosen = msgspec.structs.replace(chosen, model=model)
    profile = profile_for(chosen.model, chosen.profile, settings.profiles)
    match chosen.kind:  # httpx is slow to load, and only for those who ask a server
        case "llama.cpp":
            return LocalBackend(name, chosen, settings.profiles)
        case "openai":
            from qchat.backends.openai import OpenAIBackend  # noqa: PLC0415

            return OpenAIBackend(name, chosen, profile=profile, load_picture=load_picture)
        case "anthropic":
            from qchat.backends.anthropic import AnthropicBackend  # noqa: PLC0415

            return AnthropicBackend(name, chosen, profile=profile, load_picture=load_picture)
    assert_never(chosen.kind)
