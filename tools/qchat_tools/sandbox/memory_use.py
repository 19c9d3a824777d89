"""How much memory a process and all that it has started hold together, wherever it is counted.

Resident sizes are read first: they are cheap and never too small, but count shared pages for each
process that has them. Only where they pass the limit is it measured what each page weighs. Scratch
places of a sandbox are memory without any process, and count by what lies in them.
"""

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_INODE_BYTES = 1024  # of an entry of a scratch place that holds nothing
_SOCKET_BYTES = 208 * 1024
_FREE_SOCKETS = 512
"""So many may be open before it counts what each of them can hold unread."""
_SUPERVISORS = 2
"""Processes of a sandboxed kernel that stand outside of its sandbox; the next one is within."""
_SIZES = re.compile(r"^(RssAnon|RssShmem|VmSwap):\s+(\d+) kB", re.MULTILINE)
_MAPPING = re.compile(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ (\S+) (\d+)\s*(.*)")
_SHARED_MEMORY = ("/dev/zero", "/memfd:", "/SYSV")


class MemoryScope(NamedTuple):
    """Whose memory is measured: a process on this machine, and its sandbox's scratch places."""

    pid: int
    scratch: tuple[str, ...] = ()
    private_network: bool = False
    """Whether its sockets are counted apart from those of the machine."""


def memory_bytes(scope: MemoryScope, limit: int) -> int:
    """Measure; exact only above `limit`. 0 where the process is gone."""
    if sys.platform != "linux":
        return _resident_elsewhere(scope.pid)
    children = family(scope.pid)
    if not children:
        return 0
    inside = children[: _SUPERVISORS + 1][-1]
    beside = _scratch_bytes(inside, scope.scratch)
    if scope.private_network:
        beside += _socket_bytes(inside)
    most = beside + sum(map(_resident, children))
    if most <= limit:
        return most
    devices = _devices(inside, scope.scratch)
    return beside + sum(_weight(pid, devices) for pid in children)


def family(pid: int) -> list[int]:
    """A process and all below it, itself first."""
    import psutil  # noqa: PLC0415  comes with ipykernel, and only where code runs

    try:
        process = psutil.Process(pid)
        return [pid, *(child.pid for child in process.children(recursive=True))]
    except psutil.Error:
        return []


def _resident(pid: int) -> int:
    """Resident and swapped bytes that are not of files; everybody may read this."""
    with contextlib.suppress(OSError), Path(f"/proc/{pid}/status").open(errors="replace") as file:
        return sum(int(size) * 1024 for _, size in _SIZES.findall(file.read()))
    return 0


def _weight(pid: int, scratch_devices: set[str]) -> int:
    """Bytes by their share of each page; resident ones where a process hides its mappings."""
    try:
        with Path(f"/proc/{pid}/smaps").open(errors="replace") as mappings:
            return sum(_weights(mappings, scratch_devices))
    except OSError:
        return _resident(pid)


def _weights(mappings: Iterator[str], scratch_devices: set[str]) -> Iterator[int]:
    """Bytes of each mapping's pages; files on disk count only where they were changed."""
    counted: tuple[str, ...] = ()
    for line in mappings:
        if found := _MAPPING.match(line):
            device, inode, path = found.groups()
            if device in scratch_devices:
                counted = ()
            elif inode == "0" or path.startswith(_SHARED_MEMORY):
                counted = ("Pss:", "SwapPss:")
            else:
                counted = ("Anonymous:", "SwapPss:")
        elif line.startswith(counted):
            yield int(line.split()[1]) * 1024


def _scratch_bytes(inside: int, places: tuple[str, ...]) -> int:
    total = 0
    for place in places:
        with contextlib.suppress(OSError):
            status = os.statvfs(f"/proc/{inside}/root{place}")
            total += (status.f_blocks - status.f_bfree) * status.f_frsize
            total += (status.f_files - status.f_ffree) * _INODE_BYTES
    return total


def _devices(inside: int, places: tuple[str, ...]) -> set[str]:
    """The scratch places' devices as the table of mappings writes them."""
    out: set[str] = set()
    for place in places:
        with contextlib.suppress(OSError):
            device = Path(f"/proc/{inside}/root{place}").stat().st_dev
            out.add(f"{os.major(device):02x}:{os.minor(device):02x}")
    return out


def _socket_bytes(inside: int) -> int:
    """What sockets may hold that nobody reads; honest code has few of them."""
    with contextlib.suppress(OSError), Path(f"/proc/{inside}/net/sockstat").open() as file:
        words = file.readline().split()
        return max(0, int(words[-1]) - _FREE_SOCKETS) * _SOCKET_BYTES
    return 0


def _resident_elsewhere(pid: int) -> int:
    """Where there is no /proc: what each process has for itself, as far as the system says."""
    import psutil  # noqa: PLC0415

    total = 0
    for member in family(pid):
        with contextlib.suppress(psutil.Error):
            total += int(psutil.Process(member).memory_info().rss)
    return total
