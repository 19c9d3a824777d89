"""Where the keys of backends are: the environment, the settings, a 0600 file, the system's keyring.

Nothing else holds one: keys are in no event, log, error, export or process list. A key that is kept
here belongs to a backend *and its host* (`name@host`): when a name comes to stand for another
server, the key of the old one does not go there.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TextIO
from urllib.parse import urlsplit

import msgspec

from qchat.config.file_lock import changing
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import AuthenticationError, SettingsError, UsageError
from qchat.runtime.language import tr
from qchat.runtime.offline import loopback
from qchat.runtime.paths import default_paths, private_dir

SERVICE = "qchat"
"""The name under which the keyring lists them."""
IN_KEYRING = ""
"""Stands in the file where the keyring has the key."""


class Credential(msgspec.Struct, frozen=True):
    """A key, and in words where it was found; both empty where there is none."""

    key: str = ""
    source: str = ""

    def __repr__(self) -> str:
        return f"Found(key=…, source={self.source!r})"


def resolve_credential(name: str, backend: BackendSettings, file: Path | None = None) -> Credential:
    """Look for a backend's key. The keyring may ask its owner for a password: use a thread.

    Raises SettingsError for a key file that others can read, or that is no such file.
    """
    variable = backend.api_key_env
    if variable and (key := os.environ.get(variable, "").strip()):
        return Credential(key, tr("the environment variable {variable}", variable=variable))
    if backend.api_key:
        return Credential(backend.api_key.strip(), tr("the settings file"))
    file = file or default_paths().keys_file
    kept = _bound(name, backend, file)
    account = account_of(name, backend)
    if key := kept.get(account, ""):
        return Credential(key, tr("the file {file}", file=file))
    if (account in kept or expected(backend)) and (key := _from_keyring(account)):
        return Credential(key, tr("the system's keyring"))
    return Credential()


def account_of(name: str, backend: BackendSettings) -> str:
    """Under which name a key is kept: the backend's, and the host that the key is for."""
    try:
        host = urlsplit(backend.base_url).netloc.lower()
    except ValueError:
        host = ""
    return f"{name}@{host}" if host else name


def _bound(name: str, backend: BackendSettings, file: Path) -> dict[str, str]:
    """What the file says. A key of before they had a host gets that which its backend has now."""
    kept = _read(file)
    account = account_of(name, backend)
    if name not in kept or account in kept:
        return kept
    old = kept.pop(name)
    key = old or _from_keyring(name)
    if key:
        kept[account] = key if old or not _to_keyring(account, key) else IN_KEYRING
        with suppress(SettingsError):  # it is found again the next time
            _write(file, kept)
            if not old:
                _delete_from_keyring(name)
    return kept


def in_environment(backend: BackendSettings) -> bool:
    """Whether the environment has this backend's key; asks nobody for a password."""
    return bool(os.environ.get(backend.api_key_env, "").strip()) if backend.api_key_env else False


def find(name: str, backend: BackendSettings, file: Path | None = None) -> str:
    """The key of a backend; empty for none. Raises as `resolve_credential` does."""
    return resolve_credential(name, backend, file).key


def keep(name: str, backend: BackendSettings, key: str, file: Path | None = None) -> str:
    """Keep a key in the keyring, else in a file of its owner's; say in words where it is.

    Raises AuthenticationError for what cannot be a key, SettingsError where it cannot be kept.
    """
    key = checked(name, key.strip())
    if not key:
        raise AuthenticationError(tr("No key was given for backend {name!r}.", name=name))
    file = file or default_paths().keys_file
    account = account_of(name, backend)
    with changing(file):
        kept = _read(file)
        where = (
            tr("the system's keyring")
            if _to_keyring(account, key)
            else tr("the file {file}", file=file)
        )
        kept.pop(name, None)
        kept[account] = key if where.startswith(tr("the file")) else IN_KEYRING
        _write(file, kept)
    return where


def forget(name: str, backend: BackendSettings, file: Path | None = None) -> bool:
    """Remove a key that was kept; False where none was. Raises SettingsError."""
    file = file or default_paths().keys_file
    if not file.exists():
        return False
    with changing(file):
        kept = _read(file)
        accounts = {name, account_of(name, backend)} & kept.keys()
        for account in accounts:
            if kept.pop(account) == IN_KEYRING:
                _delete_from_keyring(account)
        if accounts:
            _write(file, kept)
    return bool(accounts)


