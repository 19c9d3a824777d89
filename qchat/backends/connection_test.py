"""One question to a backend, and what its reply shows to work."""

from collections.abc import Callable
from contextlib import aclosing
from typing import assert_never

import msgspec

from qchat.backends.base import Backend, Request
from qchat.backends.retries import asked
from qchat.protocol.events import (
    Attached,
    Cited,
    ControlEvent,
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
from qchat.protocol.messages import User
from qchat.runtime.language import tr
from qchat_tools.base import spec

QUESTION = "What is 127 * 45? Use the tool."
BUDGET = 32
MAX_TOKENS = 512
"""Tokens of the whole reply: a slow machine shall not write for minutes."""


class _Code(msgspec.Struct):
    """What the tool takes."""

    code: str


TOOL = spec("python", "Run Python code and get what it prints.", _Code)


class Report(msgspec.Struct):
    """What came; `lines` says it to the user."""

    thinking: str = ""
    text: str = ""
    called: str = ""
    ended_here: bool = False
    """Whether it was asked again in the middle of its thinking, to end that."""
    notices: tuple[str, ...] = ()
    finished: StepFinished | None = None
    refused: str = ""
    """What the server said to tools, where it refused them."""

    @property
    def thought(self) -> bool:
        """Whether it thought: an answer that was taken for thinking at first comes as both."""
        return self.thinking.strip() not in ("", self.text.strip())

    def lines(self) -> list[str]:
        finished = self.finished or StepFinished()
        usage, timings = finished.usage, finished.timings
        return [
            *self.notices,
            tr(
                "streaming: {yes}, {pieces} pieces",
                yes=tr("yes") if timings.pieces > 2 else tr("no"),
                pieces=timings.pieces,
            ),
            tr("thinking:  {yes}", yes=tr("yes") if self.thought else tr("no")),
            tr("tools:     {tools}", tools=self._tools()),
            tr("budget:    {budget}", budget=self._budget(usage.thinking)),
            tr("usage:     {usage}", usage=_usage(usage.prompt, usage.completion, usage.cached)),
            tr(
                "speed:     first token after {first:.2f} s, {speed:.0f} tokens/s",
                first=timings.first_token_s,
                speed=timings.tokens_per_s,
            ),
        ]

    def _tools(self) -> str:
        if self.refused:
            return tr("refused, so use --no-tools: {refused}", refused=self.refused)
        return (
            tr("yes, it called {called}", called=self.called) if self.called else tr("no call came")
        )

    def _budget(self, used: int) -> str:
        if not self.thought:
            return tr("not tried: it did not think")
        if self.ended_here:
            return tr(
                "the server has none; qchat ended the thinking after {used} tokens", used=used
            )
        within = tr("{used} of {budget} tokens used", used=used, budget=BUDGET)
        if used <= BUDGET + BUDGET // 2:
            return tr("kept, {within}", within=within)
        return tr("not kept, {within}", within=within)


async def trial(
    backend: Backend, leaving: Callable[[Sent], None] = lambda _sent: None, *, tools: bool = True
) -> Report:
    """Ask once, with thinking, a tool and a small budget. Raises BackendError, EngineError.

    `leaving` is told of each request.
    """
    report = Report()
    offered = (TOOL,) if tools else ()
    request = Request(
        (User(QUESTION),), tools=offered, think=True, budget=BUDGET, max_tokens=MAX_TOKENS
    )
    async with aclosing(asked(backend, request)) as events:
        async for event in events:
            match event:
                case Thinking() | Text() | ToolDraft():
                    _note(report, event)
                case Sent():
                    leaving(event)
                    report.ended_here = report.ended_here or bool(report.thinking)
                case Notice():
                    report.notices += (event.text,)
                case StepFinished():
                    report.finished = event
                case Attached() | Recalled() | Cited() | TurnFinished():
                    pass  # no server sends such
                case ToolStarted() | ToolProgress() | ToolFinished():
                    pass
                case ControlEvent() | Imported():
                    pass
                case TrailEvent():
                    pass
                case _:
                    assert_never(event)
    return report


def _note(report: Report, event: Thinking | Text | ToolDraft) -> None:
    match event:
        case Thinking():
            report.thinking += event.text
        case Text():
            report.text += event.text
        case ToolDraft():
            report.called = event.name or report.called


def _usage(prompt: int, completion: int, cached: int) -> str:
    if not prompt:
        return tr("not told; about {completion} tokens came", completion=completion)
    reused = tr(", {cached} of them reused", cached=cached) if cached else ""
    return tr(
        "{prompt} tokens in{reused}, {completion} out",
        prompt=prompt,
        reused=reused,
        completion=completion,
    )
