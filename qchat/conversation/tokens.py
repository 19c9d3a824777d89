"""How many tokens a request will have: texts counted or estimated, corrected by servers' counts."""

from collections.abc import Iterable, Sequence

from qchat.protocol.event_values import Usage
from qchat.protocol.tokens import estimate

MESSAGE_TOKENS = 8
"""What a template adds to each message."""
MIN_LEARNED = 200
"""Tokens by which two requests must differ so that their difference says something."""
MIN_COUNTED = 160
"""Characters of a text that a tokenizer is asked for; what is shorter is estimated."""
MAX_REMEMBERED = 50_000


class TextCounts:
    """The tokens of texts: as a tokenizer counted them, else estimated, each once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], float] = {}
        self._counted: set[tuple[int, int]] = set()

    def of(self, text: str) -> float:
        """How many tokens it has, about."""
        key = (hash(text), len(text))
        known = self._known.get(key)
        if known is None:
            if len(self._known) > MAX_REMEMBERED:
                self.forget()
            known = self._known[key] = estimate(text)
        return known

    def uncounted(self, texts: Iterable[str]) -> list[str]:
        """Those that a tokenizer should count."""
        long = (text for text in texts if len(text) >= MIN_COUNTED)
        return [text for text in long if (hash(text), len(text)) not in self._counted]

    def keep(self, texts: Sequence[str], counts: Sequence[int]) -> None:
        """A tokenizer has counted them."""
        for text, count in zip(texts, counts, strict=True):
            key = (hash(text), len(text))
            self._known[key] = count
            self._counted.add(key)

    def forget(self) -> None:
        """Another tokenizer counts otherwise."""
        self._known.clear()
        self._counted.clear()


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
