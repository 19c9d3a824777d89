"""How many tokens a text has: estimated within 15 % for every kind, by Qwen's own vocabularies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.backends import vocabulary
from qchat.conversation.tokens import TextCounts, TokenCounter
from qchat.protocol.event_values import Usage
from qchat.protocol.tokens import ReplyMeter, estimate
from tests.kinds_of_text import kinds_of_text

KINDS = kinds_of_text()


@pytest.mark.parametrize("name", sorted(vocabulary.MODELS))
async def test_an_estimate_is_within_15_percent_of_qwens_own_count(name: str) -> None:
    pytest.importorskip(vocabulary.PACKAGE)
    counts = await vocabulary.count(name, list(KINDS.values()))
    assert counts is not None
    off = {k: estimate(KINDS[k]) / n - 1 for k, n in zip(KINDS, counts, strict=True)}
    assert {k: f"{error:+.1%}" for k, error in off.items() if abs(error) > 0.15} == {}


async def test_a_vocabulary_that_nobody_ships_counts_nothing() -> None:
    assert await vocabulary.count("", ["text"]) is None
    assert await vocabulary.count("llama", ["text"]) is None


@given(st.text(max_size=300))
def test_an_estimate_is_never_negative_and_only_nothing_is_nothing(text: str) -> None:
    assert (estimate(text) > 0) == bool(text)
    assert estimate(text * 2) <= 3 * estimate(text) + 3


def test_a_long_text_is_estimated_from_a_part_of_it() -> None:
    for text in KINDS.values():
        long = text * 20
        assert estimate(long) == pytest.approx(20 * estimate(text), rel=0.1)


def test_a_ruled_line_is_few_tokens_however_long_it_is() -> None:
    assert estimate("=" * 500) < 4


def test_pieces_of_a_reply_are_tokens_unless_they_hold_several() -> None:
    one, several = ReplyMeter(), ReplyMeter()
    for word in ["The", " har", "bour", " is", " deep", "."]:
        one.add(word)
    several.add("The harbour is twelve metres deep, and ships of all kinds come in at high water.")
    assert one.tokens == 6
    assert several.tokens == pytest.approx(18, abs=3)


def test_what_the_server_counts_corrects_what_is_foretold_of_any_kind() -> None:
    """A tokenizer of which nobody knows: twice as many tokens as estimated, and a long preamble."""
    counter = TokenCounter()
    said = 500.0
    for text in KINDS.values():
        counter.ask(said)
        counter.learn(Usage(prompt=round(3_000 + said * 2)))
        said += estimate(text)
    assert counter.tokens(said) == pytest.approx(3_000 + said * 2, rel=0.05)


def test_what_was_counted_is_not_estimated_and_not_asked_for_again() -> None:
    counts = TextCounts()
    long = "word " * 100
    assert counts.uncounted(["short", long]) == [long]
    counts.keep([long], [77])
    assert counts.of(long) == 77
    assert counts.uncounted([long]) == []
    counts.forget()
    assert counts.of(long) == pytest.approx(100, rel=0.05)
