"""Whether a server has silently cut the prompt: its own count is far below what was sent."""

import re
from collections.abc import Mapping
from typing import Any

from qchat.protocol.memoized import Remembered

MIN_WORDS = 1500
"""Below that nothing is worth a word."""
SHARE = 0.7
"""Of the fewest tokens that the words can be; a count above it is left alone."""

_WORD = re.compile(r"[^\W\d_]+|\d+")
_WIDE = re.compile(r"[\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff]")
WIDE_PER_TOKEN = 4
"""Characters of Chinese or Japanese in a token: more than any tokenizer has on average."""


def least_tokens(messages: list[Mapping[str, Any]]) -> int:
    """The fewest tokens that the text of messages can be: each word is one at least.

    Tools and thinking are left out, which a template may drop.
    """
    return sum(least for _, least in _sizes.each(messages))


def was_cut(messages: list[Mapping[str, Any]], counted: int) -> int:
    """The tokens that a prompt must have had if the server counted far fewer; else 0."""
    if not counted:
        return 0
    sizes = _sizes.each(messages)
    if sum(length for length, _ in sizes) < max(MIN_WORDS, 2 * counted):
        return 0
    least = sum(least for _, least in sizes)
    return least if least >= MIN_WORDS and counted < SHARE * least else 0


def _size(message: Mapping[str, Any]) -> tuple[int, int]:
    """How many characters a message has, and how many tokens at least."""
    texts = _texts(message.get("content"))
    return sum(map(len, texts)), sum(map(_least, texts))


_sizes: Remembered[Mapping[str, Any], tuple[int, int]] = Remembered(_size)
"""A message is sent again with every request: its words are counted once."""


def _texts(content: object) -> list[str]:
    if isinstance(content, str):
        return [content]
    if not isinstance(content, list):
        return []
    parts = [part for part in content if isinstance(part, Mapping)]
    own = [part["text"] for part in parts if isinstance(part.get("text"), str)]
    return own + [text for part in parts for text in _texts(part.get("content"))]


def _least(text: str) -> int:
    wide = 0 if text.isascii() else len(_WIDE.findall(text))
    return len(_WORD.findall(_WIDE.sub(" ", text) if wide else text)) + wide // WIDE_PER_TOKEN
