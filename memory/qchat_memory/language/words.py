"""The words of a text that carry meaning, as an index keeps them: folded, stemmed, in order."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from threading import local

from Stemmer import Stemmer

from qchat_memory.language.invisible import without_invisible

_WORD = re.compile(r"\w+")
# Scripts written without spaces (Thai, Lao, Khmer, kana, Han, Hangul): pairs of characters there.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")

# Words that stand in every question and say nothing about what it asks for. Not among them:
# "not", "no" and "never", which turn a sentence into its opposite.
_EMPTY_WORDS = (
    "a about all also am an and any are as at be because been being but by called can cannot could"
    " d did do does doing don for from get gets give got had has have having he hello help her here"
    " hers him his how i if in into is it its just know let like ll m make many may me mine more"
    " much must my need now of off on one or our ours out over own please re really s"
    " say she should show so some t tell than thank thanks that the their them then there these"
    " they thing things this those to too up us use ve very want was we were what when where which"
    " while who whom whose why will with would you your yours"
)
EMPTY = frozenset(_EMPTY_WORDS.split())

_stemmers = local()
"""A stemmer is not safe to share between threads."""


def folded(text: str) -> str:
    """The text without case and accents."""
    plain = unicodedata.normalize("NFKD", without_invisible(text).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", plain)


def sameness(text: str) -> str:
    """What two texts have in common when they say the same: no case, marks at the end, blanks."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    joined = " ".join(plain.split())
    return joined.rstrip(".!。！ ") or joined  # marks alone are what was said


def split(text: str) -> list[str]:
    """Every word in order, folded; pairs of characters where a script has no spaces."""
    return [piece for word in _WORD.findall(folded(text)) for piece in _pieces(word)]


def terms(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order, as often as they come."""
    return [stem(word) for word in split(text) if word not in EMPTY]


def wanted(query: str) -> dict[str, str]:
    """What to look for, as stem and the word that it came from; all words if all are empty."""
    words = split(query)
    kept = [word for word in words if word not in EMPTY]
    return {stem(word): word for word in reversed(kept)}


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of an English word; words of other languages lose a plural ending at most."""
    if not hasattr(_stemmers, "english"):
        _stemmers.english = Stemmer("english")
    found: str = _stemmers.english.stemWord(word)
    return found


def _pieces(word: str) -> Iterator[str]:
    rest = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > rest:
            yield word[rest : run.start()]
        text = run.group()
        yield from (text[i : i + 2] for i in range(max(len(text) - 1, 1)))
        rest = run.end()
    if rest < len(word):
        yield word[rest:]
