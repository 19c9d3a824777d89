"""Long texts in parts: cut where a reader would, and found by a question."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

PART_CHARACTERS = 2_000
_HEADING = re.compile(r"#{1,6} ")
_WORD = (  # compiled at its first use: such classes take long
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+|\d+(?:[.,]\d+)*|[^\W\d_\u3040-\u30ff\u3400-\u9fff]+"
)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_K1, _B = 1.5, 0.75  # the usual constants of BM25 (Robertson, Zaragoza 2009)


def split(text: str, size: int = PART_CHARACTERS) -> list[str]:
    """Cut a text into parts of at most `size` characters, before headings, else after paragraphs.

    Joined by blank lines the parts are the text again, up to the white space between them.
    """
    parts: list[str] = []
    current: list[str] = []
    length = 0
    for block in _blocks(text, size):
        begins_section = bool(_HEADING.match(block)) and length > size // 4
        if current and (length + len(block) > size or begins_section):
            parts.append("\n\n".join(current))
            current, length = [], 0
        current.append(block)
        length += len(block) + 2
    if current:
        parts.append("\n\n".join(current))
    return parts


def _blocks(text: str, size: int) -> Iterator[str]:
    """Paragraphs; one that is too long comes in lines, a line that is too long in sentences."""
    for paragraph in re.split(r"\n\s*\n", text):
        block = paragraph.strip("\n")
        if not block.strip():
            continue
        yield from _cut(block, size)


def _cut(block: str, size: int) -> Iterator[str]:
    """By places, not by what is left: a line of megabytes is not copied for each piece."""
    start = 0
    while len(block) - start > size:
        ends = (
            block.rfind(mark, start + size // 2, start + size) for mark in ("\n", ". ", "。", " ")
        )
        end = next((end + 1 for end in ends if end > start), start + size)
        yield block[start:end].rstrip()
        start = end
        while start < len(block) and block[start] in "\n ":
            start += 1
    if start < len(block):
        yield block[start:]


def words(text: str) -> list[str]:
    """The words of a text for comparing; Chinese and the like in pairs of characters."""
    found: list[str] = []
    for match in re.finditer(_WORD, text.casefold()):
        word = match[0]
        if _CJK.match(word):
            found += [word[i : i + 2] for i in range(max(len(word) - 1, 1))]
        else:
            found.append(_stem(word))
    return found


def _stem(word: str) -> str:
    """Without the English endings that most often keep a question from its answer."""
    for ending in ("'s", "’s", "ies", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word.removesuffix("e") if len(word) > 3 else word


def scores(question: str, texts: Sequence[str]) -> list[float]:
    """How well each text fits a question (BM25); 0 where they share no word."""
    counts = [Counter(words(text)) for text in texts]
    lengths = [count.total() for count in counts]
    mean = sum(lengths) / len(lengths) if lengths else 0.0
    total = [0.0] * len(texts)
    for word in set(words(question)):
        having = sum(word in count for count in counts)
        weight = math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
        for i, count in enumerate(counts):
            often = count[word]
            norm = _K1 * (1 - _B + _B * lengths[i] / (mean or 1))
            total[i] += weight * often * (_K1 + 1) / (often + norm) if often else 0.0
    return total


MAX_SCORED = 300
"""Texts that are compared word by word; of more, those that hold most of the question's words."""


def best(question: str, texts: Sequence[str]) -> list[int]:
    """Places of the texts that share a word with the question, the best first."""
    places = list(range(len(texts)))
    if len(texts) > MAX_SCORED:
        places = _likely(question, texts)
    found = scores(question, [texts[i] for i in places])
    ranked = sorted(zip(places, found, strict=True), key=lambda pair: (-pair[1], pair[0]))
    return [place for place, score in ranked if score > 0]


def _likely(question: str, texts: Sequence[str]) -> list[int]:
    """The texts that hold most of a question's words, seen as mere letters."""
    wanted = set(words(question))
    counts = [sum(word in text.casefold() for word in wanted) for text in texts]
    order = sorted(range(len(texts)), key=lambda i: (-counts[i], i))
    return sorted(order[:MAX_SCORED])
