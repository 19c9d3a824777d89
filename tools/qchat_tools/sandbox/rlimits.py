"""Limits that each process is held to, set by a shell before it becomes the program."""

import os
from collections.abc import Sequence

MAX_PROCESSES = 1024
"""Of the user, as the system counts them; no limit for root, whom `guard` holds to the same."""
_FILE_KIB = 2 * 1024 * 1024
_OPEN_FILES = 1024

# The shell is the one program that sets limits and is everywhere; -f counts in 512 bytes, and the
# number of processes is -u in one shell and -p in another.
_LIMITS = """ulimit -f {blocks} 2>/dev/null
ulimit -v {memory_kib} 2>/dev/null
ulimit -n {files} 2>/dev/null
ulimit -c 0 2>/dev/null
(ulimit -u {processes}) 2>/dev/null && ulimit -u {processes} || ulimit -p {processes} 2>/dev/null
exec "$@"
"""


def with_rlimits(argv: Sequence[str]) -> list[str]:
    """Wrap a command in the shell that sets the limits that each process is held to."""
    memory_kib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024
    limits = _LIMITS.format(
        blocks=_FILE_KIB * 2,
        memory_kib=max(memory_kib // 2, 4 * 1024 * 1024),
        files=_OPEN_FILES,
        processes=MAX_PROCESSES,
    )
    return ["/bin/sh", "-c", limits, "sh", *argv]
