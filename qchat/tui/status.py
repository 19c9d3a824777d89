"""The line below the prompt: who answers, how, and what it costs."""

from rich.text import Text
from textual.widgets import Static

from qchat.backends.base import Backend
from qchat.conversation.session import Session
from qchat.runtime import offline
from qchat.tui.render.strips import shown

CELLS = 6


class Status(Static):
    """Shows the session's state; has none of its own."""

    def __init__(self) -> None:
        super().__init__(id="status", markup=False)
        self._line = ""

    def show(
        self,
        session: Session,
        state: str,
        queued: int,
        thought: int = 0,
        *,
        mouse: bool = True,
        beside: str = "",
    ) -> None:
        """Say how things stand; `state` is what goes on, `thought` tokens of the running reply.

        `beside` is what goes on in the background.
        """
        parts = [
            _phase(session.backend, state),
            beside,
            f"{session.backend.name} · {shown(session.backend.model)}",
            _thinking(session, thought),
            *_usage(session),
            "" if session.toolbox.sandboxed else "no sandbox",
            "kernel has network" if session.toolbox.networked else "",
            "" if session.toolbox.remembers else "memory off",
            "offline" if offline.forbidden() else "",
            "" if mouse else "mouse free",
            f"{queued} waiting" if queued else "",
        ]
        line = "  │  ".join(part for part in parts if part)
        if line != self._line:
            self._line = line
            self.update(Text(line, no_wrap=True, overflow="ellipsis"), layout=False)


def _phase(backend: Backend, state: str) -> str:
    """How the engine stands where that keeps the reader waiting, else what goes on."""
    engine = backend.state
    match engine.phase:
        case "loading":
            return f"loading {engine.progress:.0%}" if engine.progress else "loading"
        case "crashed":
            return "engine crashed"
        case "idle":
            return state or "model unloaded"
        case "ready":
            return state


def _thinking(session: Session, thought: int) -> str:
    if not session.think:
        return "no think"
    if not session.budget:
        return f"think {thought}" if thought else "think"
    if not thought:
        return f"think ≤ {session.budget}"
    return f"think {gauge(thought / session.budget)} {thought}/{session.budget}"


def gauge(part: float) -> str:
    """A bar of `CELLS` cells."""
    full = min(max(round(part * CELLS), 0), CELLS)
    return "▰" * full + "▱" * (CELLS - full)


def _usage(session: Session) -> list[str]:
    step = session.last_step
    if step is None:
        return []
    used, room = step.usage.prompt + step.usage.completion, session.backend.context
    context = f"{gauge(used / room)} {used}/{room}" if room else f"{used}/?"
    speed = step.timings.tokens_per_s
    return [
        f"{context} tokens",
        f"{speed:.0f} tok/s" if speed else "",
        f"reused {step.usage.cached}, read {step.usage.prompt - step.usage.cached}",
    ]
