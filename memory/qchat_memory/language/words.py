"""The words of a text that carry meaning, as an index keeps them: folded, stemmed, in order."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from threading import local

from Stemmer import Stemmer

from qchat_memory.language.detection import SMALL, UNSPACED_SMALL, language_of
from qchat_memory.language.invisible import without_invisible
from qchat_memory.language.irregular import BASE

# Marks of these scripts are parts of their words, which `\w` does not know.
_WORD = re.compile(
    r"[\w\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u102b-\u109f\u17b4-\u17d3]+"
)
# Scripts written without spaces (Thai, Lao, Khmer, kana, Han, Hangul): pairs of characters there.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")

_ALPHABETIC = re.compile("[\u0e00-\u0eff\u1780-\u17ff]")
"""Scripts without spaces whose letters are no words: Thai, Lao, Khmer."""
_VOICED = "\u3099\u309a"
_ONE_KANA = re.compile(r"[\u3040-\u30ff]")
_KANA = re.compile(r"[\u3040-\u30ff]")

# Words that stand in every question and say nothing about what it asks for. Not among them:
# "not", "no" and "never", which turn a sentence into its opposite.
_EMPTY_WORDS = (
    "a about all also am an and any are as at be because been being but by called can cannot could"
    " d did do does doing don feel for from get gets give got had has have having he hello help her"
    " here hers him his how i if in into is it its just know let like ll m make many may me mine"
    " more much must my need now of off on one or our ours out over own please re really s"
    " say she should show so some t tell than thank thanks that the their them then there these"
    " they thing things this those to too up us use ve very want was we were what when where which"
    " while who whom whose why will with would you your yours"
)
EMPTY = frozenset(_EMPTY_WORDS.split())

_stemmers = local()
"""A stemmer is not safe to share between threads."""


def folded(text: str) -> str:
    """The text without case and accents; the marks of kana make other sounds, and stay."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", without_invisible(text).casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c) or c in _VOICED)
    return unicodedata.normalize("NFC", plain)


def sameness(text: str) -> str:
    """What two texts have in common when they say the same: no case, marks at the end, blanks."""
    plain = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    joined = " ".join(plain.split())
    return joined.rstrip(".!。！ ") or joined  # marks alone are what was said


def split(text: str) -> list[str]:
    """Every word in order, folded; pairs of characters where a script has no spaces."""
    plain = folded(text)
    found: list[str] = _WORD.findall(plain)
    return found if plain.isascii() else [piece for word in found for piece in _pieces(word)]


def terms(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order, as often as they come."""
    return [found for found, _ in _meant(text)]


def wanted(query: str) -> dict[str, str]:
    """What to look for, as stem and the word that it came from."""
    found = dict(reversed(_meant(query, asked=True)))
    return found or dict(reversed(_meant(query)))


def telling(question: str, meant: Sequence[str]) -> str:
    """The words of a question that carry meaning, as they stand there; all of it without any.

    `meant` are those words as `wanted` gives them. Figures alone carry no meaning.
    """
    known = set(meant)
    plain = unicodedata.normalize("NFC", without_invisible(question))
    found = [w for w in _WORD.findall(plain) if _UNSPACED.search(w) or folded(w) in known]
    return " ".join(found) if any(not w.isdecimal() for w in found) else question


def _meant(text: str, *, asked: bool = False) -> list[tuple[str, str]]:
    """The words that carry meaning, each as its stem in the text's language and as folded.

    `asked`: of a question, whose words without meaning leave no pairs of characters either.
    """
    language = language_of(folded(text), EMPTY)
    small = SMALL.get(language, frozenset()) | (EMPTY if language == "english" else frozenset())
    found = []
    plain = unicodedata.normalize("NFC", without_invisible(text).casefold())
    for word in _WORD.findall(plain):
        if _UNSPACED.search(word):
            found += [(piece, piece) for piece in _unspaced(word, asked)]
        elif (bare := folded(word)) not in small:
            found.append(
                (
                    stem(BASE.get(bare, bare))
                    if language == "english"
                    else stem_of(word, language),
                    bare,
                )
            )
    return found


def _unspaced(word: str, asked: bool) -> Iterator[str]:
    """The words of a script that has no spaces, and their pairs of characters: others may cut
    elsewhere."""
    rest = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > rest:
            yield folded(word[rest : run.start()])
        yield from _cut(run.group(), asked)
        rest = run.end()
    if rest < len(word):
        yield folded(word[rest:])


def _cut(run: str, asked: bool) -> Iterator[str]:
    """A run without spaces as words, by ICU; Chinese as pairs of characters.

    Those find more there than its words do (recall@10 0.97 against 0.93, `tests/recall/languages`):
    what is one word in a question may be two in an answer.
    """
    if not _KANA.search(run) and not _ALPHABETIC.match(run):
        for part in _stretches(run) if asked else [run]:
            yield from (folded(part[i : i + 2]) for i in range(max(len(part) - 1, 1)))
        return
    for piece in _segmented(run):
        if piece not in UNSPACED_SMALL and not _ONE_KANA.fullmatch(piece):
            yield folded(piece)
            if len(piece) > 2 and not _ALPHABETIC.match(piece):
                yield from (folded(piece[i : i + 2]) for i in range(len(piece) - 1))


def _stretches(run: str) -> list[str]:
    """What of a run lies between words without meaning; a single character is in no pair."""
    cut = "".join(" " if _says_nothing(piece) else piece for piece in _segmented(run))
    return [part for part in cut.split() if len(part) > 1]


def _says_nothing(piece: str) -> bool:
    return piece in UNSPACED_SMALL or piece.startswith(("什么", "怎么", "为什么", "哪", "多少"))


def _segmented(run: str) -> list[str]:
    """A run cut into words by ICU's dictionaries (Chinese, Japanese, Thai, Lao, Khmer)."""
    from icu4py.breakers import WordBreaker  # noqa: PLC0415  15 MB: only where there is such text

    breaker = WordBreaker(run, "th" if _ALPHABETIC.match(run) else "ja")
    return [run[start:end] for start, end in breaker.segments()]


@lru_cache(maxsize=50_000)
def stem_of(word: str, language: str) -> str:
    """The stem of a word with its accents, in a language that Snowball knows; folded."""
    if not hasattr(_stemmers, language):
        setattr(_stemmers, language, Stemmer(language))
    return folded(getattr(_stemmers, language).stemWord(word))


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
