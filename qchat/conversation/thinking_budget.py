"""How much of the thinking budget a reply has used, and what is left of it."""

from qchat.protocol.events import Event, StepFinished, Thinking

CHARACTERS_PER_TOKEN = 5
"""A guess while a reply runs; at its end the server's own count takes its place."""
WIDE_PER_TOKEN = 1.5
"""Likewise of Chinese and Japanese characters, which begin at `_WIDE`."""
_WIDE = "\u2e80"


class TokenMeter:
    """Fed with a turn's events; a budget is for one reply, so each one begins at 0."""

    def __init__(self) -> None:
        self.used = 0
        """Tokens of thinking in the running reply, or else in the last one."""
        self._over = True

    def add(self, event: Event) -> None:
        """Note an event of the turn."""
        if isinstance(event, StepFinished):
            self.used, self._over = event.usage.thinking, True
        elif isinstance(event, Thinking):
            before = 0 if self._over else self.used
            self.used, self._over = before + estimate_tokens(event.text), False

    def left(self, budget: int) -> int:
        """Tokens that may still be thought."""
        return max(budget - self.used, 0)

    def text(self, budget: int) -> str:
        """For a person: used and left, or used alone where there is no budget."""
        if not budget:
            return f"{self.used} tokens"
        return f"{self.used} of {budget} tokens, {self.left(budget)} left"


def estimate_tokens(text: str) -> int:
    """A guess from the text alone, for what streams."""
    wide = 0 if text.isascii() else sum(character >= _WIDE for character in text)
    return max(1, int((len(text) - wide) / CHARACTERS_PER_TOKEN + wide / WIDE_PER_TOKEN))
