"""What a call shows: whether a sentence stands in what came of it, and not only beside it.

A model may name the handle of a call for anything, so the sentence is held against what ran and
what came of it. Nobody here understands either; what cannot be seen is a claim, which is checked.
"""

import functools
import re
from collections.abc import Iterable, Sequence

import msgspec

from qchat.depth.calculated import calculated

_NUMBER = re.compile(
    r"(?<![\w.])(?P<sign>[-−]\s?)?(?P<digits>\d{1,3}(?:[,\u2009\u202f']\d{3})+(?!\d)|\d[\d_]*)"
    r"(?P<decimals>\.\d+)?(?P<power>[eE][-+]?\d+)?(?!\w*(?<=\d)(?:st|nd|rd|th)\b)"
)
_SUBJECT = re.compile(
    r"^(.*)(?:=|≈|:=|\b(?:is|are|was|were|equals?|ist|beträgt)\b|是|为|等于)(.*)$", re.S
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_COMMON = re.compile(
    r"th(?:is|at|ese|ose|eir|ere|en|an|e|erefore)|with|from|ha(?:ve|s|d)|been|does|wh(?:ich|en|ere)"
    r"|results?|answer|value|because|exactly|about|only|also|into|over|under|and|not|for|are|was"
    r"|were|all|any|one|but|can|its"
)
_NOT = re.compile(
    r"\b(?:no|not|false|never|none|neither|cannot|wrong)\b|n[’']t\b|不|非|没|无|错", re.I
)
_TRUTH = re.compile(r"\b(True|False)\b", re.I)
STEM = 5
"""Letters by which words count as the same: `prime`, `primes`, `isprime`."""


class Number(msgspec.Struct, frozen=True):
    """A number as it stands in a text; `decimals` is how exactly it is said."""

    value: float
    decimals: int = 0

    def shows(self, said: "Number") -> bool:
        """Whether what was said is this, perhaps with fewer decimals."""
        return self.value == said.value or (
            0 < said.decimals < self.decimals and round(self.value, said.decimals) == said.value
        )


class Shown(msgspec.Struct, frozen=True):
    """What one call ran, and what came of it."""

    ran: str
    lines: tuple[tuple[str, str], ...]
    """What came of it, line by line: as it stands, and without what was only repeated."""
    names: str = ""
    """What the code calls things."""
    held: tuple[str, ...] = ()
    literal: tuple[str, ...] = ()

    def supports(self, text: str) -> bool:
        """Whether a sentence can be seen in it: its numbers, else its words, and yes or no."""
        subject, value = _parted(text)
        about, valued = numbers(subject), numbers(value)
        named = self._naming(about)
        around = _all([self.ran, *(whole for whole, _ in self.lines)])
        if not all(_in(around, number) for number in about):
            return False
        if valued:
            written = set(_all(self.literal))
            there = [n for n in _all(bare for _, bare in named) if n not in written]
            there += _all(self.held)
            return all(_in(there, number) for number in valued)
        truths = {word.lower() for whole, _ in named for word in _TRUTH.findall(whole)}
        if truths and truths != {"false" if _NOT.search(text) else "true"}:
            return False
        return self._speaks_of(text)

    def _naming(self, subject: Sequence[Number]) -> Sequence[tuple[str, str]]:
        """The lines that name what a sentence is about and say something of it; else all."""
        named = []
        for whole, bare in self.lines:
            said = _all([whole])
            more = len(numbers(whole)) > len(subject) or _TRUTH.search(whole)
            if subject and more and all(_in(said, each) for each in subject):
                named.append((whole, bare))
        return named or self.lines

    def _speaks_of(self, text: str) -> bool:
        whole = "\n".join([self.names, *(bare for _, bare in self.lines)]).casefold()
        words = _words(text)
        if not words:  # short names and numbers alone, which are there
            return bool(numbers(text)) and any(bare.strip() for _, bare in self.lines)
        return 2 * sum(word in whole for word in words) >= len(words)


def shown(tool: str, arguments: Iterable[object], came: str) -> Shown:
    """What a call of a tool shows, by its arguments and what it gave back."""
    given = [str(argument) for argument in arguments]
    ran = "\n".join(given)
    if tool == "python":
        made = calculated(ran, came)
        bare = made.came.split("\n")
        lines = tuple(zip(came.split("\n"), bare, strict=True))
        return Shown(ran, lines, made.names, made.held, made.literal)
    # A page of results repeats what was looked for, which shows nothing.
    repeated = [argument for argument in given if re.search(r"\d", argument)]
    whole = came.split("\n")
    rest = [functools.reduce(lambda a, b: a.replace(b, " "), repeated, line) for line in whole]
    return Shown(ran, tuple(zip(whole, rest, strict=True)))


def numbers(text: str) -> list[Number]:
    """The numbers of a text, without those that are part of a name."""
    found = []
    for match in _NUMBER.finditer(text):
        whole = re.sub(r"[^\d]", "", match["digits"])
        before = text[: match.start()].rstrip()[-1:]
        sign = "-" if match["sign"] and not (before.isalnum() or before in (")", "]")) else ""
        decimals = match["decimals"] or ""
        value = float(f"{sign}{whole}{decimals}{match['power'] or ''}")
        found.append(Number(value, max(len(decimals) - 1, 0)))
    return found


def _parted(text: str) -> tuple[str, str]:
    """What a sentence is about, and what it says of it; all of it where no verb is known."""
    parts = _SUBJECT.match(text)
    return (parts[1], parts[2]) if parts else ("", text)


def _all(texts: Iterable[str]) -> list[Number]:
    """With commas as thousands, and as what stands between."""
    return [n for text in texts for each in {text, text.replace(",", " ")} for n in numbers(each)]


def _in(there: Iterable[Number], said: Number) -> bool:
    return any(number.shows(said) for number in there)


def _words(text: str) -> set[str]:
    """Beginnings of the words that say something; of Chinese, what stands two and two."""
    every = map(str.casefold, _WORD.findall(text))
    words = {word[:STEM] for word in every if not _COMMON.fullmatch(word)}
    if _CHINESE.search(text):
        plain = re.sub(r"[^\u4e00-\u9fff]", " ", text)
        words = {
            plain[at : at + 2] for at in range(len(plain) - 1) if " " not in plain[at : at + 2]
        }
    return words
