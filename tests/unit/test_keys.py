"""Where keys are looked for and kept, and who may read them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.errors
import pytest

from qchat.config import credentials as keys
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import AuthenticationError, SettingsError

CLOUD = BackendSettings(
    kind="openai",
    base_url="https://dashscope-intl.aliyuncs.com/v1",
    model="m",
    api_key_env="QCHAT_TEST_KEY",
)
SECRET = "sk-very-secret-7"
posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")


class Ring(keyring.backend.KeyringBackend):
    """A keyring that works, in memory; `forgetful` takes secrets and loses them."""

    priority = 1.0  # type: ignore[assignment]

    def __init__(self, forgetful: bool = False) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self._forgetful = forgetful

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if not self._forgetful:
            self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.kept:
            raise keyring.errors.PasswordDeleteError("there is none")
        del self.kept[service, username]


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("QCHAT_TEST_KEY", raising=False)
    before = keyring.get_keyring()
    keyring.set_keyring(keyring.backends.fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "keys.json"


def test_the_environment_then_the_settings_then_what_was_kept(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keys.find("cloud", CLOUD, file) == ""
    keys.keep("cloud", CLOUD, "kept", file)
    assert keys.find("cloud", CLOUD, file) == "kept"
    written = BackendSettings(
        kind="openai", base_url=CLOUD.base_url, api_key_env=CLOUD.api_key_env, api_key="written"
    )
    assert keys.find("cloud", written, file) == "written"
    monkeypatch.setenv("QCHAT_TEST_KEY", "set\n")
    assert keys.resolve_credential("cloud", written, file).key == "set"
    assert "QCHAT_TEST_KEY" in keys.resolve_credential("cloud", written, file).source


@posix
def test_without_a_keyring_a_file_only_its_owner_can_read(file: Path) -> None:
    assert str(file) in keys.keep("cloud", CLOUD, SECRET, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert keys.find("cloud", CLOUD, file) == SECRET
    assert keys.find("other", CLOUD, file) == ""
    file.chmod(0o640)
    with pytest.raises(SettingsError, match=r"Other users can read.*chmod 600"):
        keys.find("cloud", CLOUD, file)


def test_the_keyring_is_taken_where_there_is_one(file: Path) -> None:
    ring = Ring()
    keyring.set_keyring(ring)
    assert keys.keep("cloud", CLOUD, SECRET, file) == "the system's keyring"
    assert SECRET not in file.read_text()
    assert ring.kept == {("qchat", "cloud@dashscope-intl.aliyuncs.com"): SECRET}
    assert keys.resolve_credential("cloud", CLOUD, file).source == "the system's keyring"
    assert keys.forget("cloud", CLOUD, file)
    assert (ring.kept, keys.find("cloud", CLOUD, file)) == ({}, "")
    assert not keys.forget("cloud", CLOUD, file)


def test_a_keyring_that_loses_keys_is_not_trusted(file: Path) -> None:
    keyring.set_keyring(Ring(forgetful=True))
    assert str(file) in keys.keep("cloud", CLOUD, SECRET, file)
    assert keys.find("cloud", CLOUD, file) == SECRET


def test_the_keyring_is_not_asked_for_a_server_here_that_needs_none(file: Path) -> None:
    ring = Ring()
    keyring.set_keyring(ring)
    ring.set_password("qchat", "here", SECRET)
    here = BackendSettings(kind="openai", base_url="http://127.0.0.1:8000/v1", model="m")
    assert keys.find("here", here, file) == ""
    keys.keep("here", here, SECRET, file)
    assert keys.find("here", here, file) == SECRET


@pytest.mark.parametrize("key", ["", "  ", "schlüssel", "two words", "a\x1bb"])
def test_what_cannot_be_a_key_is_refused_unquoted(key: str, file: Path) -> None:
    with pytest.raises(AuthenticationError) as caught:
        keys.keep("cloud", CLOUD, key, file)
    assert not key.strip() or key not in str(caught.value)
    assert not file.exists()


def test_a_broken_file_of_keys_is_named(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("{nonsense")
    file.chmod(0o600)
    with pytest.raises(SettingsError, match=r"keys\.json is damaged"):
        keys.find("cloud", CLOUD, file)


def test_a_found_key_is_not_printed() -> None:
    assert SECRET not in repr(keys.Credential(SECRET, "here"))


def test_a_key_does_not_follow_its_name_to_another_server(file: Path) -> None:
    keys.keep("cloud", CLOUD, SECRET, file)
    elsewhere = BackendSettings(kind="openai", base_url="https://example.org/v1", model="m")
    assert keys.find("cloud", elsewhere, file) == ""
    assert keys.find("cloud", CLOUD, file) == SECRET


@pytest.mark.parametrize("ring", [None, Ring()], ids=["file", "keyring"])
def test_a_key_of_the_first_wave_belongs_to_the_host_of_today(
    file: Path, ring: Ring | None
) -> None:
    if ring is not None:
        keyring.set_keyring(ring)
        ring.set_password("qchat", "cloud", SECRET)
    file.parent.mkdir()
    file.write_text('{"cloud": ""}' if ring is not None else f'{{"cloud": "{SECRET}"}}')
    file.chmod(0o600)
    assert keys.find("cloud", CLOUD, file) == SECRET
    elsewhere = BackendSettings(kind="openai", base_url="https://example.org/v1", model="m")
    assert keys.find("cloud", elsewhere, file) == ""
    assert keys.find("cloud", CLOUD, file) == SECRET
