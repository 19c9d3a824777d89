"""The settings file is changed, and stays its owner's."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchat.config.config_file import put, put_text
from qchat.config.file_lock import LOCK
from qchat.config.settings import load
from qchat.protocol.errors import SettingsError

OWN = """\
# my settings
think = false   # never

[backends.big]  # at home
kind = "openai"
base_url = "http://127.0.0.1:8000/v1"
model = 'x'
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(OWN)
    return path


def test_all_that_was_there_stays_as_it_was(file: Path) -> None:
    holds = put(file, "backends.big.model", "y")
    assert holds.backends["big"].model == "y"
    assert file.read_text() == OWN.replace("'x'", '"y"')
    put(file, "backend", "big")
    assert file.read_text().splitlines()[0] == "# my settings"
    assert 'backend = "big"' in file.read_text().split("[backends.big]")[0]


def test_a_file_and_tables_are_made_where_there_are_none(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    put(path, "backends.a.kind", "llama.cpp")
    assert put(path, "python.timeout_s", 5.0).python.timeout_s == 5
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("thnk", True, "thnk"),
        ("think", "perhaps", "think must be true or false"),
        ("think.deep", True, "think"),
        ("backend", "nowhere", "nowhere"),
        ("keys.sessions", "ctrl+t", "two actions"),
        ("", 1, "Invalid setting name"),
        ("a..b", 1, "Invalid setting name"),
    ],
)
def test_what_cannot_be_used_is_not_written(file: Path, key: str, value: object, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        put(file, key, value)
    assert file.read_text() == OWN
    assert {path for path in file.parent.iterdir() if path.name != LOCK} == {file}


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_stays_one(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    put(link, "theme", "paper")
    assert link.is_symlink()
    assert "paper" in file.read_text()


@pytest.mark.parametrize(
    ("typed", "held"), [("true", True), ("false", False), ("1", SettingsError)]
)
def test_what_is_typed_is_read_as_toml(file: Path, typed: str, held: object) -> None:
    if held is SettingsError:
        with pytest.raises(SettingsError, match="think must be true or false"):
            put_text(file, "think", typed)
    else:
        assert put_text(file, "think", typed).think is held


def test_a_word_needs_no_quotes(file: Path) -> None:
    assert put_text(file, "backends.big.model", "qwen 3").backends["big"].model == "qwen 3"
    assert put_text(file, "backends.big.model", "35").backends["big"].model == "35"


@settings(deadline=None, max_examples=30)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_comes_back_as_it_was(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "config.toml"
    assert put(path, "backends.a", {"kind": "openai", "model": text}).backends["a"].model == text


def test_changes_of_many_at_once_are_all_kept(file: Path) -> None:
    names = [f"b{number}" for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda name: put(file, f"backends.{name}.kind", "llama.cpp"), names))
    assert set(names) <= set(load(file).backends)
