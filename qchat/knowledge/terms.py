"""The words by which passages are found, of a passage and of a question alike."""

import re
from functools import lru_cache

from qchat_tools.passages import words

_MIXED = re.compile(r"(?<![^\W_])(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]{2,40}(?![^\W_])")
"""Letters and figures in one word: E1042, sha256, r2d2."""


def terms(text: str) -> list[str]:
    """Stems, pairs of characters where a script has no spaces, and names with figures whole."""
    return [term for token in text.split() for term in _of_token(token)]


@lru_cache(maxsize=1 << 16)
def _of_token(token: str) -> tuple[str, ...]:
    """What stands between two blanks: the same ones come again and again."""
    return (*words(token), *with_figures(token))


def with_figures(text: str) -> list[str]:
    """Names like E1042 and sha256, which are no words."""
    return _MIXED.findall(text.casefold())
