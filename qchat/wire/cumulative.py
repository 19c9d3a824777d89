"""Text whose every piece holds all that came before it: what is new in each is told apart.

Some servers and gateways send the whole text so far again and again, where the protocol wants what
is new. Two pieces do not show it ("ha" and "haha"): so what may be either waits for the next.
"""

MIN_CHARACTERS = 16
"""A piece that begins with one of that length is no accident."""
MIN_PIECES, MIN_SHORT = 3, 6
"""Nor are so many in a row, the last of them behind one of that length."""


class Growing:
    """Feed it the pieces of one text, then `close` it."""

    def __init__(self) -> None:
        self.settled = False
        """True once the pieces are known to be what is new: then they need not be fed any more."""
        self._first = self._last = ""
        self._held: list[str] = []
        """Pieces that may be all so far, or new."""
        self._grows = False

    @property
    def held(self) -> bool:
        """Whether a piece waits to be told apart."""
        return bool(self._held)

    def feed(self, text: str) -> str:
        """What is new in a piece, as far as that is certain."""
        if self.settled or not text:
            return text
        if not self._last:
            self._first = self._last = text
            return text
        if self._grows:
            return self._new(text)
        if not text.startswith(self._last) or (text == self._last and not self._held):
            return self._as_they_are(text)
        self._held.append(text)
        common, self._last = len(self._last), text
        many = len(self._held) >= MIN_PIECES and common >= MIN_SHORT
        return self._as_one() if many or common >= MIN_CHARACTERS else ""

    def close(self) -> str:
        """Nothing more comes: what waited."""
        return self._as_they_are("") if self._held else ""

    def _as_they_are(self, text: str) -> str:
        self.settled = True
        held, self._held = self._held, []
        return "".join([*held, text])

    def _as_one(self) -> str:
        """The pieces grow: the first one has been given out, and the last one holds the rest."""
        self._last, self._grows = self._held[-1], True
        self._held = []
        return self._last[len(self._first) :]

    def _new(self, text: str) -> str:
        if text.startswith(self._last):
            new, self._last = text[len(self._last) :], text
            return new
        if self._last.startswith(text):  # an older one, late
            return ""
        self._last += text
        return text
