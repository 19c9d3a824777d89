"""Cutting streaming Markdown into blocks."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.tui.render.split import LONG_FENCE, LONG_FORMULA, Splitter


def split(text: str, pieces: list[str] | None = None) -> list[str]:
    splitter = Splitter()
    done = [block for piece in pieces or [text] for block in splitter.feed(piece)]
    return [block.text for block in done + splitter.close()]


def test_paragraphs_lists_fences_and_tables_are_blocks() -> None:
    text = (
        "# Title\n\ntext\nmore\n\n- a\n  - b\n\n  more of a\n\n```py\nx\n\ny\n```\n"
        "| a |\n|---|\n| 1 |\n\nend"
    )
    assert split(text) == [
        "# Title",
        "text\nmore",
        "- a\n  - b\n\n  more of a",
        "```py\nx\n\ny\n```",
        "| a |\n|---|\n| 1 |",
        "end",
    ]


def test_a_fence_in_a_list_stays_in_it() -> None:
    assert split("- a\n  ```\n  x\n  ```\n\nend") == ["- a\n  ```\n  x\n  ```", "end"]


def test_a_fence_of_more_ticks_is_not_ended_by_fewer() -> None:
    assert split("````\n```\nx\n```\n````\nend") == ["````\n```\nx\n```\n````", "end"]


def test_a_long_open_fence_is_given_out_in_pieces() -> None:
    lines = [f"line{n}" for n in range(LONG_FENCE * 3)]
    blocks = split("```py\n" + "\n".join(lines))
    assert len(blocks) > 2
    assert all(block.startswith("```py\n") for block in blocks)
    said = [line for block in blocks for line in block.splitlines() if line.startswith("line")]
    assert said == lines


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("so\n$$\nx\n\ny\n$$\nend", ["so", "$$\nx\n\ny\n$$", "end"]),
        ("\\[\nx\n\ny\n\\]\nend", ["\\[\nx\n\ny\n\\]", "end"]),
        ("$$x$$ and\n\nend", ["$$x$$ and", "end"]),
        ("$$ never ends\n\n- a\n- b\n\nend", ["$$ never ends", "- a\n- b", "end"]),
        ("- a\n  $$\n  x\n  $$\n- b", ["- a\n  $$\n  x\n  $$\n- b"]),
    ],
)
def test_a_formula_may_hold_blank_lines(text: str, blocks: list[str]) -> None:
    assert split(text) == blocks


def test_what_only_looks_like_a_formula_holds_back_no_more_than_some_lines() -> None:
    done = Splitter().feed("$$ said he\n\n" + "a line\n\n" * LONG_FORMULA)
    assert len(done) > LONG_FORMULA // 3
    assert [piece.text for piece in done[:2]] == ["$$ said he", "a line"]


lines = st.sampled_from(
    [
        "",
        "text",
        "- a",
        "  - b",
        "  more",
        "1. one",
        "```",
        "```py",
        "~~~",
        "> q",
        "| a |",
        "# h",
        "$$",
        "\\[",
        "x $$",
        "    x",
    ]
)
documents = st.lists(lines, max_size=25).map("\n".join)


@given(documents, st.lists(st.integers(0, 200), max_size=8))
def test_it_does_not_matter_how_the_stream_is_cut(text: str, at: list[int]) -> None:
    places = sorted({0, len(text), *(place for place in at if place <= len(text))})
    pieces = [text[a:b] for a, b in itertools.pairwise(places)]
    assert split(text, pieces) == split(text)
    assert split(text, list(text)) == split(text)


@given(documents)
def test_no_line_is_lost_and_the_tail_is_what_is_open(text: str) -> None:
    splitter = Splitter()
    done = [*splitter.feed(text), splitter.tail]
    seen = "\n".join(piece.text for piece in done).split()
    assert seen == text.split()
