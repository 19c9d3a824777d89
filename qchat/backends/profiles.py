"""Which profile is whose: found by the model's name and the server's host, or named by the user."""

import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from urllib.parse import urlsplit

import msgspec

from qchat.config.profile import Profile, Server
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import SettingsError


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    generation: tuple[Profile, ...]
    servers: dict[str, Server]


@cache
def _table() -> _Table:
    text = resources.files("qchat.backends").joinpath("profiles.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), _Table)


def profile_for(model: str, wanted: str = "", own: Mapping[str, Profile] | None = None) -> Profile:
    """The generation of that model, or the one named `wanted`; `own` are the user's, and go first.

    Raises SettingsError for a name that does not exist.
    """
    mine = [msgspec.structs.replace(profile, name=name) for name, profile in (own or {}).items()]
    generations = (*mine, *_table().generation)
    if wanted:
        named = next((profile for profile in generations if profile.name == wanted), None)
        if named is None:
            known = ", ".join(profile.name for profile in generations)
            raise SettingsError(f"there is no profile named {wanted!r}; known are: {known}")
        return named
    name = model.rpartition("/")[2].lower()
    fits = (p for p in generations if any(fnmatchcase(name, pattern) for pattern in p.match))
    return next(fits, Profile())


def server_for(settings: BackendSettings) -> Server:
    """The kind of server behind these settings: as named, by their kind, or by the host's name.

    Raises SettingsError for a kind that does not exist.
    """
    servers = _table().servers
    if settings.server and settings.server not in servers:
        known = ", ".join(servers)
        raise SettingsError(f"there is no server named {settings.server!r}; known are: {known}")
    if settings.server or settings.kind == "llama.cpp":
        return servers[settings.server or "llama.cpp"]
    try:
        host = urlsplit(settings.base_url).hostname or ""
    except ValueError:
        host = ""  # whoever asks it will say so
    by_host = (s for s in servers.values() if any(fnmatchcase(host, p) for p in s.hosts))
    return next(by_host, servers["plain"])


def llama_cpp() -> Server:
    """What a reply with llama.cpp's own timings comes from."""
    return _table().servers["llama.cpp"]


def is_plain(server: Server) -> bool:
    """Whether nothing is known of a server, so that its replies may tell."""
    return server == _table().servers["plain"]


def remark(model: str, profile: Profile, think: bool, budget: int, ends_thinking: bool) -> str:
    """Where a model cannot do as it is told about thinking, in one line; empty where it can.

    `ends_thinking` tells that its server does so itself when a budget is spent.
    """
    match profile.thinking:
        case "never" if think:
            return f"{model} never thinks: it answers at once."
        case "always" if not think:
            return f"{model} always thinks: that cannot be switched off."
        case "unknown" if not (ends_thinking or think):
            return (
                f"qchat does not know how {model} switches its thinking, and sends nothing of it:"
                " give it a profile in config.toml."
            )
        case _:
            pass
    if think and budget and not ends_thinking:
        return f"Its server has no thinking budget: qchat ends the thinking at {budget} tokens."
    return ""
