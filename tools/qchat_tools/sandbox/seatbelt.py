"""The sandbox of macOS: sandbox-exec with a profile of the same meaning as bubblewrap's here.

The profile language is Apple's and is documented only by its use in the system's own profiles,
/System/Library/Sandbox/Profiles. It was written by the rules of those and has not been run yet.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from qchat_tools.sandbox.command import SandboxedCommand
from qchat_tools.sandbox.rlimits import with_rlimits

PROGRAM = "/usr/bin/sandbox-exec"

_READABLE = (
    *("/usr", "/bin", "/sbin", "/System", "/Library/Frameworks", "/Library/Fonts"),
    *("/Library/Developer/CommandLineTools", "/opt/homebrew", "/opt/local", "/private/etc/ssl"),
    *("/private/var/db/timezone", "/private/var/db/dyld", "/dev"),
)
_RULES = """(version 1)
(deny default)
(allow process-fork)
(allow process-exec)
(allow process-info* (target self))
(allow signal (target same-sandbox))
(allow sysctl-read)
(allow mach-lookup (global-name "com.apple.system.notification_center"))
(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))
(allow mach-lookup (global-name "com.apple.fonts"))
(allow ipc-posix-sem)
(allow ipc-posix-shm)
(allow file-read-metadata)
(allow file-read* (literal "/"))
(allow file-write-data (literal "/dev/null"))
"""
_NETWORK = """(allow network*)
(allow mach-lookup (global-name "com.apple.mDNSResponder") (global-name "com.apple.trustd.agent"))
(allow file-read* (subpath "/private/etc") (subpath "/private/var/run"))
"""


class Seatbelt(msgspec.Struct, frozen=True):
    """sandbox-exec, which every macOS has."""

    program: str = PROGRAM

    @property
    def name(self) -> str:
        return "sandbox-exec"

    @property
    def scratch(self) -> tuple[str, ...]:
        return ()

    def inside(self, work_dir: Path) -> str:
        return str(work_dir)

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
        """Wrap a command; its home is its working folder, its scratch place one it may write."""
        folders = [*writable, *((work_dir,) if work_dir is not None else ())]
        scratch = (folders or [Path("/var/empty")])[0]
        rules = profile(readable, folders, network=network)
        places = {"HOME": str(work_dir or scratch), "TMPDIR": str(scratch)}
        inside = ["/usr/bin/env", "-u", "JPY_PARENT_PID", *with_rlimits(argv)]
        yield SandboxedCommand(
            [self.program, "-p", rules, *inside],
            {**(environment or {}), **places, "USER": "sandbox", "LOGNAME": "sandbox"},
        )


def profile(readable: Iterable[Path], writable: Iterable[Path], *, network: bool) -> str:
    """The rules: all is denied but reading the system and `readable`, and writing `writable`.

    The kernel's channels are sockets in a writable folder; other sockets are the network.
    """
    reads = [*_READABLE, *map(_real, readable)]
    writes = list(map(_real, writable))
    lines = [_RULES, f"(allow file-read* {_subpaths(reads)})\n"]
    if writes:
        places = _subpaths(writes)
        lines.append(f"(allow file-read* file-write* {places})\n")
        lines.append(f"(allow network-bind network-inbound network-outbound {places})\n")
    return "".join([*lines, _NETWORK if network else ""])


def _subpaths(paths: Iterable[str]) -> str:
    return " ".join(f"(subpath {json.dumps(path, ensure_ascii=False)})" for path in paths)


def _real(path: Path) -> str:
    """The profile compares what links lead to: /tmp and /var are links on macOS."""
    return str(path.resolve())
