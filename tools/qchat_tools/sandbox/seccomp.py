"""A filter of system calls for the sandbox of Linux: namespaces do not hold what is in here.

Keyrings and virtual sockets know no namespace; io_uring, bpf, perf and userfaultfd are where holes
of the system itself are found; memory without a process or a file (memfd, System V) could be held
beyond every limit. The filter is a program for the system's packet filter (classic BPF), and is
written out here because the library for it comes with few systems. Numbers are those of the
system's own tables. Source: https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

import errno
import struct
from typing import NamedTuple

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000  # a second numbering of the same calls on x86-64

# Call: (number on x86-64, number on aarch64); None where there is none.
_MISSING = {  # as on a system that does not have them: programs then do without
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "userfaultfd": (323, 282),
    "clone3": (435, 435),  # its arguments cannot be looked at; `clone` is used instead
    "statmount": (457, 457),  # would tell the paths of mounts
    "listmount": (458, 458),
}
_FORBIDDEN = {
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "personality": (135, 92),
    "lookup_dcookie": (212, 18),
    "nfsservctl": (180, 42),
    "vhangup": (153, 58),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "_sysctl": (156, None),
    "sysfs": (139, None),
}
_SOCKET, _CLONE, _UNSHARE, _PRCTL, _IOCTL = (41, 198), (56, 220), (272, 97), (157, 167), (16, 29)

_FAMILIES = (1, 2, 10)  # of files, IPv4, IPv6
_NETLINK = 16
_NEW_USER_NAMESPACE = 0x10000000
_SET_DUMPABLE = 4  # with 0, a process hides from its user what it holds
_TERMINAL_INPUT = (0x5412, 0x541C)  # types into the terminal, or pastes

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16


class _Step(NamedTuple):
    """One instruction; it skips as many of those that follow as the outcome says."""

    code: int
    value: int
    if_true: int = 0
    if_false: int = 0


def program(machine: str) -> bytes:
    """The filter as `bwrap --seccomp` reads it; empty for a processor whose numbers are not known.

    `machine` is what `platform.machine()` says.
    """
    if machine not in _AUDIT_ARCH:
        return b""
    column = 0 if machine == "x86_64" else 1
    steps = [_Step(_LOAD, _ARCH_AT), *_unless(_AUDIT_ARCH[machine], _KILL)]
    steps.append(_Step(_LOAD, _NUMBER_AT))
    if machine == "x86_64":
        steps += [_Step(_AT_LEAST, _X32, 0, 1), _refuse(errno.ENOSYS)]
    for calls, error in ((_MISSING, errno.ENOSYS), (_FORBIDDEN, errno.EPERM)):
        for numbers in calls.values():
            number = numbers[column]
            if number is not None:
                steps += [_Step(_EQUAL, number, 0, 1), _refuse(error)]
    for call, rule in _RULES:
        steps += [_Step(_EQUAL, call[column], 0, len(rule)), *rule]
    steps.append(_Step(_RETURN, _ALLOW))
    return b"".join(
        struct.pack("<HBBI", step.code, step.if_true, step.if_false, step.value) for step in steps
    )


def _refuse(error: int) -> _Step:
    return _Step(_RETURN, _ERRNO | error)


def _unless(value: int, outcome: int) -> list[_Step]:
    return [_Step(_EQUAL, value, 1, 0), _Step(_RETURN, outcome)]


def _argument(number: int) -> _Step:
    """Load the lower half of an argument: the system looks at no more of these."""
    return _Step(_LOAD, _ARGUMENTS_AT + 8 * number)


def _when(value: int, outcome: _Step) -> list[_Step]:
    return [_Step(_EQUAL, value, 0, 1), outcome]


_PASS = _Step(_RETURN, _ALLOW)
_NO_NEW_USERS = [
    _argument(0),
    _Step(_ANY_BIT, _NEW_USER_NAMESPACE, 0, 1),
    _refuse(errno.EPERM),
    _PASS,
]
# What is decided by arguments; each of these ends in a verdict.
_RULES: tuple[tuple[tuple[int, int], list[_Step]], ...] = (
    (
        _SOCKET,
        [
            _argument(0),
            *(step for family in _FAMILIES for step in _when(family, _PASS)),
            *_unless(_NETLINK, _ERRNO | errno.EAFNOSUPPORT),
            _argument(2),
            *_unless(0, _ERRNO | errno.EAFNOSUPPORT),  # routes, which finding names asks for
            _PASS,
        ],
    ),
    (_CLONE, _NO_NEW_USERS),
    (_UNSHARE, _NO_NEW_USERS),
    (
        _PRCTL,
        [
            _argument(0),
            *_unless(_SET_DUMPABLE, _ALLOW),
            _argument(1),
            *_unless(0, _ALLOW),
            _refuse(errno.EPERM),
        ],
    ),
    (
        _IOCTL,
        [
            _argument(1),
            *(s for request in _TERMINAL_INPUT for s in _when(request, _refuse(errno.EPERM))),
            _PASS,
        ],
    ),
)
