"""A fresh clone, installed as a stranger does, and a shell with an empty home beside it.

The wheel is built from the clone and installed into an environment of its own. What it depends on
is the environment of the tests, as if it had been installed with `pip install --user`: that saves
minutes, and leaves the package index alone.
"""

import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.pages import ROOT
from tests.program import environment
from tests.terminal import Terminal

OF_TESTS = ("--without-pip", "--system-site-packages")
PLACES = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "QCHAT_HOME")


class Stranger:
    """Somebody who has cloned the project, and nothing else."""

    def __init__(self, home: Path, clone: Path, command: Path) -> None:
        home.mkdir(exist_ok=True)
        self.home, self.clone, self.command = home, clone, command
        self.variables: dict[str, str] = {}
        """What they export in their shell."""

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in environment(self.home).items() if k not in PLACES}
        kept |= {"PATH": f"{self.command.parent}:{kept['PATH']}", "HOME": str(self.home)}
        kept |= {"PYTHONUSERBASE": sys.prefix, "QCHAT_SHARED_CONFIG": "/nowhere"}
        return kept | self.variables

    def types(
        self, line: str, *, stdin: str = "", folder: Path | None = None, status: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Type a line into bash, and look at its exit status."""
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            env=self.environment(),
            cwd=folder or self.home,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == status, f"$ {line}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def terminal(self, width: int = 110, height: int = 36) -> Terminal:
        """A terminal in their home, in which `qchat` is what they installed."""
        opened = Terminal(self.home, width, height)
        taken = ("PATH", "HOME", "PYTHONUSERBASE", "QCHAT_SHARED_CONFIG")
        exports = {k: self.environment()[k] for k in taken} | self.variables
        words = [f"{name}={value}" for name, value in exports.items()]
        opened.type(f"unset {' '.join(PLACES)}; export {shlex.join(words)}; cd; clear")
        return opened


def clone_and_install(folder: Path) -> tuple[Path, Path]:
    """Clone, build the wheel, install it; gives the clone and the command."""
    clone, dist, env = folder / "qchat", folder / "dist", folder / "env"
    _run(["git", "clone", "--quiet", str(ROOT), str(clone)], folder)
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist)], clone)
    (wheel,) = dist.glob("qchat_terminal-*.whl")
    _run([sys.executable, "-m", "venv", *OF_TESTS, str(env)], folder)
    pip = [sys.executable, "-m", "pip", "--python", str(env), "install", "--quiet"]
    _run([*pip, "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)], folder)
    return clone, env / "bin" / "qchat"


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
