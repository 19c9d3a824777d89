"""The line below the prompt: what goes on, who answers, and how full the context is."""

from collections.abc import Sequence

import msgspec
from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Resize
from textual.timer import Timer
from textual.widgets import Static

from qchat.backends.base import Backend
from qchat.conversation.session import Session
from qchat.conversation.window import WARN
from qchat.protocol.events import Attached
from qchat.runtime import offline
from qchat.runtime.language import tr
from qchat.tui.activity import Activity
from qchat.tui.render.strips import shown

CELLS = 6
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
TURNS_PER_S = 5
SEPARATOR, NARROW_SEPARATOR = "  │  ", " │ "
STOPS, SHORT_STOPS = " · Esc stops", " · Esc"
MARGIN, SPINNER_CELLS = 4, 2
"""Cells of the line that are not for its text."""
MAX_MODEL = 20


class Part(msgspec.Struct, frozen=True):
    """One thing that the line says; in a narrow line those of high numbers give way first."""

    text: str
    gives_way: int
    shorter: tuple[str, ...] = ()
    """What stands there before it goes altogether."""
    stays: bool = False
    """It is only said shorter, never left out."""


class Status(Horizontal):
    """Shows the session's state; has none of its own."""

    def __init__(self) -> None:
        super().__init__(id="status")
        self._spinner = Static("", id="spinner", markup=False)
        self._figures = Static("", id="figures", markup=False)
        self._parts: Sequence[Part] = ()
        self._line = ""
        self._turned = 0
        self._turning: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self._spinner
        yield self._figures

    def on_mount(self) -> None:
        self._spinner.display = False
        self._turning = self.set_interval(1 / TURNS_PER_S, self._turn, pause=True)

    def show(
        self,
        session: Session,
        activity: Activity,
        queued: int,
        *,
        starting: bool = False,
        mouse: bool = True,
        beside: Sequence[str] = (),
        prompt: str = "",
        attached: Sequence[Attached] = (),
    ) -> None:
        """Say how things stand; `beside` goes on in the background, `prompt` is what is typed."""
        busy = activity.phase != "idle"
        doing = _doing(session.backend, activity, starting=starting)
        self._parts = [
            Part(doing, 2, (doing.replace(tr(STOPS), SHORT_STOPS),), stays=True),
            *(Part(text, 5) for text in beside),
            _model(session.backend),
            Part(_thinking(session, session.gauge.used if busy else 0), 3),
            *_context(session, prompt, attached, busy=busy or starting),
            Part(_speed(activity) if busy else "", 4),
            Part(session.oversight.figures if session.oversight is not None else "", 1),
            *(Part(text, 2) for text in warnings(session)),
            Part("" if mouse else tr("mouse free"), 1),
            Part(tr("{n} waiting", n=queued) if queued else "", 1),
        ]
        self._turns(on=busy)
        self._draw()

    def on_resize(self, _event: Resize) -> None:
        self._draw()

    def _draw(self) -> None:
        taken = MARGIN + SPINNER_CELLS * self._spinner.display
        line = fitted(self._parts, (self.app.size.width or 80) - taken)
        if line != self._line:
            self._line = line
            self._figures.update(Text(line, no_wrap=True, overflow="ellipsis"), layout=False)

    def _turns(self, *, on: bool) -> None:
        if self._turning is not None and self._spinner.display != on:
            self._spinner.display = on
            if on:
                self._turning.resume()
            else:
                self._turning.pause()

    def _turn(self) -> None:
        """The next picture of the sign that something goes on: nothing else is painted."""
        self._turned += 1
        self._spinner.update(SPINNER[self._turned % len(SPINNER)], layout=False)


def fitted(parts: Sequence[Part], cells: int) -> str:
    """The line in so many cells: closer together, then said shorter, then with parts left out."""
    left = [part for part in parts if part.text]
    if cell_len(line := _joined(left, SEPARATOR)) <= cells:
        return line
    for shortened in (True, False):
        for number in sorted({part.gives_way for part in left}, reverse=True):
            while cell_len(_joined(left, NARROW_SEPARATOR)) > cells:
                before = left
                left = [p for part in left for p in _less(part, number, shortened=shortened)]
                if left == before:
                    break
    return _joined(left, NARROW_SEPARATOR)


def _joined(parts: Sequence[Part], separator: str) -> str:
    return separator.join(part.text for part in parts)


def _less(part: Part, number: int, *, shortened: bool) -> list[Part]:
    """The part said shorter, or not at all, if it is its turn."""
    if part.gives_way != number:
        return [part]
    if shortened:
        return [_shortened(part)] if part.shorter else [part]
    return [part] if part.stays else []


def _shortened(part: Part) -> Part:
    return Part(part.shorter[0], part.gives_way, part.shorter[1:], part.stays)


