"""Offline: no connection but to this machine itself, for the whole process.

Whoever connects asks `check` first, which gives a clear error; an audit hook stands behind it and
refuses every other Python socket, whichever library opens it.
"""

import ipaddress
import sys
from typing import Any

from qchat.protocol.errors import OfflineError
from qchat.runtime.language import tr


class _Switch:
    """One for the process: a promise about the machine's connections cannot be a session's."""

    def __init__(self) -> None:
        self.on = False
        self.guarded = False


_switch = _Switch()


def forbid(on: bool = True) -> None:
    """Forbid every connection but loopback from here on, or allow them again."""
    _switch.on = on
    if on and not _switch.guarded:  # an audit hook stays for good
        _switch.guarded = True
        sys.addaudithook(_guard)


def forbidden() -> bool:
    """Whether only this machine may be reached."""
    return _switch.on


def check(host: str) -> None:
    """Raise OfflineError where that host may not be reached."""
    if _switch.on and not loopback(host):
        raise OfflineError(
            tr(
                "qchat is offline, so {host} is not asked. /offline off in the chat allows it.",
                host=host,
            )
        )


def loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0]).is_loopback
    except ValueError:
        return False


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    if not _switch.on or not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
    elif event == "socket.getaddrinfo" and arguments[0]:
        host = arguments[0].decode() if isinstance(arguments[0], bytes) else str(arguments[0])
    else:
        return
    if host and not loopback(host):
        raise OSError(f"offline: {host} is not asked")
