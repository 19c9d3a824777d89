"""What a model generation and a server understand, read from `profiles.toml`."""

import tomllib
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Literal

import httpx
import msgspec

from qchat.errors import SettingsError
from qchat.settings import BackendSettings

Sampling = dict[str, float]


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One generation of models; the defaults are those of an unknown one."""

    name: str = "unknown"
    match: tuple[str, ...] = ()
    thinking: Literal["switch", "always", "never", "unknown"] = "unknown"
    calls: Literal["json", "xml"] = "json"
    context: int = 0
    when_thinking: Sampling = {}
    when_not: Sampling = {}


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a kind of server takes the knobs; see `profiles.toml` for the fields."""

    switch: Literal["body", "template"]
    hosts: tuple[str, ...] = ()
    budget: str = ""
    budget_message: str = ""
    omit: tuple[str, ...] = ()
    control: bool = False


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    generation: tuple[Profile, ...]
    servers: dict[str, Server]


@cache
def _table() -> _Table:
    text = resources.files("qchat.backends").joinpath("profiles.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), _Table)


def profile_for(model: str, wanted: str = "") -> Profile:
    """The generation of that model, or the one named `wanted`. Raises SettingsError for no such."""
    generations = _table().generation
    if wanted:
        named = [profile for profile in generations if profile.name == wanted]
        if not named:
            known = ", ".join(profile.name for profile in generations)
            raise SettingsError(f"there is no profile named {wanted!r}; known are: {known}")
        return named[0]
    name = model.rpartition("/")[2].lower()
    fits = (p for p in generations if any(fnmatchcase(name, pattern) for pattern in p.match))
    return next(fits, Profile())


def server_for(settings: BackendSettings) -> Server:
    """The kind of server behind these settings: by their kind, else by the host's name."""
    servers = _table().servers
    if settings.kind == "llama.cpp":
        return servers["llama.cpp"]
    host = httpx.URL(settings.base_url).host
    by_host = (s for s in servers.values() if any(fnmatchcase(host, p) for p in s.hosts))
    return next(by_host, servers["plain"])
