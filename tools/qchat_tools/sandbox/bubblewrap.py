"""The sandbox of Linux: namespaces of its own, the system and Python to read, a folder to write."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from qchat_tools.sandbox.rlimits import limited

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
# Only where the network is allowed: how names are found, and whose certificates are trusted.
_NETWORK_FILES = (
    *("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf"),
    *("/etc/ssl", "/etc/ca-certificates", "/etc/pki", "/etc/services", "/run/systemd/resolve"),
)
_FLAGS = (
    *("--unshare-all", "--unshare-user", "--new-session", "--die-with-parent"),
    # Whoever runs as root would otherwise keep root's capabilities inside.
    *("--cap-drop", "ALL"),
)
_SCRATCH_BYTES = 512 * 1024 * 1024
"""Size of each scratch place, which is memory: /tmp, the home folder, shared memory."""


class Bubblewrap(msgspec.Struct, frozen=True):
    """Bubblewrap with the flags that were seen to work on this machine."""

    program: str
    flags: tuple[str, ...]
    sizes: bool = True
    """Whether it can bound the places that are memory; versions before 0.7 cannot."""

    @property
    def name(self) -> str:
        return "bubblewrap"

    def command(
        self,
        argv: Sequence[str],
        *,
        readable: Iterable[Path] = (),
        writable: Iterable[Path] = (),
        work_dir: Path | None = None,
        network: bool = False,
    ) -> list[str]:
        """Wrap a command so that it sees the system, `readable` and `writable`, and nothing else.

        Start it from a thread that lives as long as the command shall: the death of that thread
        is what `--die-with-parent` waits for.
        """
        out = [self.program, *self.flags, *(("--share-net",) if network else ())]
        for path in (*_SYSTEM, *_SYSTEM_FILES, *(_NETWORK_FILES if network else ())):
            out += ["--ro-bind-try", path, path]
        # A user who is root outside could else set the system's parameters from inside.
        out += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"]
        for scratch in ("/dev/shm", "/tmp", HOME):
            out += ["--size", str(_SCRATCH_BYTES)] if self.sizes else []
            out += ["--tmpfs", scratch]
        for folder in readable:
            out += ["--ro-bind", str(folder), str(folder)]
        for folder in writable:
            out += ["--bind", str(folder), str(folder)]
        # Last, since the folders above are mounted on directories made in this root.
        out += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", str(work_dir or HOME)]
        programs = f"{Path(argv[0]).parent}:/usr/local/bin:/usr/bin:/bin"
        for name, value in (("PATH", programs), ("HOME", HOME), ("TMPDIR", "/tmp")):
            out += ["--setenv", name, value]
        # A kernel compares this with its parent's id, which is another one in its own namespace.
        out += ["--unsetenv", "JPY_PARENT_PID"]
        return [*out, "--", *limited(argv)]


def variants(program: str) -> list[Bubblewrap]:
    """Best first: older versions cannot forbid further namespaces inside, or bound a tmpfs."""
    strict = (*_FLAGS, "--disable-userns")
    return [
        Bubblewrap(program, strict),
        Bubblewrap(program, _FLAGS),
        Bubblewrap(program, _FLAGS, False),
    ]
