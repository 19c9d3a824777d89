"""Where code from a model may run: the system and Python to read, one folder to write, no network.

Linux has bubblewrap for this, macOS sandbox-exec; elsewhere each run is asked for.
"""

import functools
import os
import shutil
import site
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal, Protocol

from qchat_tools.sandbox.bubblewrap import variants
from qchat_tools.sandbox.command import SandboxedCommand
from qchat_tools.sandbox.seatbelt import Seatbelt

# Needed to find programs, words and time zones; everything else could be a key.
_KEPT_VARIABLES = frozenset(
    (
        *("PATH", "LANG", "LANGUAGE", "TZ", "HOME", "USER", "LOGNAME", "TMPDIR", "OMP_NUM_THREADS"),
        *("TEMP", "TMP", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT"),
        *("APPDATA", "LOCALAPPDATA", "USERPROFILE", "PROGRAMDATA"),
    )
)


class Sandbox(Protocol):
    """A way to run a command so that it sees the system and what it is given, and nothing else."""

    @property
    def name(self) -> str:
        """What people know it by."""
        ...

    @property
    def scratch(self) -> tuple[str, ...]:
        """Places inside that are memory, with whatever is written there."""
        ...

    def inside(self, work_dir: Path) -> str:
        """Under which path what runs inside sees its current folder."""
        ...

    def confine(
        self,
        argv: Sequence[str],
        *,
        readable: Iterable[Path] = (),
        writable: Iterable[Path] = (),
        work_dir: Path | None = None,
        network: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> AbstractContextManager[SandboxedCommand]:
        """Wrap a command, to be started within the context.

        `work_dir` is its current folder, which it may write like those of `writable`;
        `environment` what it is given of one. It may not outlive the thread that started it.
        """
        ...


def find_sandbox(setting: Literal["auto", "off"]) -> Sandbox | None:
    """Find the sandbox of this machine; None where it has none, or the setting is "off"."""
    return probe() if setting == "auto" else None


def python_folders(executable: str) -> list[Path]:
    """List the folders that an interpreter needs to read: its own, its base's, its user's packages.

    A folder that holds the user's home is left out, whatever lies in it.
    """
    program = Path(shutil.which(executable) or executable)
    folders = [program.parent.parent, program.resolve().parent.parent]
    if program == Path(sys.executable):
        folders += [Path(sys.prefix), Path(sys.base_prefix)]
        if site.ENABLE_USER_SITE:
            folders.append(Path(site.getusersitepackages()))
    folders += [folder.resolve() for folder in folders]
    return [f for f in dict.fromkeys(folders) if f.is_dir() and not Path.home().is_relative_to(f)]


def clean_environment() -> dict[str, str]:
    """Keep of this process's environment only what a program needs to run: no keys, no tokens."""
    kept = {k: v for k, v in os.environ.items() if k in _KEPT_VARIABLES or k.startswith("LC_")}
    if site.ENABLE_USER_SITE:
        kept["PYTHONUSERBASE"] = site.getuserbase()
    return kept


@functools.cache
def probe() -> Sandbox | None:
    """Try what the platform has, once: some machines have bubblewrap and forbid what it needs."""
    program = shutil.which("bwrap") if sys.platform == "linux" else None
    candidates: list[Sandbox] = list(variants(program)) if program else []
    if sys.platform == "darwin":
        candidates = [Seatbelt()]
    return next(filter(works, candidates), None)


def works(sandbox: Sandbox) -> bool:
    """Whether a program runs in it and ends as it should, here and now."""
    try:
        with sandbox.confine(["/bin/sh", "-c", "exit 42"]) as confined:
            done = subprocess.run(
                confined.argv,
                env=confined.environment,
                pass_fds=confined.pass_fds,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=10,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 42
