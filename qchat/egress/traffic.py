"""What memories send to an embedding endpoint or a Chroma server: allowed and noted before it goes.

They work in threads and outside of turns too, so it waits here until a conversation takes it into
its list of what left the machine.
"""

from collections import deque

from qchat.protocol.events import Sent
from qchat.runtime import offline


class Traffic:
    """Of one workspace; safe between threads."""

    def __init__(self) -> None:
        self._sent: deque[Sent] = deque()

    def note(self, host: str, size: int, by: str) -> None:
        """Note a request of so many bytes to a host, with its port where it has one.

        Raises OfflineError where it may not be asked.
        """
        name = host if offline.loopback(host) else host.rpartition(":")[0] or host
        offline.check(name)
        self._sent.append(Sent(host, size, by, sender="memory"))

    def taken(self) -> list[Sent]:
        """What was noted since this was last asked."""
        found = []
        while self._sent:
            found.append(self._sent.popleft())
        return found
