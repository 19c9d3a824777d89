"""Changes to `config.toml` that keep what its owner wrote there: comments, order, spelling."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from qchat.config import settings
from qchat.config.file_lock import changing
from qchat.config.settings import Settings
from qchat.protocol.errors import SettingsError
from qchat.runtime.language import tr
from qchat.runtime.paths import private_dir


def put(path: Path, key: str, value: object, *below: Path) -> Settings:
    """Set a dotted key and give back what holds now.

    The file is replaced in one step, and only by one that can be used, over the files `below`.
    Raises SettingsError.
    """
    return put_all(path, {key: value}, *below)


def put_all(path: Path, changes: Mapping[str, object], *below: Path) -> Settings:
    """Set several dotted keys in one step, as `put` does: all of them or none."""
    with changing(path):
        return _changed(path, changes, below)


def _changed(path: Path, changes: Mapping[str, object], below: Sequence[Path]) -> Settings:
    text = _read(path)
    for key, value in changes.items():
        text = _with(text, key, value, path)
    holds = settings.parse(text, str(path), *(file for file in below if file != path))
    write(path, text)
    return holds


def put_text(path: Path, key: str, typed: str, *below: Path) -> Settings:
    """The same with what the user typed: a value of TOML, or a word that needs no quotes."""
    import tomlkit  # noqa: PLC0415  for those alone who change their settings
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    try:
        return put(path, key, tomlkit.value(typed).unwrap(), *below)
    except (TOMLKitError, SettingsError) as first:
        try:
            return put(path, key, typed, *below)
        except SettingsError as second:
            raise (first if isinstance(first, SettingsError) else second) from None


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(tr("Cannot read {path}: {error}.", path=path, error=error)) from error


def _with(text: str, key: str, value: object, path: Path) -> str:
    import tomlkit  # noqa: PLC0415  for those alone who change their settings
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415
    from tomlkit.items import Table  # noqa: PLC0415

    *tables, name = key.split(".")
    if not all((*tables, name)):
        raise SettingsError(
            tr("Invalid setting name {key!r}. Write it like theme or backends.big.model.", key=key)
        )
    try:
        document = tomlkit.parse(text)
        place: tomlkit.TOMLDocument | Table = document
        for table in tables:
            if table not in place:
                place[table] = tomlkit.table(is_super_table=table != tables[-1] or _tables(value))
            below = place[table]
            if not isinstance(below, Table):
                raise SettingsError(
                    tr(
                        "{path}: {table} is one value, so {key} cannot be set.",
                        path=path,
                        table=table,
                        key=key,
                    )
                )
            place = below
        place[name] = value
        return tomlkit.dumps(document)
    except TOMLKitError as error:
        raise SettingsError(
            tr("{path} is not valid TOML: {error}", path=path, error=error)
        ) from error


def _tables(value: object) -> bool:
    """Whether a value is written as tables of its own, so that their parent needs no header."""
    return isinstance(value, dict)


def write(path: Path, text: str) -> None:
    """Put a whole file in place, readable by its owner only. Raises SettingsError.

    A link in its place (a folder of dotfiles) stays one.
    """
    place = path.resolve()
    private_dir(place.parent)
    try:
        handle, fresh = tempfile.mkstemp(dir=place.parent, prefix=".config-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(fresh).replace(place)
        except BaseException:
            Path(fresh).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise SettingsError(
            tr("Cannot write {path}: {error}.", path=path, error=error.strerror or error)
        ) from error
