"""The line below the prompt: who answers, how, and what it costs."""

from rich.text import Text
from textual.widgets import Static

from qchat.session import Session


class Status(Static):
    """Shows the session's state; has none of its own."""

    def __init__(self) -> None:
        super().__init__(id="status", markup=False)

    def show(self, session: Session, state: str, queued: int) -> None:
        """Say how things stand; `state` is what goes on."""
        backend = session.backend
        think = "think" if session.think else "no think"
        if session.think and session.budget:
            think += f" ≤ {session.budget}"
        parts = [f"{backend.name} · {backend.model}", think]
        step = session.last_step
        if step is not None:
            used = step.usage.prompt + step.usage.completion
            parts.append(f"{used}/{backend.context or '?'} tokens")
            if step.timings.tokens_per_s:
                parts.append(f"{step.timings.tokens_per_s:.0f} tok/s")
            fresh = step.usage.prompt - step.usage.cached
            parts.append(f"reused {step.usage.cached}, read {fresh}")
        if not session.toolbox.sandboxed:
            parts.append("no sandbox")
        if queued:
            parts.append(f"{queued} waiting")
        if state:
            parts.insert(0, state)
        self.update(Text("  │  ".join(parts), no_wrap=True, overflow="ellipsis"))
