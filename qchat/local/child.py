"""What every engine's child process does: read one line, say one line, and die with its parent.

One JSON line comes in on stdin, so that the key stands in no process list; one goes out on stdout
when the model is loaded, or could not be. Then the process lives as long as its stdin is open:
the end of a killed parent closes it.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

DRAFT_AFTER, DRAFT_LENGTH = 4, 16
"""Tokens that must be the same as earlier, and tokens that are then guessed (llama.cpp's own: 12
and 48; with these twice as many guesses were accepted)."""

CHECKPOINTS, CHECKPOINT_STEP = 32, 2_048
"""Of a model part of whose state cannot be rewound: to how many places of a prompt it can go back
(older builds have 3 or 8), and how many tokens lie between them at least. Without any it reads the
whole conversation again for each request."""

Config = dict[str, Any]
Serve = Callable[[Config], str]
"""Load the model and listen; gives the base address. Raises ImportError, OSError, RuntimeError."""


def run(library: str, serve: Serve, leave: Callable[[], None] = lambda: None) -> None:
    """Serve until stdin ends; `leave` is called then, before the process ends hard."""
    config = json.loads(sys.stdin.buffer.readline())
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the library prints belongs to the log
    threading.Thread(target=_exit_with_parent, args=(leave,), daemon=True).start()
    try:
        base_url = serve(config)
    except ImportError as error:
        _fail(answer, f"the package {library} cannot be loaded: {error}")
    except (RuntimeError, OSError, ValueError) as error:
        _fail(answer, str(error))
    else:
        _say(answer, base_url=base_url)
        threading.Event().wait()


def _exit_with_parent(leave: Callable[[], None]) -> None:
    """Exit hard: the server's threads would otherwise finish their replies for nobody."""
    sys.stdin.buffer.read()
    leave()
    os._exit(0)


def _fail(answer: Any, error: str) -> None:
    _say(answer, error=error)
    sys.exit(1)


def _say(answer: Any, **fields: str) -> None:
    answer.write(json.dumps(fields) + "\n")
    answer.flush()
