"""The ways from the demo model to a real one: each is tried, then written to `config.toml`."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from qchat.config import config_file
from qchat.config import credentials as keys
from qchat.config.settings import BUILT_IN, BackendSettings
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.local.gguf import read_head
from qchat.protocol.errors import AuthenticationError, ConnectionFailed, SettingsError, UsageError

REGIONS = {
    "Singapore": BUILT_IN["cloud"].base_url,
    "Beijing": "https://dashscope.aliyuncs.com/compatible-mode/v1",
    "Virginia": "https://dashscope-us.aliyuncs.com/compatible-mode/v1",
}
"""A key of the cloud belongs to one of them, and does not say to which."""


class ConnectionMethod(msgspec.Struct, frozen=True):
    """One way to a model: what is asked for, and what is done with it."""

    name: str
    about: str
    asks: str
    connect: Callable[[Workspace, Session, str], Awaitable[str]]
    secret: bool = False


async def with_key(
    workspace: Workspace, session: Session, key: str, regions: dict[str, str] = REGIONS
) -> str:
    """Try a key of the cloud in each region and keep it. Raises QchatError."""
    from qchat.backends import models  # noqa: PLC0415  httpx is slow to load

    keys.checked("cloud", key.strip())
    for region, base_url in regions.items():
        backend = msgspec.structs.replace(BUILT_IN["cloud"], base_url=base_url)
        try:
            said = await models.check_key("cloud", backend, key)
        except AuthenticationError:
            continue
        kept = await asyncio.to_thread(keys.keep, "cloud", key, workspace.paths.keys_file)
        _use(workspace, session, "cloud", backend)
        return f"{region}: {said}. The key is in {kept}."
    raise AuthenticationError(
        f"the service refuses this key, in {', '.join(regions)}; copy it anew, whole"
    )


async def with_file(workspace: Workspace, session: Session, typed: str) -> str:
    """Use a GGUF file of this machine. Raises QchatError."""
    path = await asyncio.to_thread(_absolute, typed)
    await asyncio.to_thread(read_head, path)
    _use(workspace, session, "local", BackendSettings(kind="llama.cpp", model=str(path)))
    return f"{path.name} answers from here on; it is loaded with the first question."


async def with_server(workspace: Workspace, session: Session, typed: str) -> str:
    """Use a server by its address, with the first model that it offers. Raises QchatError."""
    from qchat.backends import models  # noqa: PLC0415  httpx is slow to load

    refused: ConnectionFailed | None = None
    for base_url in _addresses(typed):
        backend = BackendSettings(kind="openai", base_url=base_url)
        try:
            offered = await models.offered("server", backend)
        except ConnectionFailed as error:
            refused = error
            continue
        if not offered:
            raise UsageError(f"{base_url} names no model; set one in config.toml")
        _use(workspace, session, "server", msgspec.structs.replace(backend, model=offered[0]))
        more = f" It also offers {', '.join(offered[1:4])}." if offered[1:] else ""
        return f"{offered[0]} at {base_url} answers from here on.{more}"
    raise refused or UsageError(f"{typed!r} is no address")


CONNECTION_METHODS = (
    ConnectionMethod(
        "cloud", "enter a key of Alibaba Cloud Model Studio", "key", with_key, secret=True
    ),
    ConnectionMethod("file", "use a GGUF file on this machine", "path of the file", with_file),
    ConnectionMethod(
        "server",
        "use a server: vLLM, Ollama, LM Studio …",
        "address, like 127.0.0.1:8000",
        with_server,
    ),
)


def is_new(workspace: Workspace) -> bool:
    """Whether nothing is set up: no settings, no key, and nothing was ever said."""
    cloud = workspace.settings.backends["cloud"]
    return (
        not workspace.paths.config_file.exists()
        and not workspace.sessions()
        and not keys.in_environment(cloud)
    )


def _use(workspace: Workspace, session: Session, name: str, backend: BackendSettings) -> None:
    """Write a backend to the settings, as the one that answers, here and from now on."""
    file = workspace.paths.config_file
    fields = {
        field.name: value
        for field in msgspec.structs.fields(backend)
        if (value := getattr(backend, field.name)) != field.default
    }
    config_file.put(file, f"backends.{name}", fields)
    holds = config_file.put(file, "backend", name)
    workspace.settings = msgspec.structs.replace(
        workspace.settings, backends=holds.backends, backend=name
    )
    workspace.use_backend(session, name)


def _addresses(typed: str) -> list[str]:
    """What may be meant by an address: with the path that most servers have, or without."""
    address = typed.strip().rstrip("/")
    if "://" not in address:
        address = f"http://{address}"
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError
        _ = parts.port
    except ValueError:
        raise SettingsError(f"{typed!r} is no address; write it like 127.0.0.1:8000") from None
    return [address] if parts.path else [f"{address}/v1", address]


def _absolute(typed: str) -> Path:
    return Path(typed.strip()).expanduser().absolute()
