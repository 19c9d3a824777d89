"""How much context servers really take, as their refusals said; kept over a restart.

A server can be started with a longer context than before, so what it said is believed for a while
only: then it costs one refusal to learn it again.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from qchat.runtime.paths import private_dir

BELIEVED_S = 7 * 24 * 3600.0


class _Limit(msgspec.Struct, frozen=True):
    tokens: int
    at: float
    """When it was said, in seconds of Unix time."""


class Limits:
    """In one file for all sessions; one that cannot be read or written is as one without words."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock
        self._known: dict[str, _Limit] | None = None

    def of(self, target: str, model: str) -> int:
        """The longest request in tokens that a model at an address takes; 0 where none was said."""
        said = self._all().get(_name(target, model))
        return said.tokens if said is not None and self._believed(said) else 0

    def learn(self, target: str, model: str, tokens: int) -> None:
        """A refusal has named it."""
        known = {name: said for name, said in self._all().items() if self._believed(said)}
        known[_name(target, model)] = _Limit(tokens, self._clock())
        self._known = known
        beside = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        with suppress(OSError):
            private_dir(self._file.parent)
            beside.write_bytes(msgspec.json.encode(known))
            beside.replace(self._file)

    def _all(self) -> dict[str, _Limit]:
        if self._known is None:
            self._known = {}
            with suppress(OSError, msgspec.DecodeError, msgspec.ValidationError):
                self._known = msgspec.json.decode(self._file.read_bytes(), type=dict[str, _Limit])
        return self._known

    def _believed(self, said: _Limit) -> bool:
        return self._clock() - said.at < BELIEVED_S


def _name(target: str, model: str) -> str:
    return f"{model} at {target}"
