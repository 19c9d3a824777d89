"""A reply that says the same again and again: seen while it streams, before the context is full.

Small and much-quantized models do that, and nothing ends it but the end of their context. But a
table of zeros, a line of dashes or a sentence a hundred times may be what the user asked for. So
what a user may want is let be for long: what holds no words or stands in a table or in code, and
as many rounds as the user's words name a number. Nobody asks for the same thought twice.
"""

import re
from collections.abc import Callable
from typing import Literal

import msgspec

from qchat.runtime.language import tr

Kind = Literal["thought", "answer", "arguments"]

MAX_THOUGHT, MAX_PROSE, MAX_DATA = 6_000, 24_000, 100_000
"""Characters of nothing but the same: in a thought, in prose, in what may be data or code."""
MIN_ROUNDS = 8
WINDOW = 4_000
"""Characters at the end that are looked at; a round is at most a `MIN_ROUNDS`th of them."""
LOOK_EVERY = 512
"""Characters between two looks."""
MAX_QUOTED = 60
FENCE = "```"
YEARS = range(1900, 2100)
"""Named in a prompt, they are rarely a wish for so many."""
SPARE = 2
"""Models count badly: so many times what was asked for is let be."""

_NUMBER = re.compile(r"\d[\d,.'\u00a0\u202f ]*\d|\d")
_LARGE = re.compile(
    r"\b(?P<hundred>hundreds?|dozens?|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\b"
    r"|(?P<thousand>\bthousands?\b|[百千])|(?P<more>\bmillions?\b|\bforever\b|[万萬亿])",
    re.IGNORECASE,
)
_DATA = re.compile(r"[|;\t{}\[\]<>=]|,\S")
_WORDS = re.compile(r"[^\W\d_]{2}")


class Rounds(msgspec.Struct, frozen=True):
    """What is said again and again, how often, and in how many characters."""

    piece: str
    times: int
    characters: int

    def __str__(self) -> str:
        """For the user, in one line."""
        quoted = " ".join(self.piece.split()) or tr("blank space")
        quoted = f"{quoted[:MAX_QUOTED]}…" if len(quoted) > MAX_QUOTED else quoted
        return tr(
            "its last {characters:,} characters say “{quoted}” {times:,} times",
            characters=self.characters,
            quoted=quoted,
            times=self.times,
        )


class Repetition:
    """Fed with the pieces of one reply; each kind of text has one of its own."""

    def __init__(self, kind: Kind, wanted: Callable[[], int] = lambda: 0) -> None:
        """`wanted` gives the largest number in the user's words; asked when it matters."""
        self._kind: Kind = kind
        self._wanted = wanted
        self._end = ""
        self._new = 0
        self._length = self._same = 0
        """The length of a round, and how many characters there are of nothing else."""
        self._fences = 0

    def add(self, text: str) -> Rounds | None:
        """Take a piece; what is repeated where that is more than anybody can want, else None."""
        found: Rounds | None = None
        for at in range(0, len(text), LOOK_EVERY):  # some servers send all of a reply at once
            found = found or self._add(text[at : at + LOOK_EVERY])
        return found

    def _add(self, text: str) -> Rounds | None:
        self._fences += (self._end[-2:] + text).count(FENCE)
        self._end = (self._end + text)[-WINDOW:]
        self._new += len(text)
        if self._new < LOOK_EVERY or len(self._end) < WINDOW:
            return None
        new, self._new = self._new, 0
        length = round_of(self._end)
        self._same = self._same + new if length and length == self._length else WINDOW
        self._length = length
        if not length or self._same <= MAX_THOUGHT:
            return None
        piece = self._end[-length:]
        rounds = Rounds(piece, self._same // length, self._same)
        return rounds if self._same > self._most(piece) else None

    def _most(self, piece: str) -> int:
        """Characters of this again and again that are let be."""
        if self._kind == "thought":
            return MAX_THOUGHT
        data = self._fences % 2 or _DATA.search(piece) or not _WORDS.search(piece)
        plain = self._kind == "answer" and not data
        return max(MAX_PROSE if plain else MAX_DATA, self._wanted() * len(piece) * SPARE)


def round_of(text: str) -> int:
    """The length of what a text says at least `MIN_ROUNDS` times, cut anywhere; 0 if it is none."""
    beginning = text[: len(text) - len(text) // MIN_ROUNDS]
    length = text.find(beginning, 1)
    return length if length > 0 and text[length:] == text[:-length] else 0


def largest_number(text: str) -> int:
    """The largest number that a text names, so that it may be a wish for so many; 0 for none."""
    digits = (int(re.sub(r"\D", "", found)[:7]) for found in _NUMBER.findall(text))
    named = [number for number in digits if number not in YEARS or number % 100 == 0]
    sizes = {"hundred": 1_000, "thousand": 100_000, "more": 10_000_000}
    named += [sizes[found.lastgroup or ""] for found in _LARGE.finditer(text)]
    return max(named, default=0)
