"""`make` before anything is installed: an old Python is named at once, a stale .venv made anew."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import ROOT

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
OLD = '#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.10.9" && exit\nexit 1\n'
NEW = f"""#!/bin/sh
[ "$2" != venv ] && exec {sys.executable} "$@"
mkdir -p "$3/bin" && ln -s {sys.executable} "$3/bin/python"
echo "#!$PWD/$3/bin/python" > "$3/bin/pip"
"""
"""Makes the folder that `python -m venv` would fill for four seconds."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("Makefile", "slim.txt"):
        shutil.copy(ROOT / name, tmp_path)
    for name, script in (("old", OLD), ("new", NEW)):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def make(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    command = ["make", f"PYTHON={python}", "venv"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("python", "is_"), [("./old", "Python 3.10.9."), ("./none", "missing.")])
def test_a_python_that_is_too_old_or_missing_is_said(folder: Path, python: str, is_: str) -> None:
    done = make(folder, python)
    assert done.returncode != 0
    assert f"qchat needs Python 3.11 or later; {python} is " in done.stderr
    assert is_ in done.stderr
    assert "make PYTHON=python3.12 venv" in done.stderr
    assert not (folder / ".venv").exists()


@pytest.mark.parametrize("stale", ["broken", "moved", "old"])
def test_a_stale_environment_is_made_anew(folder: Path, stale: str) -> None:
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    points_to = {"broken": "/nowhere/python", "moved": sys.executable, "old": folder / "old"}
    (programs / "python").symlink_to(points_to[stale])
    home = "/elsewhere" if stale == "moved" else folder
    (programs / "pip").write_text(f"#!{home}/.venv/bin/python\n")
    (folder / ".venv" / "left").touch()
    assert make(folder, "./new").returncode == 0
    assert not (folder / ".venv" / "left").exists()
    (folder / ".venv" / "kept").touch()
    assert make(folder, "./new").returncode == 0
    assert (folder / ".venv" / "kept").exists()
