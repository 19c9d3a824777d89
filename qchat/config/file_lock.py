"""One process at a time changes the files of settings and keys: none loses what another wrote."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qchat.protocol.errors import SettingsError
from qchat.runtime.language import tr
from qchat.runtime.paths import private_dir

LOCK = ".settings.lock"
TIMEOUT_S = 10.0


@contextmanager
def changing(file: Path) -> Iterator[None]:
    """Hold the lock of the folder of a file from reading it to replacing it.

    The system lets go of it when the process dies. Raises SettingsError.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415  for those alone who change something

    folder = private_dir(file.resolve().parent)
    try:
        with FileLock(folder / LOCK, timeout=TIMEOUT_S, mode=0o600):
            yield
    except Timeout as error:
        raise SettingsError(
            tr("Another process is changing {file}. Try again.", file=file)
        ) from error
    except PermissionError as error:
        raise SettingsError(
            tr("Cannot write {file}: {why}.", file=file, why=error.strerror)
        ) from error
