"""What the session needs of one live kernel, wherever that runs: here or behind a gateway."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from qchat_tools.base import ToolError
from qchat_tools.kernel.output import Run

USUAL_GAP_S = 0.3
"""How long reply and "idle" of a run may lie apart before the kernel is asked about it."""


class KernelError(ToolError):
    """There is no kernel to run code in; the message says why and what to do."""


class LiveKernel(Protocol):
    """A kernel that is ready to run code, until it dies; `on_death` is then called, once."""

    dead: asyncio.Event
    on_death: "Callable[[LiveKernel], None] | None"

    @property
    def exit_reason(self) -> str:
        """Say how it ended, for people."""
        ...

    @property
    def pid(self) -> int:
        """The outermost process on this machine; 0 where it runs on another."""
        ...

    @property
    def folder(self) -> Path | None:
        """Its private folder, for the sockets to it; none where it runs elsewhere."""
        ...

    def begin(self, run: Run, *, may_ask: bool) -> None:
        """Send the run's code; its output is fed to the run. `may_ask` allows input()."""
        ...

    def answer(self, text: str) -> None:
        """Give the code that waits for input its line."""
        ...

    async def evaluate(self, expression: str) -> str:
        """Give the repr of an expression's value, as no run of its own. Raises KernelError."""
        ...

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the code that runs, if any does just now."""
        ...

    async def interrupted(self) -> None:
        """Wait until no interrupt is on its way: a late one would stop code that begins then."""
        ...

    def kill(self) -> None:
        """End it now, with all that it started."""
        ...

    async def aclose(self) -> None:
        """End it and free all that belongs to it."""
        ...


def execute_request(code: str, *, may_ask: bool) -> dict[str, Any]:
    """The content of a request to run code, numbered and kept in the kernel's history."""
    return {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": may_ask,
        "stop_on_error": False,  # would drop what is queued behind a failed run
    }


def evaluate_request(expression: str) -> dict[str, Any]:
    """The content of a request that runs nothing and gives back one value."""
    return {
        "code": "",
        "silent": True,
        "store_history": False,
        "user_expressions": {"value": expression},
        "allow_stdin": False,
        "stop_on_error": False,
    }


class _Value(msgspec.Struct):
    """The value of one expression in several media types; `data` is missing where it raised."""

    data: dict[str, str] = {}


class _Evaluated(msgspec.Struct):
    """Content of an `execute_reply`, as far as expressions go."""

    user_expressions: dict[str, _Value]


def evaluated(reply: object) -> str:
    """Read what came of `evaluate_request`: the value's repr, empty where it failed."""
    try:
        return msgspec.convert(reply, _Evaluated).user_expressions["value"].data["text/plain"]
    except (msgspec.ValidationError, KeyError):
        return ""


async def waited(event: asyncio.Event, most_s: float) -> None:
    """Wait for an event, and no longer than that."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(most_s):
            await event.wait()
