"""What counts as a citation, which sentence it belongs to, and where its source says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.conversation.citations import citations, cited, claims, listed, marked, passages
from qchat.protocol.event_values import SourceName
from qchat.protocol.events import Cited, ToolFinished, decode, encode
from qchat_tools.parts import SourcePart


def known(number: int) -> bool:
    return number in (1, 2, 3)


@pytest.mark.parametrize(
    ("text", "found", "unknown"),
    [
        ("It is 324 m tall. [3]", [3], []),
        ("It is 324 m tall[3].", [3], []),
        ("Both [1][2] and again [1].", [1, 2], []),
        ("高度为324米[2]。", [2], []),
        ("Nobody gave out [9].", [], [9]),
        ("[1] and [9][8]", [1], [9, 8]),
        ("`row[3]` and ``a [1] b``", [], []),
        ("```\nx = [2]\n```\nas in [1]", [1], []),
        ("~~~\n[2]\n", [], []),
        ("an index like row[7] is none", [], []),
        ("[3](https://a.example/) is a link, [2]: is its address", [], []),
        ("in [2024?] or [12345] or [a]", [], []),
    ],
)
def test_citations(text: str, found: list[int], unknown: list[int]) -> None:
    assert cited(text, known) == (found, unknown)


def test_a_number_that_was_never_given_out_is_marked() -> None:
    text = "True [1], not true [9], in code `[9]`, indexed row[9]."
    assert marked(text, known) == "True [1], not true [9?], in code `[9]`, indexed row[9]."
    cites = Cited((SourceName(1, "https://a.example/", "A"),), (9,))
    assert listed(cites).splitlines() == [
        "[1] A  https://a.example/",
        "[9] is no source of this conversation",
    ]


def test_without_sources_a_number_in_brackets_is_left_alone() -> None:
    text = "Choose: [1] yes, [2] no. The list [1] has one element."
    assert marked(text, lambda _: False) == text
    assert cited(text, lambda _: False) == ([], [])


@given(st.text(alphabet="a[]`~1239 .\n(:é", max_size=60))
def test_any_text_is_read(text: str) -> None:
    places = list(citations(text))
    assert all(text[c.start : c.end] == f"[{text[c.start + 1 : c.end - 1]}]" for c in places)
    assert marked(text, lambda _: True) == text
    claims(text, 1)
    for start, end in passages(text, [text]):
        assert 0 <= start < end <= len(text)


def test_a_claim_is_the_sentence_that_cites() -> None:
    text = "The tower stands in Paris. It is 324 m tall. [3] Lifts go up.[1]\n\n- Opened 1889 [3]"
    assert claims(text, 3) == ["It is 324 m tall", "Opened 1889"]
    assert claims(text, 1) == ["Lifts go up"]
    assert claims(text, 2) == []
    assert claims("塔高324米[2]。它在巴黎。", 2) == ["塔高324米"]


def test_the_passage_that_says_it_is_found() -> None:
    extract = (
        "# The tower\n\nMany people visit Paris each year. The tower is 324 metres tall, as tall "
        "as a house of 81 floors.\nIt was opened in 1889 for a fair.\n塔高324米。它在巴黎。"
    )

    def found(*claimed: str) -> list[str]:
        return [extract[start:end].strip() for start, end in passages(extract, claimed)]

    tall, opened = "The tower is 324 metres tall", "It was opened in 1889"
    (first,) = found("The tower's height is 324 metres")
    assert first.startswith(tall)
    both = found("It opened in 1889", "It is 324 metres tall")
    assert [text.startswith(start) for text, start in zip(both, (tall, opened), strict=True)]
    assert found("塔高324米") == ["塔高324米。"]
    assert found("Bananas are yellow") == []


def test_old_rows_of_sources_still_open_and_new_ones_come_back() -> None:
    row = (
        '{"type":"tool_finished","call_id":"c","parts":[{"type":"source","number":1,'
        '"url":"http://a/","title":"A","extract":"x"}],"ok":true}'
    )
    assert decode(row) == ToolFinished("c", (SourcePart(1, "http://a/", "A", "x"),), True)
    cites = Cited((SourceName(1, "http://a/", "A"),), (9,))
    assert decode(encode(cites)) == cites
