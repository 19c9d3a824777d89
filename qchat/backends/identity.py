"""What a backend is: its kind, address or file, the place of its key, and every setting.

A name in `config.toml` is a label. The same name may stand for another server a minute later, and
whoever keeps open backends must not go by it: the words of a conversation would go to the old one.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from qchat.config.profile import Profile
from qchat.config.settings import BackendSettings
from qchat.local import model_folders
from qchat.protocol.errors import ModelFileError
from qchat.runtime.paths import Paths
from qchat_assets import demo_model_path

DEMO = "the demo model"


class Identity(msgspec.Struct, frozen=True):
    """Equal only for backends that cannot be told apart, key included."""

    label: str
    """The name in `config.toml`, by which its requests are recorded."""
    settings: bytes
    profiles: bytes
    file: tuple[str, int, int] | None
    """Path, size and time of change of a model's file; None for a server's model."""
    key: tuple[int, ...]
    """Changes with the environment variable or the file of keys; never the key itself."""


def identity(
    label: str, settings: BackendSettings, profiles: Mapping[str, Profile], paths: Paths
) -> Identity:
    """Say what the backend of these settings is at this moment. Reads no model and asks nobody."""
    encode = msgspec.json.Encoder(order="sorted").encode
    return Identity(
        label,
        encode(settings),
        encode(dict(profiles)),
        _file(settings),
        _key(settings, paths),
    )


def target(settings: BackendSettings) -> str:
    """Where its words go, as the user reads it: an address, a file, or the demo model."""
    if settings.kind != "llama.cpp":
        return settings.base_url.rstrip("/")
    if not settings.model:
        return DEMO
    try:
        return str(model_folders.find(settings.model).resolve())
    except ModelFileError:
        return settings.model


def _file(settings: BackendSettings) -> tuple[str, int, int] | None:
    if settings.kind != "llama.cpp":
        return None
    try:
        path = model_folders.find(settings.model) if settings.model else demo_model_path()
        found = path.stat()
    except (ModelFileError, OSError):
        return (settings.model, 0, 0)
    return (str(path.resolve()), found.st_size, found.st_mtime_ns)


def _key(settings: BackendSettings, paths: Paths) -> tuple[int, ...]:
    if settings.kind == "llama.cpp":
        return ()
    variable = os.environ.get(settings.api_key_env, "") if settings.api_key_env else ""
    return (hash(variable), *_stamp(paths.keys_file))


def _stamp(file: Path) -> tuple[int, int]:
    try:
        found = file.stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
