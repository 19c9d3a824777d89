"""`python -m qchat.knowledge.watcher USER`: reads folders again and again, until nobody listens.

It says how far it is in JSON lines on standard output, and ends when standard input does.
"""

import os
import sys
import threading
import time
from contextlib import suppress

from qchat.config import settings
from qchat.egress.traffic import Traffic
from qchat.knowledge.library import Library
from qchat.protocol.errors import QchatError
from qchat.runtime import offline
from qchat.runtime.paths import default_paths

MIN_PAUSE_S = 3.0
MAX_PAUSE_S = 60.0
PAUSE_FOR_WORK = 20.0
"""How many times as long as a look took it waits for the next: five percent of one core."""
SAID_S = 0.2


class _EndedError(Exception):
    """Whoever started it is gone."""


def main(user: str) -> None:
    ended = threading.Event()
    threading.Thread(target=_listen, args=(ended,), daemon=True).start()
    with suppress(OSError, AttributeError):
        os.nice(10)  # whatever is done in front goes first
    paths = default_paths()
    whole = settings.load(*paths.settings_files(user))
    if whole.offline:
        offline.forbid()
    library = Library(paths, user, whole.memory, Traffic())
    show = _Show(ended)
    try:
        while not ended.is_set():
            began, changed = time.monotonic(), False
            with suppress(QchatError):  # a folder that is not there now may be there again later
                changed = any(changes.any for changes in library.sync("", show, show))
            show.rest()
            took = 0.0 if changed else time.monotonic() - began
            ended.wait(max(MIN_PAUSE_S, min(took * PAUSE_FOR_WORK, MAX_PAUSE_S)))
    except (_EndedError, BrokenPipeError):
        pass
    finally:
        library.close()


class _Show:
    """Says how far it is, a few times a second."""

    def __init__(self, ended: threading.Event) -> None:
        self._ended = ended
        self._said = 0.0
        self._resting = True

    def __call__(self, done: int, total: int) -> None:
        if self._ended.is_set():
            raise _EndedError
        now = time.monotonic()
        if now - self._said > SAID_S:
            self._said = now
            self._say(done, total)

    def rest(self) -> None:
        """Say that all is read."""
        if not self._resting:
            self._say(0, 0)

    def _say(self, done: int, total: int) -> None:
        self._resting = not total
        sys.stdout.write(f'{{"done":{done},"total":{total}}}\n')
        sys.stdout.flush()


def _listen(ended: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    ended.set()


if __name__ == "__main__":
    main(sys.argv[1])
