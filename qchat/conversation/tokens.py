"""How many tokens a text has: the one place that estimates, corrected by what servers count.

Kinds of text differ threefold in characters a token (digits 1.0, CJK 1.8, JSON 1.8, English 3.8,
code 4.1 with Qwen's vocabulary), so characters are counted by kind.
"""

import re

from qchat.protocol.events import Usage

DIGIT, WIDE, OTHER_SCRIPT, SYMBOL, LETTER, SPACE = 1.0, 0.56, 0.45, 0.55, 0.28, 0.04
"""Tokens for each character of a kind; blanks mostly belong to the word behind them."""
MESSAGE_TOKENS = 8
"""What a template adds to each message."""
MIN_LEARNED = 200
"""Tokens by which two requests must differ so that their difference says something."""

_DIGITS = b"0123456789"
_SYMBOLS = b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\n"
_SPACES = b" \t\r"
_WIDE = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]"
)


def estimate(text: str) -> float:
    """About how many tokens a text has, within 15 % for most kinds of text."""
    ascii_ = text.encode("ascii", "ignore")
    other = len(text) - len(ascii_)
    wide = len(text) - len(_WIDE.sub("", text)) if other else 0
    digits = len(ascii_) - len(ascii_.translate(None, _DIGITS))
    symbols = len(ascii_) - len(ascii_.translate(None, _SYMBOLS))
    spaces = len(ascii_) - len(ascii_.translate(None, _SPACES))
    letters = len(ascii_) - digits - symbols - spaces
    return (
        digits * DIGIT
        + wide * WIDE
        + (other - wide) * OTHER_SCRIPT
        + symbols * SYMBOL
        + letters * LETTER
        + spaces * SPACE
    )


class TokenCounter:
    """Foretells the tokens of a request from its estimate and what the server counted before.

    What the server counted last is taken as it is; only what has come since is estimated, by a
    scale that each difference between two requests corrects.
    """

    def __init__(self) -> None:
        self.scale = 1.0
        self._last: tuple[float, int] | None = None
        """The estimate of the last request that was counted, and its count."""
        self.asked = 0.0
        """The estimate of the request that went out last."""

    @property
    def fresh(self) -> bool:
        """Whether no request has been counted yet."""
        return self._last is None

    def ask(self, estimated: float) -> None:
        """A request of that estimate goes out."""
        self.asked = estimated

    def learn(self, usage: Usage) -> None:
        """The server has counted the request that went out last."""
        if not usage.prompt:
            return
        if self._last is not None:
            before, counted = self._last
            more = self.asked - before
            if more * self.scale > MIN_LEARNED and usage.prompt > counted:
                seen = min(max((usage.prompt - counted) / more, 0.5), 2.0)
                self.scale += (seen - self.scale) / 2
        self._last = (self.asked, usage.prompt)

    def tokens(self, estimated: float) -> int:
        """How many tokens a request of that estimate will have."""
        if self._last is None:
            return round(estimated * self.scale)
        before, counted = self._last
        return max(round(counted + (estimated - before) * self.scale), 0)
