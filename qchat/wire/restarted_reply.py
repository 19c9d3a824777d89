"""A reply that begins again in its own stream: a proxy asked once more after a piece of the first.

What has been shown cannot be taken back. So what is said again word for word is said once, and
where the second reply departs from the first, it stands apart and from its own beginning.
"""


class Repeated:
    """Takes out of a text that begins again what it said before."""

    def __init__(self) -> None:
        self.said: list[str] = []
        """What it said so far; put here directly until it begins again."""
        self._expected = ""
        """What the text said before it began again, as long as it says the same."""
        self._held = ""

    def begin_again(self) -> None:
        """What comes now comes from the beginning."""
        self._expected, self._held = "".join(self.said), ""

    def feed(self, text: str) -> tuple[str, bool]:
        """What is new in the next piece, and whether another text begins with it than before."""
        if not self._expected:
            self.said.append(text)
            return text, False
        held = self._held + text
        if self._expected.startswith(held):
            self._held = held
            return "", False
        departs = not held.startswith(self._expected)
        text = held if departs else held[len(self._expected) :]
        self.said = [held]
        self._expected = self._held = ""
        return text, departs


class Echo:
    """Takes out of one text what another one has said already, word for word from its beginning.

    Some gateways send the thinking both in its field and, between its tags, in the text.
    """

    def __init__(self) -> None:
        self._said = ""
        self._more: list[str] = []
        self._at = 0
        self._repeated: list[str] | None = []
        """What was taken out so far; None once the text has said something else."""

    def say(self, text: str) -> None:
        """More of the other text."""
        self._more.append(text)

    def feed(self, text: str) -> str:
        """What is new in the next piece."""
        if self._repeated is None:
            return text
        if self._more:
            self._said, self._at = self._said[self._at :] + "".join(self._more), 0
            self._more.clear()
        begins = not self._repeated
        piece = text.lstrip() if begins else text
        said = len(self._said) - len(self._said.lstrip()) if begins else self._at
        same = self._said.startswith(piece, said) or self._said.startswith(piece.rstrip(), said)
        if same:
            self._repeated.append(text)
            self._at = said + len(piece)
            return ""
        told, self._repeated = "".join([*self._repeated, text]), None
        return told