def expected(backend: BackendSettings) -> bool:
    """Whether this backend is likely to ask for a key: one is named, or it is another machine."""
    if backend.kind == "llama.cpp":
        return False
    return bool(backend.api_key_env) or not loopback(_host(backend))


def _host(backend: BackendSettings) -> str:
    try:
        return urlsplit(backend.base_url).hostname or ""
    except ValueError:
        return ""


def read_piped(stdin: TextIO) -> str:
    """The key on the first line of standard input. Raises UsageError where that is no text."""
    try:
        return stdin.readline().strip("\ufeff \t\r\n")  # PowerShell begins with a BOM
    except UnicodeDecodeError as error:
        raise UsageError(tr("The key on standard input is not UTF-8 text.")) from error


def typed(name: str, text: str) -> str:
    """A key as somebody typed or piped it, without the quotes and the word it was copied with.

    Raises AuthenticationError for what is something else, without quoting it: no other host and
    no refusal shall show a key that stands in it.
    """
    key = re.sub(r"^(?:authorization:\s*)?bearer\s+", "", text.strip(), flags=re.I)
    key = key.strip("'\"`“”‘’ ")
    if re.match(r"(?:export\s+|set\s+)?[A-Za-z]\w*=[^=]|\$", key):
        raise AuthenticationError(
            tr(
                "Invalid API key for backend {name!r}: give the key alone, without the name of "
                "its variable.",
                name=name,
            )
        )
    if "://" in key or key.startswith(("~/", "./")):
        raise AuthenticationError(
            tr(
                "Invalid API key for backend {name!r}: that is an address or a path. Give the "
                "key itself.",
                name=name,
            )
        )
    return checked(name, key)


def checked(name: str, key: str) -> str:
    """Give a key back that can stand in a header. Raises AuthenticationError, without quoting."""
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise AuthenticationError(
            tr(
                "Invalid API key for backend {name!r}: a key has no spaces and no special "
                "characters.",
                name=name,
            )
        )
    return key


def _read(file: Path) -> dict[str, str]:
    try:
        if os.name == "posix" and file.stat().st_mode & 0o077:
            raise SettingsError(
                tr(
                    "Other users can read the keys in {file}. Protect it: chmod 600 {file}",
                    file=file,
                )
            )
        return msgspec.json.decode(file.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(
            tr("Cannot read the keys in {file}: {why}.", file=file, why=error.strerror)
        ) from error
    except msgspec.DecodeError as error:
        raise SettingsError(
            tr("{file} is damaged. Delete it and enter your keys again.", file=file)
        ) from error


def _write(file: Path, kept: dict[str, str]) -> None:
    """Replace the file in one step; no one else can read it at any moment."""
    fresh = file.with_suffix(".new")
    private_dir(file.parent)
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(msgspec.json.format(msgspec.json.encode(kept)))
        fresh.replace(file)
    except OSError as error:
        raise SettingsError(
            tr("Cannot save the key in {file}: {why}.", file=file, why=error.strerror)
        ) from error


def _from_keyring(name: str) -> str:
    ring = _keyring()
    with suppress(ring.errors.KeyringError, OSError, RuntimeError):
        return ring.get_password(SERVICE, name) or ""
    return ""


def _to_keyring(name: str, key: str) -> bool:
    """Keep it there and read it again: some backends take a secret and forget it."""
    ring = _keyring()
    with suppress(ring.errors.KeyringError, OSError, RuntimeError):
        ring.set_password(SERVICE, name, key)
        return bool(ring.get_password(SERVICE, name) == key)
    return False


def _delete_from_keyring(account: str) -> None:
    ring = _keyring()
    with suppress(ring.errors.KeyringError, OSError, RuntimeError):
        ring.delete_password(SERVICE, account)


def _keyring() -> ModuleType:
    import keyring  # noqa: PLC0415  slow to load, and only for those who keep a key there
    import keyring.errors  # noqa: PLC0415

    return keyring
