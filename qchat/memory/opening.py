"""Opens a user's memories as the settings say: where they lie, and who makes their vectors."""

import os
from pathlib import Path

from qchat.config.settings import MemorySettings
from qchat.egress.traffic import Traffic
from qchat.memory.project import project_here
from qchat.protocol.errors import QchatError
from qchat.runtime.language import verbatim
from qchat.runtime.paths import Paths
from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.e5 import E5Embedder
from qchat_memory.storage.embed import Embedder, StaticEmbedder
from qchat_memory.storage.installation import identity
from qchat_memory.store import MemoryStore
from qchat_tools.typed_path import typed_path


def open_memory(
    settings: MemorySettings, paths: Paths, user: str, traffic: Traffic
) -> MemoryStore | None:
    """The memories of a user, nothing of them loaded yet; None where memory is off.

    What they send to other hosts is allowed, and noted, by `traffic`.
    """
    if not settings.enabled:
        return None
    return MemoryStore(
        paths.memory_dir,
        user,
        embedder_of(settings, traffic),
        server=settings.chroma_url,
        token=os.environ.get(settings.chroma_token_env, ""),
        owner=owner_of(settings, paths),
        ca=settings.chroma_ca,
        leaving=lambda host, size: traffic.note(host, size, "memory server"),
        known=lambda name: _known(name, settings, traffic),
        project=project_here(),
    )


def owner_of(settings: MemorySettings, paths: Paths) -> str:
    """Whose memories on a server are meant; nobody's where they are on this machine."""
    if not settings.chroma_url:
        return ""
    try:
        return identity(paths.memory_dir)
    except MemoryStoreError as error:
        raise QchatError(verbatim(str(error))) from error


def embedder_of(settings: MemorySettings, traffic: Traffic) -> Embedder:
    """The embedder that is wanted."""
    if settings.embedder == "static":
        return StaticEmbedder()
    if settings.embedder == "multilingual":
        return E5Embedder()
    # What reaches a model is loaded only where one is set.
    from qchat.backends.embeddings import LocalEmbedder  # noqa: PLC0415

    if "://" in settings.embedder:
        return _endpoint(settings.embedder, settings.embedder_model, settings, traffic)
    return LocalEmbedder(typed_path(settings.embedder))


def _key(settings: MemorySettings) -> str:
    return os.environ.get(settings.embedder_key_env, "") if settings.embedder_key_env else ""


def _endpoint(url: str, model: str, settings: MemorySettings, traffic: Traffic) -> Embedder:
    from qchat.backends.embeddings import EndpointEmbedder  # noqa: PLC0415

    def leaving(host: str, size: int) -> None:
        traffic.note(host, size, "embeddings")

    return EndpointEmbedder(url, model, _key(settings), leaving=leaving)


def _known(name: str, settings: MemorySettings, traffic: Traffic) -> Embedder | None:
    """An embedder by the name that it left with its vectors; None if it is not to be had."""
    if name == StaticEmbedder.name:
        return StaticEmbedder()
    if name == E5Embedder.name:
        return E5Embedder()
    if name.startswith("wordllama-"):
        return None  # what qchat 0.2 came with: words alone find, until there are new vectors
    from qchat.backends.embeddings import LocalEmbedder  # noqa: PLC0415

    kind, _, rest = name.partition(":")
    if kind == "endpoint":
        url, _, model = rest.rpartition(" ")
        return _endpoint(url, model, settings, traffic)
    file = LocalEmbedder(Path(rest.partition(":")[2]))
    return file if file.name == name else None  # another file may lie there now
