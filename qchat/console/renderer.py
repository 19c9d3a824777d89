"""A turn as lines of a plain terminal: thinking is one dim line, tools and notices likewise."""

import os
import sys
from typing import TextIO, assert_never

from qchat.console.tool_output import ToolOutput
from qchat.conversation import citations
from qchat.depth.progress import said as depth_said
from qchat.protocol.events import (
    Attached,
    Cited,
    ControlEvent,
    Event,
    Imported,
    Notice,
    Recalled,
    Sent,
    StepFinished,
    Text,
    Thinking,
    ToolDraft,
    ToolFinished,
    ToolProgress,
    ToolStarted,
    TrailEvent,
    TurnFinished,
)
from qchat.runtime.language import tr
from qchat.runtime.sanitize import sanitize_for_terminal

CLEAR_LINE = "\r\x1b[K"


class ConsoleRenderer:
    """Prints one turn as it happens; `live` lets one line change while the model thinks."""

    def __init__(self, out: TextIO, *, live: bool = False, dim: bool = False) -> None:
        self._out = out
        self._live = live
        self._dim = dim
        self._began: float | None = None
        self._shown_s = -1
        self._in_text = False
        self._step: StepFinished | None = None
        self._output = ToolOutput()

    def show(self, event: Event) -> None:
        """Print what an event says."""
        if not isinstance(event, Thinking):
            self._end_thinking(event.at)
        match event:
            case Thinking():
                self._thinking(event.at)
            case Text():
                self._in_text = True
                self._out.write(sanitize_for_terminal(event.text))
            case Recalled():
                for memory in event.memories:
                    self._line(tr("recalled: {text}", text=memory.text))
            case ToolStarted():
                values = ", ".join(str(value) for value in event.arguments.values())
                self._line(f"{event.name}: {values or event.invalid}")
                self._output.begin(event)
            case ToolProgress():
                self._line(self._output.ended(event))
            case ToolFinished():
                self._line(self._output.rest(event))
            case Cited():
                self._line(citations.listed(event))
            case Notice():
                self._line(event.text)
            case StepFinished():
                self._step = event
                self._end_text()
            case TurnFinished():
                self._end_text()
                self._cost()
            case Attached():
                self._line(tr("attached: {name}", name=event.name))
            case ToolDraft() | Sent() | Imported() | ControlEvent():
                pass  # the call, the name of what answered, and a notice say it
            case TrailEvent():
                self._line(depth_said(event))
            case _:
                assert_never(event)
        self._out.flush()

    def _thinking(self, at: float) -> None:
        if self._began is None:
            self._end_text()
            self._began = at
        seconds = int(at - self._began)
        if self._live and seconds != self._shown_s:
            self._shown_s = seconds
            self._out.write(f"{CLEAR_LINE}{self._dimmed(f'  thinking … {seconds} s')}")

    def _end_thinking(self, at: float) -> None:
        if self._began is None:
            return
        seconds = max(at - self._began, 0)
        self._began, self._shown_s = None, -1
        if self._live:
            self._out.write(CLEAR_LINE)
        self._line(tr("thought for {seconds:.0f} s (/thinking shows it)", seconds=seconds))

    def _cost(self) -> None:
        """What the last reply cost, where its server said so."""
        if self._step is None or not self._step.usage.prompt:
            return
        usage, speed = self._step.usage, self._step.timings.tokens_per_s
        parts: list[str] = [tr("{n} tokens", n=usage.prompt + usage.completion)]
        parts += [f"{speed:.0f} tok/s"] if speed else []
        parts += [
            tr("reused {cached}, read {n}", cached=usage.cached, n=usage.prompt - usage.cached)
        ]
        self._line(" · ".join(parts))

    def _line(self, text: str) -> None:
        self._end_text()
        for line in sanitize_for_terminal(text).splitlines():
            self._out.write(f"{self._dimmed(f'  {line}')}\n")

    def _dimmed(self, text: str) -> str:
        return f"\x1b[2m{text}\x1b[0m" if self._dim else text

    def _end_text(self) -> None:
        if self._in_text:
            self._out.write("\n")
        self._in_text = False


def terminal_view() -> ConsoleRenderer:
    """For standard output, by what its terminal can do."""
    smart = os.environ.get("TERM", "dumb") not in ("", "dumb") and sys.stdout.isatty()
    return ConsoleRenderer(sys.stdout, live=smart, dim=smart and "NO_COLOR" not in os.environ)
