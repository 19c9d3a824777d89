"""Where code from a model may run: the system and Python to read, one folder to write, no network.

Linux has bubblewrap for this; elsewhere there is no sandbox and each run is asked for.
"""

import functools
import os
import shutil
import site
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

HOME = "/home/sandbox"

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store")
_SYSTEM_FILES = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/etc/mime.types",
)
# Needed to find programs, words and time zones; everything else could be a key.
_KEPT_VARIABLES = frozenset(
    (
        *("PATH", "LANG", "LANGUAGE", "TZ", "HOME", "USER", "LOGNAME", "TMPDIR", "OMP_NUM_THREADS"),
        *("TEMP", "TMP", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT"),
        *("APPDATA", "LOCALAPPDATA", "USERPROFILE", "PROGRAMDATA"),
    )
)

_FLAGS = (
    *("--unshare-all", "--unshare-user", "--new-session", "--die-with-parent"),
    # Whoever runs as root would otherwise keep root's capabilities inside.
    *("--cap-drop", "ALL"),
)
_PROCESSES = 2048
_FILE_KIB = 2 * 1024 * 1024
_OPEN_FILES = 1024

# The shell is the one program that sets limits and is everywhere; -f counts in 512 bytes, and the
# number of processes is -u in one shell and -p in another.
_LIMITS = """ulimit -f {blocks} 2>/dev/null
ulimit -v {memory_kib} 2>/dev/null
ulimit -n {files} 2>/dev/null
(ulimit -u {processes}) 2>/dev/null && ulimit -u {processes} || ulimit -p {processes} 2>/dev/null
exec "$@"
"""


class Sandbox(msgspec.Struct, frozen=True):
    """Bubblewrap with the flags that were seen to work on this machine."""

    program: str
    flags: tuple[str, ...]

    def command(
        self,
        argv: Sequence[str],
        *,
        readable: Iterable[Path] = (),
        writable: Iterable[Path] = (),
        work_dir: Path | None = None,
    ) -> list[str]:
        """Wrap a command so that it sees the system, `readable` and `writable`, and nothing else.

        Start it from a thread that lives as long as the command shall: the death of that thread
        is what `--die-with-parent` waits for.
        """
        out = [self.program, *self.flags]
        for path in (*_SYSTEM, *_SYSTEM_FILES):
            out += ["--ro-bind-try", path, path]
        # A user who is root outside could else set the system's parameters from inside.
        out += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"]
        out += ["--tmpfs", "/tmp", "--tmpfs", HOME]
        for folder in readable:
            out += ["--ro-bind", str(folder), str(folder)]
        for folder in writable:
            out += ["--bind", str(folder), str(folder)]
        # Last, since the folders above are mounted on directories made in this root.
        out += ["--remount-ro", "/", "--chdir", str(work_dir or HOME)]
        programs = f"{Path(argv[0]).parent}:/usr/local/bin:/usr/bin:/bin"
        for name, value in (("PATH", programs), ("HOME", HOME), ("TMPDIR", "/tmp")):
            out += ["--setenv", name, value]
        # A kernel compares this with its parent's id, which is another one in its own namespace.
        out += ["--unsetenv", "JPY_PARENT_PID"]
        return [*out, "--", "/bin/sh", "-c", _limits(), "sh", *argv]


def find_sandbox(setting: Literal["auto", "off"]) -> Sandbox | None:
    """Find the sandbox of this machine; None where it has none, or the setting is "off"."""
    return _probe() if setting == "auto" else None


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
def _probe() -> Sandbox | None:
    """Try bubblewrap once: some machines have it and forbid it the user namespaces it needs."""
    program = shutil.which("bwrap") if sys.platform == "linux" else None
    if program is None:
        return None
    # Older versions do not know how to forbid further namespaces inside.
    for flags in ((*_FLAGS, "--disable-userns"), _FLAGS):
        found = Sandbox(program, flags)
        if _works(found):
            return found
    return None


def _works(sandbox: Sandbox) -> bool:
    command = sandbox.command(["/bin/sh", "-c", "exit 42"])
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 42


def _limits() -> str:
    memory_kib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024
    return _LIMITS.format(
        blocks=_FILE_KIB * 2,
        memory_kib=max(memory_kib // 2, 4 * 1024 * 1024),
        files=_OPEN_FILES,
        processes=_PROCESSES,
    )
