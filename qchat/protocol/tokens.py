"""How many tokens a text has, where nobody counts them: the one estimate that all use.

Qwen's vocabularies differ threefold in characters a token from one kind of text to another (digits
1.0, Chinese 1.5 to 1.8, JSON 2.1, English 4.0, code 4.3), so pieces are counted by kind, as its
tokenizer splits them. The weights were fitted to both vocabularies (up to Qwen3, and Qwen3.5).
"""

import re

_REPEATED = re.compile(r"([^\w\s])\1{3,}")
"""A ruled line is a few tokens, however long it is."""
_ENCODED = re.compile(r"(?=[A-Za-z]{0,40}[0-9])[A-Za-z0-9+/]{40,}={0,2}")
"""Base64, hashes: letters without words."""
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SYMBOLS = re.compile(r"[!-/:-@\[-`{-~]+")
_BEFORE_DIGIT = re.compile(r"[ \t](?=[0-9])")
_NEWLINE = re.compile(r"(?<![!-/:-@\[-`{-~\n])\n")
_INDENT = re.compile(r"[ \t]{2,}(?=[^\s0-9])")
_DIGITS = b"0123456789"

_SCRIPTS = (
    (re.compile("[\u4e00-\u9fff\u3400-\u4dbf]"), 0.6),  # Chinese characters
    (re.compile("[\u3040-\u30ff\uac00-\ud7a3\u1100-\u11ff]"), 0.64),  # kana, hangul
    (re.compile("[\u2010-\u2fff\u3000-\u303f\uff00-\uffef]"), 1.0),  # their signs, and others
    (re.compile("[\u0370-\u058f]"), 0.42),  # Greek, Cyrillic
    (re.compile("[\u0590-\u07ff]"), 0.46),  # Hebrew, Arabic
    (re.compile("[\u0800-\u1fff]"), 0.8),  # India, Thailand
    (re.compile("[\U00010000-\U0010ffff]"), 1.7),  # emoji, rare characters
)
"""Tokens for each character of a script."""
_LATIN = re.compile("[\u00a0-\u036f]")
_FOREIGN_SHARE, _FOREIGN_WORDS = 0.004, 1.15
"""From so many accents on, words are not English, and are split more often."""
_SHORT, _LONG = 7, 11
"""Letters of words that mostly are one token, and of those that mostly are more than two."""
_LOOKED_AT, _PLACES = 8_192, 16
"""Characters of a long text that are looked at, and in how many places."""


def estimate(text: str) -> float:
    """About how many tokens a text has: within 15 % for most kinds of text."""
    if len(text) > _LOOKED_AT:  # a long text is much the same everywhere
        part, step = _LOOKED_AT // _PLACES, len(text) / _PLACES
        looked_at = (text[int(at * step) : int(at * step) + part] for at in range(_PLACES))
        return sum(map(estimate, looked_at)) * len(text) / _LOOKED_AT
    if not text:
        return 0.0
    total, text = _encoded(_REPEATED.sub(r"\1", text))
    words, letters = _words(text)
    if not text.isascii():
        total += sum(len(script.findall(text)) * each for script, each in _SCRIPTS)
        accents = len(_LATIN.findall(text))
        total += accents
        if accents > letters * _FOREIGN_SHARE:
            words *= _FOREIGN_WORDS
    ascii_ = text.encode("ascii", "ignore")
    digits = len(ascii_) - len(ascii_.translate(None, _DIGITS))
    symbols = _SYMBOLS.findall(text)
    total += words + digits
    total += len(symbols) * 0.9 + sum(map(len, symbols)) * 0.1
    total += 0.93 * len(_BEFORE_DIGIT.findall(text)) if digits else 0.0
    total += 0.6 * len(_NEWLINE.findall(text)) + len(_INDENT.findall(text))
    return max(total, 1.0)


def _encoded(text: str) -> tuple[float, str]:
    """The tokens of what is no text but encoded bytes, and the text without it."""
    found = [match[0] for match in _ENCODED.finditer(text)]
    if not found:
        return 0.0, text
    digits = sum(character.isdecimal() for run in found for character in run)
    return digits + 0.7 * (sum(map(len, found)) - digits), _ENCODED.sub(" ", text)


def _words(text: str) -> tuple[float, int]:
    """The tokens of words, and how many letters they have."""
    lengths = list(map(len, _WORDS.findall(text)))
    more = sum(0.4 if n <= _LONG else 1.6 + 0.25 * (n - _LONG - 1) for n in lengths if n > _SHORT)
    return len(lengths) + more, sum(lengths)


class ReplyMeter:
    """Counts the tokens of a reply while it comes.

    Most servers send a token in each piece: then pieces are counted. Where the text says that
    there are more in them, it is estimated.
    """

    TOKENS_TOGETHER = 2.5
    """From so many estimated tokens a piece on, pieces are not tokens."""

    def __init__(self) -> None:
        self._pieces = 0
        self._estimated = 0.0

    def add(self, text: str, pieces: int = 1) -> None:
        """Note a piece, or the text of several."""
        if text:
            self._pieces += pieces
            self._estimated += estimate(text)

    @property
    def tokens(self) -> int:
        """About how many there are."""
        several = self._estimated > self._pieces * self.TOKENS_TOGETHER
        return round(self._estimated) if several else self._pieces
