"""Who this installation is on a Chroma server that many share: a name made once, moved on purpose.

A user's name alone is no one's: it is "default" for everybody. Two machines of one user share their
memories when one is told the other's name.
"""

import re
import secrets
from pathlib import Path

from qchat_memory.errors import MemoryStoreError
from qchat_memory.localized_text import tr

SHARED = "shared"
"""Stands for no name of its own, as the first version of qchat had none."""
_NAME = re.compile(r"[0-9a-f]{32}")


def identity(folder: Path) -> str:
    """This installation's name, made at the first call; empty for `SHARED`.

    Raises MemoryStoreError where it can be neither read nor made.
    """
    file = _file(folder)
    try:
        if not file.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(file, secrets.token_hex(16))
        name = file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise MemoryStoreError(
            tr("The name of this installation cannot be read: {error}", error=error)
        ) from error
    return "" if name == SHARED else _checked(name, file)


def take(folder: Path, name: str) -> None:
    """Be the installation of that name from here on. Raises MemoryStoreError for what is none."""
    identity(folder)
    file = _file(folder)
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    _write(new, name if name == SHARED else _checked(name.strip().lower(), "what was given"))
    new.replace(file)


def _file(folder: Path) -> Path:
    return folder / "installation"


def _write(file: Path, name: str) -> None:
    try:
        file.touch(mode=0o600, exist_ok=False)
    except FileExistsError:  # another process was quicker
        return
    file.write_text(f"{name}\n", "ascii")


def _checked(name: str, where: object) -> str:
    if not _NAME.fullmatch(name):
        raise MemoryStoreError(
            tr(
                "The name of an installation is 32 digits and letters a to f, or "
                "{shared!r}: {where} holds something else.",
                shared=SHARED,
                where=where,
            )
        )
    return name
