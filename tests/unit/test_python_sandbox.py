"""Which sandbox is taken, what it is told to show, and what of the environment is kept."""

import os
import sys
from pathlib import Path

import pytest

from qchat.admin import checks
from qchat.config.settings import load
from qchat.runtime.paths import Paths
from qchat_tools.sandbox.bubblewrap import Bubblewrap
from qchat_tools.sandbox.sandbox import clean_environment, find_sandbox, python_folders


def test_a_python_in_the_home_folder_does_not_open_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    folders = python_folders(str(python))
    assert tmp_path not in folders
    assert Path(sys.executable).resolve().parent.parent in folders
    assert Path(sys.base_prefix) in python_folders(sys.executable)


def test_the_environment_keeps_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DASHSCOPE_API_KEY", "SSH_AUTH_SOCK", "PYTHONPATH", "LD_PRELOAD"):
        monkeypatch.setenv(name, "a-secret")
    assert "a-secret" not in clean_environment().values()
    assert "PATH" in clean_environment()


def test_what_can_be_read_is_mounted_before_what_can_be_written() -> None:
    bubblewrap = Bubblewrap("bwrap", ())
    with bubblewrap.confine(["x"], readable=[Path("/r")], writable=[Path("/w")]) as confined:
        options = os.read(confined.pass_fds[0], 100_000).decode().split("\0")
    assert options.index("/r") < options.index("/w") < options.index("--remount-ro")
    assert "/r" not in confined.argv, "it could be read inside"


def test_the_doctor_names_the_sandbox_or_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_sandbox("auto")
    monkeypatch.setattr(checks, "find_sandbox", lambda _setting: found)
    paths = Paths(tmp_path, tmp_path, tmp_path)
    expected = found.name if found is not None else "install bubblewrap"
    assert expected in checks.sandbox(load(paths.config_file))
    monkeypatch.setattr(checks, "find_sandbox", lambda _setting: None)
    assert "install bubblewrap" in checks.sandbox(load(paths.config_file))
    paths.config_file.write_text('[python]\nsandbox = "off"\n')
    assert checks.sandbox(load(paths.config_file)).startswith("off: ")
