"""A reply that says the same again and again: seen while it streams, before the context is full.

Small and much-quantized models do that, and nothing ends it but the end of their context.
"""

MIN_CHARACTERS, MIN_ROUNDS = 4_000, 12
"""So long, and so many times the same, that nobody means it."""
LOOK_EVERY = 512
"""Characters between two looks."""
ANCHOR = 48
"""Characters at the end whose last occurrence before tells the length of a round."""


class Repetition:
    """Fed with the pieces of one reply; each kind of text has one of its own."""

    def __init__(self) -> None:
        self._end = ""
        self._new = 0

    def add(self, text: str) -> bool:
        """Take a piece; whether all of the last `MIN_CHARACTERS` are rounds of the same."""
        self._end = (self._end + text)[-MIN_CHARACTERS - LOOK_EVERY :]
        self._new += len(text)
        if self._new < LOOK_EVERY or len(self._end) < MIN_CHARACTERS:
            return False
        self._new = 0
        return repeats(self._end[-MIN_CHARACTERS:])


def repeats(text: str) -> bool:
    """Whether a text is one piece said at least `MIN_ROUNDS` times, cut anywhere."""
    anchor = text[-ANCHOR:]
    before = text.rfind(anchor, 0, len(text) - 1)
    if before < 0:
        return False
    length = len(text) - ANCHOR - before
    return 0 < length <= len(text) // MIN_ROUNDS and text[length:] == text[:-length]
