"""What the user may say to a turn while it runs, where a turn has several trails."""

from typing import Protocol


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
