"""Which profile is whose: found by the model's name and the server's host, or named by the user."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from urllib.parse import urlsplit

import msgspec

from qchat.config.profile import Profile, Server
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import SettingsError
from qchat.runtime.language import tr


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
    generations: tuple[Profile, ...] = (*mine, *_table().generation)
    if wanted:
        named = next((profile for profile in generations if profile.name == wanted), None)
        if named is None:
            known = ", ".join(profile.name for profile in generations)
            raise SettingsError(
                tr(
                    "there is no profile named {wanted!r}; known are: {known}",
                    wanted=wanted,
                    known=known,
                )
            )
        return named
    for names in _names(model):
        for profile in generations:
            if any(fnmatchcase(name, pattern) for name in names for pattern in profile.match):
                return profile
        generations = _table().generation  # the user's patterns are for the name itself
    return Profile()


def _names(model: str) -> Iterator[tuple[str, ...]]:
    """The names that a model goes by: its own, as it is and without its hub's dress.

    Behind it the folders of a path that speak of Qwen: caches of hubs end in a hash.
    """
    parts = [part for part in model.lower().replace("\\", "/").split("/") if part.strip()]
    for at, part in enumerate(reversed(parts)):
        if at == 0 or "qwen" in part:
            yield part, _plain_name(part)


def _plain_name(name: str) -> str:
    """The words of a name with dashes between.

    Hubs write `:`, `_`, `qwen-3`, `qwen3p5`, `qwen3_5` (where `qwen3_8b` is a size) and `qwen3vl`.
    """
    name = re.sub(r"qwen3_(?=[5-9](?![\db.]))", "qwen3.", name.strip().removesuffix(".gguf"))
    name = re.sub(r"[_:@\s]+", "-", name)
    name = re.sub(r"qwen3(?=[a-oq-z])", "qwen3-", name)
    name = re.sub(r"qwen-(?=\d)", "qwen", name)
    return re.sub(r"qwen3p(?=\d)", "qwen3.", name)


def server_for(settings: BackendSettings) -> Server:
    """The kind of server behind these settings: as named, by their kind, or by the host's name.

    Raises SettingsError for a kind that does not exist.
    """
    servers = _table().servers
    if settings.server and settings.server not in servers:
        known = ", ".join(servers)
        raise SettingsError(
            tr(
                "there is no server named {server!r}; known are: {known}",
                server=settings.server,
                known=known,
            )
        )
    if settings.server or settings.kind == "llama.cpp":
        return servers[settings.server or "llama.cpp"]
    try:
        address = urlsplit(settings.base_url)
        host, place = address.hostname or "", f"{address.hostname}:{address.port}"
    except ValueError:
        host = place = ""  # whoever asks it will say so
    by_host = (
        server
        for server in servers.values()
        if any(fnmatchcase(at, pattern) for at in (host, place) for pattern in server.hosts)
    )
    return next(by_host, servers["plain"])


def says_itself(settings: BackendSettings, owner: str) -> str:
    """The kind of server that a list of models names in `owned_by`; empty where it is no news.

    A kind in the settings that no such word stands for was chosen by the user, and stays.
    """
    servers = _table().servers
    told = next((kind for kind, server in servers.items() if owner in server.owners), "")
    own = settings.server and not servers[settings.server].owners
    return "" if not told or own or server_for(settings) == servers[told] else told


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
            return tr("{model} never thinks: it answers at once.", model=model)
        case "always" if not think:
            return tr("{model} always thinks: that cannot be switched off.", model=model)
        case "unknown" if not (ends_thinking or think):
            return tr(
                "qchat does not know how {model} switches its thinking, and sends nothing "
                "of it: give it a profile in config.toml.",
                model=model,
            )
        case _:
            pass
    if think and budget and not ends_thinking:
        return tr(
            "Its server has no thinking budget: qchat ends the thinking at {budget} tokens.",
            budget=budget,
        )
    return ""
