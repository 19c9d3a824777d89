"""What the user may say to a turn while it runs, and see of it, where a turn has several trails."""

from typing import Protocol

from qchat.protocol.events import Event, GivenUp, StepFinished, Text, Thinking


class Saying:
    """What a running trail has said by now: it can be read while it grows."""

    def __init__(self) -> None:
        self.text = ""
        self.thinking = ""
        self._whole = 0
        """Characters that belong to replies that are complete."""

    def add(self, event: Event) -> None:
        """Take its next event."""
        if isinstance(event, Text):
            self.text += event.text
        elif isinstance(event, Thinking):
            self.thinking += event.text
        elif isinstance(event, StepFinished):
            self._whole = len(self.text)
        elif isinstance(event, GivenUp):
            self.text = self.text[: self._whole]


class Steering(Protocol):
    """A running turn that can be told something; the session knows it while it runs."""

    def answer_now(self) -> None:
        """Write the answer from what is known by now."""
        ...

    def hint(self, text: str) -> None:
        """Tell the next round something."""
        ...

    def strike(self, result: str) -> bool:
        """Let the next round do without a result, by its name; False if there is none."""
        ...

    def saying(self, trail: int) -> Saying | None:
        """What a trail has said so far, by the id of its turn; None for one that does not run."""
        ...
