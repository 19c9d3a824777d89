"""The sandbox of Linux: namespaces of its own, the system and Python to read, a folder to write.

What code sees of the machine has no name of the user in it: the session's folder stands at `WORK`,
the environment is made up, and the table of mounts, which tells where folders come from, is empty.
"""

import contextlib
import os
import platform
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from qchat_tools.sandbox import seccomp
from qchat_tools.sandbox.command import SandboxedCommand
from qchat_tools.sandbox.rlimits import with_rlimits

HOME = "/home/sandbox"
WORK = f"{HOME}/work"
USER = "sandbox"

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
    *("--cap-drop", "ALL", "--hostname", USER),
)
# These tell of the machine's keys, memory and kernel; a container hides them too.
_MASKED = (
    *("/proc/keys", "/proc/key-users", "/proc/kcore", "/proc/timer_list", "/proc/sched_debug"),
    *("/proc/kallsyms", "/proc/kmsg", "/proc/sysrq-trigger", "/proc/acpi", "/proc/scsi"),
)
_SCRATCH = ("/dev/shm", "/tmp", HOME)
SCRATCH_BYTES = 512 * 1024 * 1024
"""Size of each scratch place, which is memory: /tmp, the home folder, shared memory."""

# How the table of mounts is emptied. Code gets a mount namespace of its own, and its root is then
# set to the root of the namespace it came from: the table lists mounts of the new one as far as
# they can be reached from the root, and none can. Both steps need capabilities, dropped after.
_VEIL_CAPABILITIES = ("CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_SETPCAP")
_VEILED = (
    *("/proc/1/mountinfo", "/proc/1/mounts", "/proc/1/mountstats"),
    *("/proc/1/task/1/mountinfo", "/proc/1/task/1/mounts"),
)
_HOLD_ROOT = 'exec 9</; exec "$@"'
_RELEASE_ROOT = 'exec 9<&-; cd "$0"; exec "$@"'


class Bubblewrap(msgspec.Struct, frozen=True):
    """Bubblewrap with the flags that were seen to work on this machine."""

    program: str
    flags: tuple[str, ...]
    sizes: bool = True
    """Whether it can bound the places that are memory; versions before 0.7 cannot."""
    veil: tuple[str, ...] = ()
    """The programs unshare, chroot and setpriv, if the table of mounts is emptied with them."""

    @property
    def name(self) -> str:
        return "bubblewrap"

    @property
    def scratch(self) -> tuple[str, ...]:
        return _SCRATCH

    def inside(self, work_dir: Path) -> str:  # noqa: ARG002  the same for every folder
        return WORK

    @contextlib.contextmanager
    def confine(
        self,
        argv: Sequence[str],
        *,
        readable: Iterable[Path] = (),
        writable: Iterable[Path] = (),
        work_dir: Path | None = None,
        network: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Iterator[SandboxedCommand]:
        """Wrap a command so that it sees the system, `readable` and `writable`, and nothing else.

        Start it from a thread that lives as long as the command shall: the death of that thread
        is what `--die-with-parent` waits for.
        """
        options = [*self._options(network), *self._mounts(readable, writable, work_dir, network)]
        inside = WORK if work_dir is not None else HOME
        with contextlib.ExitStack() as files:
            # By descriptor: a command line can be read by all that runs inside.
            arguments = files.enter_context(_file("\0".join(options).encode()))
            wrapped, passed = [self.program, "--args", str(arguments)], [arguments]
            rules = seccomp.program(platform.machine())
            if rules:
                passed.append(files.enter_context(_file(rules)))
                wrapped += ["--seccomp", str(passed[-1])]
            command = self._veiled(with_rlimits(argv), inside) if self.veil else with_rlimits(argv)
            programs = f"{Path(argv[0]).parent}:/usr/local/bin:/usr/bin:/bin"
            yield SandboxedCommand(
                [*wrapped, "--", *command],
                {
                    **{k: v for k, v in (environment or {}).items() if k not in _PERSONAL},
                    "PATH": programs,
                    "HOME": HOME,
                    "TMPDIR": "/tmp",
                    "USER": USER,
                    "LOGNAME": USER,
                },
                tuple(passed),
            )

    def _options(self, network: bool) -> list[str]:
        out = [*self.flags, *(("--share-net",) if network else ())]
        if self.veil:
            out += [word for name in _VEIL_CAPABILITIES for word in ("--cap-add", name)]
        # A kernel compares this with its parent's id, which is another one in its own namespace.
        return [*out, "--unsetenv", "JPY_PARENT_PID"]

    def _mounts(
        self,
        readable: Iterable[Path],
        writable: Iterable[Path],
        work_dir: Path | None,
        network: bool,
    ) -> list[str]:
        out: list[str] = []
        for path in (*_SYSTEM, *_SYSTEM_FILES, *(_NETWORK_FILES if network else ())):
            out += ["--ro-bind-try", path, path]
        # A user who is root outside could else set the system's parameters from inside.
        out += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"]
        masked = [path for path in _MASKED if Path(path).is_file()]
        for path in (*masked, *(_VEILED if self.veil else ())):
            out += ["--ro-bind", "/dev/null", path]
        for scratch in _SCRATCH:
            out += ["--size", str(SCRATCH_BYTES)] if self.sizes else []
            out += ["--tmpfs", scratch]
        for folder in readable:
            out += ["--ro-bind", str(folder), str(folder)]
        for folder in writable:
            out += ["--bind", str(folder), str(folder)]
        if work_dir is not None:
            out += ["--bind", str(work_dir), WORK]
        # Last, since the folders above are mounted on directories made in this root.
        out += ["--remount-ro", "/dev", "--remount-ro", "/"]
        return [*out, "--chdir", WORK if work_dir is not None else HOME]

    def _veiled(self, argv: Sequence[str], inside: str) -> list[str]:
        hold = ["/bin/sh", "-c", _HOLD_ROOT, "sh"]
        unshare, chroot, setpriv = self.veil
        private = [unshare, "--mount", "--propagation", "unchanged"]
        drop = [setpriv, "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]
        release = ["/bin/sh", "-c", _RELEASE_ROOT, inside]
        return [*hold, *private, chroot, "/proc/self/fd/9", *drop, *release, *argv]


_SYSTEM_PROGRAMS = "/usr/bin:/usr/sbin:/bin:/sbin"
_PERSONAL = frozenset(("PATH", "HOME", "TMPDIR", "USER", "LOGNAME"))


@contextlib.contextmanager
def _file(content: bytes) -> Iterator[int]:
    """A descriptor to read `content` from, of a file that has no name."""
    descriptor = os.memfd_create("qchat")
    try:
        os.write(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def variants(program: str) -> list[Bubblewrap]:
    """Best first: older versions cannot forbid further namespaces inside, or bound a tmpfs."""
    strict = (*_FLAGS, "--disable-userns")
    found = [shutil.which(name, path=_SYSTEM_PROGRAMS) for name in ("unshare", "chroot", "setpriv")]
    veil = tuple(filter(None, found))
    return [
        *([Bubblewrap(program, strict, veil=veil)] if len(veil) == len(found) else []),
        Bubblewrap(program, strict),
        Bubblewrap(program, _FLAGS),
        Bubblewrap(program, _FLAGS, False),
    ]
