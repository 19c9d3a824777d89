"""Calls that a model writes although it was offered no tools: told in words, not shown raw.

A model that was trained to call does so in the dark now and then. What it only talks about stays:
a tag in the middle of a line, or in a fence of code.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from qchat.protocol.events import Event, Notice, StepFinished, Text
from qchat.runtime.language import tr
from qchat.wire.call_text import CALL, END_CALL, begins_call, read_region

MAX_HELD = 100_000
"""Characters of a call that are waited for; more is shown as it is."""


class CallFilter:
    """Text in, text without calls out; `names` are the tools that were called for."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._held = ""
        self._line = ""
        """The line so far that was given out last."""
        self._fenced = False

    def feed(self, text: str, *, final: bool = False) -> str:
        """What can be shown of all that came so far; the rest is held back until it is known."""
        self._held += text
        out = ""
        while self._held:
            piece = self._next(final=final)
            if piece is None:
                break
            out += piece
        return out

    def _next(self, *, final: bool) -> str | None:
        """The next piece to show, "" where a call was taken out; None while more is needed."""
        if self._line.strip() or self._fenced:
            return self._give(self._to_line_end())
        blank = len(self._held) - len(self._held.lstrip(" \t\n"))
        start = self._held[blank:]
        if blank and not start.startswith(CALL[: max(len(start), 1)]):
            return self._give(self._held[:blank]) if start or final else None
        if not start.startswith(CALL):
            waits = CALL.startswith(start) and not final
            return None if waits else self._give(self._held[:blank] + start[: _line_end(start)])
        is_call = begins_call(start[len(CALL) :])
        if is_call is None and not final:
            return None
        if not is_call or len(start) > MAX_HELD:
            return self._give(self._held[: blank + len(CALL)])
        region = read_region(start, {}, 0, final=final)
        if region is None:
            return None
        self.names += [call.name for call in region.calls]
        self._held = start[region.end :].removeprefix(END_CALL).lstrip("\n")
        return ""

    def _to_line_end(self) -> str:
        return self._held[: _line_end(self._held)]

    def _give(self, piece: str) -> str:
        self._held = self._held[len(piece) :]
        for line in piece.splitlines(keepends=True):
            self._line += line
            if line.endswith("\n"):
                if self._line.lstrip().startswith(("```", "~~~")):
                    self._fenced = not self._fenced
                self._line = ""
        return piece


def _line_end(text: str) -> int:
    at = text.find("\n")
    return len(text) if at < 0 else at + 1


async def without_calls(
    events: AsyncGenerator[Event, None], model: str
) -> AsyncGenerator[Event, None]:
    """The events of a reply to a request without tools, its calls as a remark at the end."""
    calls = CallFilter()
    async with aclosing(events) as stream:
        async for event in stream:
            if isinstance(event, Text):
                if shown := calls.feed(event.text):
                    yield Text(shown)
                continue
            if isinstance(event, StepFinished):
                if shown := calls.feed("", final=True):
                    yield Text(shown)
                if calls.names:
                    names = tr(" and ").join(dict.fromkeys(calls.names))
                    yield Notice(
                        tr(
                            "{model} tried to use {names}, but has no tools here.",
                            model=model,
                            names=names,
                        ),
                        "error",
                    )
            yield event
