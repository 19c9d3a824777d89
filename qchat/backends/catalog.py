"""The kinds of backends, by the name that `config.toml` gives them."""

from typing import assert_never

from qchat.backends.base import Backend
from qchat.backends.local import LocalBackend
from qchat.settings import Settings


def open_backend(name: str, settings: Settings) -> Backend:
    """Make the backend of that name; nothing is asked or loaded yet.

    Raises UsageError for an unknown name and SettingsError for settings that cannot work.
    """
    chosen = settings.named(name)
    match chosen.kind:
        case "llama.cpp":
            return LocalBackend(name, chosen)
        case "openai" | "anthropic":
            from qchat.backends.openai import OpenAIBackend  # noqa: PLC0415  httpx is slow to load

            return OpenAIBackend(name, chosen)
    assert_never(chosen.kind)
