"""This process, so that others can tell whether it still lives."""

import os
import secrets
import socket
import time


def identity() -> str:
    """A name for this process: none that ever was has the same."""
    return f"{os.getpid()} {time.time():.2f} {socket.gethostname()} {secrets.token_hex(4)}"


def pid_of(holder: str) -> str:
    return holder.partition(" ")[0]


def gone(holder: str) -> bool:
    """Whether a process of this machine has ended; of another machine nobody knows."""
    import psutil  # noqa: PLC0415  slow to load, and only needed where there is another

    pid, began, host, *_ = holder.split(" ")
    if host != socket.gethostname():
        return False
    try:
        process = psutil.Process(int(pid))
        return bool(
            process.create_time() > float(began) + 1  # another one has its number now
            or process.status() == psutil.STATUS_ZOMBIE
        )
    except (psutil.NoSuchProcess, ValueError):
        return True
    except psutil.AccessDenied:
        return False
