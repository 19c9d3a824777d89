"""How much of the thinking budget a reply has used, and what is left of it."""

from qchat.protocol.events import Event, StepFinished, Thinking
from qchat.protocol.tokens import ReplyMeter
from qchat.runtime.language import tr


class TokenMeter:
    """Fed with a turn's events; a budget is for one reply, so each one begins at 0."""

    def __init__(self) -> None:
        self._counted = 0
        self._running: ReplyMeter | None = None

    @property
    def used(self) -> int:
        """Tokens of thinking in the running reply, or else in the last one."""
        return self._running.tokens if self._running is not None else self._counted

    def add(self, event: Event) -> None:
        """Note an event of the turn."""
        if isinstance(event, StepFinished):
            self._counted, self._running = event.usage.thinking, None
        elif isinstance(event, Thinking):
            self._running = self._running or ReplyMeter()
            self._running.add(event.text)

    def left(self, budget: int) -> int:
        """Tokens that may still be thought."""
        return max(budget - self.used, 0)

    def text(self, budget: int) -> str:
        """For the user: used and left, or used alone where there is no budget."""
        if not budget:
            return tr("{used} tokens", used=self.used)
        return tr(
            "{used} of {budget} tokens, {budget2} left",
            used=self.used,
            budget=budget,
            budget2=self.left(budget),
        )
