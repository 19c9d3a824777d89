"""A reply that begins again in its own stream: a proxy asked once more after a piece of the first.

What has been shown cannot be taken back. So what is said again word for word is said once, and
where the second reply departs from the first, it stands apart and from its own beginning.
"""

from typing import NamedTuple


class Fresh(NamedTuple):
    """What is new in a piece; `departs`: it is the beginning of another text than before."""

    text: str
    departs: bool = False


class Repeated:
    """Takes out of a text that begins again what it said before."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._expected = ""
        """What the text said before it began again, as long as it says the same."""
        self._held = ""

    def begin_again(self) -> None:
        """What comes now comes from the beginning."""
        self._expected, self._held = "".join(self._said), ""

    def feed(self, text: str) -> Fresh:
        """What is new in the next piece of the text."""
        if not self._expected:
            self._said.append(text)
            return Fresh(text)
        held = self._held + text
        if self._expected.startswith(held):
            self._held = held
            return Fresh("")
        departs = not held.startswith(self._expected)
        text = held if departs else held[len(self._expected) :]
        self._said = [held]
        self._expected = self._held = ""
        return Fresh(text, departs)
