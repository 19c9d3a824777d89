"""What an answer cites: numbers in brackets, the sentences they belong to, and where those stand.

Pure functions over text; `known` says whether a number was ever given out in the session.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from qchat.protocol.event_values import SourceName
from qchat.protocol.events import Cited
from qchat.runtime.language import tr
from qchat_tools.parts import SourcePart
from qchat_tools.passages import scores, words

Known = Callable[[int], bool]

_CODE = re.compile(r"(`{3,}|~{3,}).*?(?:\1|\Z)|(`+)[^`\n]+?\2", re.DOTALL)
# A number that looks cited; not the text of a link, and no link's own label.
_CITATION = re.compile(r"\[(\d{1,4})\](?![(:])")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
_MAX_PASSAGE_CHARACTERS = 600
FIRST_SOURCE = 1
"""The number of the first source of a session."""


class Citation(NamedTuple):
    """One `[3]` in a text; `certain` where nothing but a citation would stand like that."""

    number: int
    start: int
    end: int
    certain: bool


def citations(text: str) -> Iterator[Citation]:
    """Every citation outside of code; right behind a letter it may be an index: `row[3]`."""
    code = [match.span() for match in _CODE.finditer(text)]
    end_of_last = -1
    for match in _CITATION.finditer(text):
        if any(start <= match.start() < end for start, end in code):
            continue
        before = text[match.start() - 1 : match.start()]
        certain = match.start() == end_of_last or not re.match(r"[\w\])]", before, re.ASCII)
        end_of_last = match.end() if certain else -1
        yield Citation(int(match[1]), *match.span(), certain)


def cites(text: str, known: Known) -> list[Citation]:
    """The citations of a text: numbers that were given out, and others that can be nothing else.

    Where a session has no sources, a number in brackets is a number in brackets.
    """
    found = list(citations(text)) if "[" in text else []
    if not any(known(number) for number in (FIRST_SOURCE, *(c.number for c in found))):
        return []
    return [citation for citation in found if citation.certain or known(citation.number)]


def cited(text: str, known: Known) -> tuple[list[int], list[int]]:
    """Numbers that an answer cites, in order, and those among them that were never given out."""
    found = dict.fromkeys(c.number for c in cites(text, known))
    return [n for n in found if known(n)], [n for n in found if not known(n)]


def resolved(answer: str, source: Callable[[int], SourcePart | None]) -> Cited | None:
    """What stands under an answer, by the sources that were given out; None if it cites nothing."""
    numbers, unknown = cited(answer, lambda number: source(number) is not None)
    found = (source(number) for number in numbers)
    names = tuple(SourceName(s.number, s.url, s.title) for s in found if s is not None)
    return Cited(names, tuple(unknown)) if names or unknown else None


def listed(cites: Cited) -> str:
    """The list that stands under an answer, one line each."""
    known = [f"[{name.number}] {name.title}  {name.url}" for name in cites.sources]
    unknown = [
        tr("[{number}] is no source of this conversation", number=number)
        for number in cites.unknown
    ]
    return "\n".join([*known, *unknown])


def marked(text: str, known: Known) -> str:
    """The text with `[9?]` for a number that was never given out."""
    out, end = [], 0
    for citation in cites(text, known):
        if not known(citation.number):
            out += [text[end : citation.start], f"[{citation.number}?]"]
            end = citation.end
    return "".join([*out, text[end:]])


def claims(text: str, number: int) -> list[str]:
    """The sentences of an answer that end in, or hold, a citation of that number."""
    found: list[str] = []
    for sentence in _sentences(text):
        numbers = [citation.number for citation in citations(sentence)]
        plain = re.sub(r"\[\d{1,4}\]", "", sentence).strip(" .。*_#>-")
        if number in numbers:
            found.append(plain or (found[-1] if found else ""))
    return [claim for claim in found if claim]


def _sentences(text: str) -> Iterator[str]:
    """Sentences, each with the citations that stand behind its full stop."""
    last = ""
    for piece in _SENTENCE_END.split(text):
        if re.fullmatch(r"(?:\[\d{1,4}\][\s,]*)+[.。]?", piece.strip()):
            last += f" {piece.strip()}"
            continue
        leading = re.match(r"(?:\[\d{1,4}\]\s*)+", piece)
        if leading and last:
            last += f" {leading[0].strip()}"
            piece = piece[leading.end() :]  # noqa: PLW2901
        if last:
            yield last
        last = piece.strip()
    if last:
        yield last


def passages(extract: str, claimed: Iterable[str]) -> list[tuple[int, int]]:
    """Where an extract says what was claimed: the best sentence for each claim, as spans."""
    places = [(m.start(), m.end()) for m in _pieces(extract)]
    texts = [extract[start:end] for start, end in places]
    found: set[tuple[int, int]] = set()
    for claim in claimed:
        rated = scores(claim, texts)
        best = max(range(len(rated)), key=rated.__getitem__, default=None)
        if best is not None and rated[best] > 0 and _shares_enough(claim, texts[best]):
            found.add(places[best])
    return sorted(found)


def _pieces(text: str) -> Iterator[re.Match[str]]:
    return re.finditer(
        rf"[^\n。！？]{{1,{_MAX_PASSAGE_CHARACTERS}}}?(?:[.!?](?=\s)|[。！？]|(?=\n)|\Z)", text
    )


def _shares_enough(claim: str, passage: str) -> bool:
    """Two words, or half of a short claim: one common word proves nothing."""
    claimed = set(words(claim))
    return len(claimed & set(words(passage))) >= min(2, (len(claimed) + 1) // 2)