def details(session: Session) -> str:
    """All that is known, for the page that a key opens."""
    step = session.last_step
    lines = [
        tr("Backend    {name}", name=session.backend.name),
        tr("Model      {shown}", shown=shown(session.backend.model)),
        tr("Thinking   {it}", it=tr("on") if session.think else tr("off"))
        + (tr(", at most {budget} tokens", budget=session.budget) if session.budget else ""),
    ]
    if step is not None:
        usage, timings = step.usage, step.timings
        following = session.context.next_request()
        lines += [
            (
                tr("Context    {it} tokens", it=session.backend.context)
                if session.backend.context
                else tr("Context    unknown")
            )
            + (tr(" (assumed from the model's name)") if session.context.assumed else ""),
            tr(
                "Next       {tokens:,} of {room:,} tokens: /context says of what",
                tokens=following.tokens,
                room=following.room,
            )
            if following.room
            else tr("Next       {tokens:,} tokens: /context says of what", tokens=following.tokens),
            tr(
                "Last step  {prompt} tokens read, {cached} of them reused from before, "
                "{completion} written",
                prompt=usage.prompt,
                cached=usage.cached,
                completion=usage.completion,
            ),
        ]
        if timings.tokens_per_s:
            lines.append(
                tr(
                    "Speed      {tokens_per_s:.1f} tokens per second",
                    tokens_per_s=timings.tokens_per_s,
                )
            )
    lines += [tr("Note       {text}", text=text) for text in warnings(session)]
    return "\n".join(lines)


def warnings(session: Session) -> list[str]:
    """What differs from how it is by default, and is to be known."""
    said = [
        "" if session.toolbox.sandboxed else tr("no sandbox"),
        tr("kernel has network") if session.toolbox.networked else "",
        "" if session.toolbox.remembers else tr("memory off"),
        tr("offline") if offline.forbidden() else "",
    ]
    return [text for text in said if text]


def _doing(backend: Backend, activity: Activity, *, starting: bool) -> str:
    """How the engine stands where that keeps one waiting, else what goes on and since when."""
    engine = backend.state
    match engine.phase:
        case "loading":
            return (
                tr("loading the model {progress}", progress=f"{engine.progress:.0%}")
                if engine.progress
                else tr("loading")
            )
        case "crashed":
            return tr("engine crashed")
        case "idle" if activity.phase == "idle":
            return tr("starting") if starting else tr("model unloaded")
        case "idle" | "ready":
            pass
    what = {
        "idle": tr("starting") if starting else "",
        "reading": tr("reading the prompt"),
        "thinking": tr("thinking"),
        "answering": tr("writing"),
        "calling": tr("calling {tools}", tools=activity.tools).rstrip(),
        "running": tr("running {tools}", tools=activity.tools).rstrip(),
        "asking": tr("waiting for you"),
    }[activity.phase]
    if activity.phase == "idle":
        return what
    return f"{shown(what)} {waited(activity.phase_s)}{tr(STOPS)}"


def waited(seconds: float) -> str:
    """Whole seconds, and minutes where there are many."""
    whole = int(seconds)
    if whole < 60:
        return tr("{n} s", n=whole)
    return tr("{m} min {n} s", m=whole // 60, n=f"{whole % 60:02}")


def _model(backend: Backend) -> Part:
    model = shown(backend.model)
    short = model if len(model) <= MAX_MODEL else f"{model[: MAX_MODEL - 1]}…"
    return Part(f"{backend.name} · {model}", 1, (model, short), stays=True)


def _thinking(session: Session, thought: int) -> str:
    if not session.think:
        return tr("no think")
    if not session.budget:
        return f"{tr('think')} {thought}" if thought else tr("think")
    if not thought:
        return f"{tr('think')} ≤ {session.budget}"
    return f"{tr('think')} {gauge(thought / session.budget)} {thought}/{session.budget}"


def gauge(part: float) -> str:
    """A bar of `CELLS` cells."""
    full = min(max(round(part * CELLS), 0), CELLS)
    return "▰" * full + "▱" * (CELLS - full)


def _context(
    session: Session, prompt: str, attached: Sequence[Attached], *, busy: bool
) -> list[Part]:
    """What the next request will cost, with what is typed.

    In a running turn, and while tools are loaded that it would have to wait for, what the last did.
    """
    if not (session.turns or prompt or attached):
        return []
    if busy:
        step, room = session.last_step, session.context.room
        if step is None:
            return []
        tokens = step.usage.prompt + step.usage.completion
    else:
        following = session.context.next_request(prompt, attached)
        tokens, room = following.tokens, following.room
    if not room:
        return [Part(f"{tr('context')} {tokens:,}", 2)]
    part = tokens / room
    bar = f"{gauge(part)} {part:.0%}"
    full = f"{tr('context')} {bar} · {tokens:,}"
    return [Part(f"⚠ {full}" if part > WARN else full, 2, (f"{tr('context')} {bar}", bar))]


def _speed(activity: Activity) -> str:
    return f"{activity.tokens_per_s:.0f} tok/s" if activity.tokens_per_s else ""
