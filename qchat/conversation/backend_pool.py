"""The backends that are open, each by what it is: none is ever found again by its name alone."""

from collections.abc import Mapping
from functools import partial

import msgspec

from qchat.backends.base import Backend
from qchat.backends.catalog import open_backend
from qchat.backends.identity import Identity, identity, target
from qchat.backends.local import LocalBackend
from qchat.config.settings import Settings
from qchat.runtime.paths import Paths
from qchat_tools import files


class Opened(msgspec.Struct, frozen=True):
    """Where an open backend comes from."""

    name: str
    model: str
    """The one that was asked for beside the name; empty for the backend's own."""
    target: str


class BackendPool:
    """Opens backends, keeps them while they are what the settings say, and closes them.

    `given` take the place of what the settings say under their names.
    """

    def __init__(self, paths: Paths, given: Mapping[str, Backend] | None = None) -> None:
        self._paths = paths
        self._given = dict(given or {})
        self._open: dict[Identity, Backend] = {}
        self._opened: dict[int, Opened] = {}
        """By the id of the object, which lives as long as this pool."""

    def get(self, name: str, settings: Settings, model: str = "") -> Backend:
        """The backend of that name, with another model if one is named.

        Raises UsageError for an unknown name, SettingsError.
        """
        if name in self._given:
            self._opened[id(self._given[name])] = Opened(name, model, name)
            return self._given[name]
        chosen = settings.named(name)
        if model:
            chosen = msgspec.structs.replace(chosen, model=model)
        key = identity(name, chosen, settings.profiles, self._paths)
        if key not in self._open:
            load = partial(files.load, folder=self._paths.files_dir)
            self._open[key] = open_backend(name, settings, model, load)
        backend = self._open[key]
        self._opened[id(backend)] = Opened(name, model, target(chosen))
        return backend

    def opened(self, backend: Backend) -> Opened | None:
        """Where a backend comes from; None for one that was not opened here."""
        return self._opened.get(id(backend))

    def knows(self, name: str, settings: Settings) -> bool:
        """Whether there is a backend of that name."""
        return name in self._given or name in settings.backends

    def give(self, name: str, backend: Backend) -> None:
        """Let a backend stand for whatever the settings say under that name."""
        self._given[name] = backend

    async def unload(self, keep: Backend) -> None:
        """Take other local models out of memory: two seldom fit. They load again when used."""
        for backend in self._open.values():
            if backend is not keep and isinstance(backend, LocalBackend) and not backend.busy:
                await backend.aclose()

    async def aclose(self) -> None:
        for backend in (*self._open.values(), *self._given.values()):
            await backend.aclose()
