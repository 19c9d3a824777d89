"""What Markdown looks like as lines, whole and streamed."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text
from textual.theme import BUILTIN_THEMES

from qchat.tui.render.markdown import markdown
from qchat.tui.render.palette import palette
from qchat.tui.render.split import Piece, Splitter
from qchat.tui.render.strips import render
from qchat.tui.render.table import fit

COLOURS = palette(BUILTIN_THEMES["textual-dark"])
CONSOLE = Console(width=80, color_system="truecolor", legacy_windows=False)


def drawn(text: str, width: int = 60) -> list[str]:
    """A whole answer's lines, drawn piece by piece as an answer is."""
    splitter = Splitter()
    lines: list[str] = []
    columns: list[int] = []
    for piece in [*splitter.feed(text), *splitter.close()]:
        columns = columns if piece.continues else []
        lines += [] if piece.continues or not lines else [""]
        lines += one(piece, width, columns)
    return lines


def one(piece: Piece, width: int, columns: list[int]) -> list[str]:
    body = markdown(piece.text, COLOURS, columns)
    return [strip.text.rstrip() for strip in render(CONSOLE, body, width)]


def test_lists_quotes_headings_tasks_and_code() -> None:
    text = (
        "# Title\n\ntext with **bold** and `code`\n\n- a\n  - b\n- [x] c\n\n"
        "3. three\n4. four\n\n> said\n\n```py\nx = 1\n```"
    )
    assert drawn(text) == [
        "Title", "", "text with bold and code", "", "• a", "  • b", "• ☑ c", "",
        "3. three", "4. four", "", "▏ said", "", "┃ x = 1",
    ]  # fmt: skip


def test_a_table_has_even_columns_and_alignment() -> None:
    assert drawn("| name | n |\n|:---|---:|\n| alpha | 1 |\n| 你好 | 12 |") == [
        "name    n",
        "─────────",
        "alpha   1",
        "你好   12",
    ]


def test_cells_that_are_too_wide_wrap_and_nothing_is_cut() -> None:
    words = " ".join(f"word{n}" for n in range(20))
    lines = drawn(f"| a | b |\n|---|---|\n| x | {words} |", width=30)
    assert all(len(line) <= 30 for line in lines)
    assert [word for line in lines for word in line.split() if "word" in word] == words.split()


def test_many_columns_in_a_narrow_window_are_shown_one_cell_a_line() -> None:
    names = [f"column{n}" for n in range(12)]
    row = f"| {' | '.join(names)} |\n{'|---' * 12}|\n| {' | '.join(str(n) for n in range(12))} |"
    assert drawn(row, width=38) == [f"{name}: {n}" for n, name in enumerate(names)]


def test_the_pieces_of_a_long_table_look_like_one() -> None:
    rows = [f"| row{n} | {n} |" for n in range(200)]
    lines = drawn("\n".join(["| name | value |", "|---|---|", *rows]))
    assert [line.split()[0] for line in lines] == [
        "name",
        lines[1],
        *(f"row{n}" for n in range(200)),
    ]
    assert len({line.index(line.split()[1]) for line in lines[2:]}) == 1


def test_the_pieces_of_a_long_fence_look_like_one() -> None:
    code = "\n\n".join(f"def f{n}():\n    return {n}" for n in range(100))
    assert [line[2:] for line in drawn(f"```python\n{code}\n```")] == code.split("\n")


@pytest.mark.parametrize("mark", ["-", "1."])
def test_the_pieces_of_a_long_list_look_like_one(mark: str) -> None:
    items = [f"{mark} item{n}\n{' ' * (len(mark) + 1)}- inner" for n in range(100)]
    lines = drawn("\n".join(items))
    assert len(lines) == 200
    assert all("item" in line for line in lines[::2])
    assert all(line.lstrip() == "• inner" and line[0] == " " for line in lines[1::2])


def test_where_a_link_goes_is_shown() -> None:
    assert drawn("[safe](https://evil.example/x) <https://a.example>") == [
        "safe (https://evil.example/x) https://a.example"
    ]


def test_html_is_text() -> None:
    assert drawn("<script>alert(1)</script>\n\na <b>bold</b>") == [
        "<script>alert(1)</script>", "", "a <b>bold</b>",
    ]  # fmt: skip


@given(st.lists(st.integers(0, 80), min_size=1, max_size=12), st.integers(1, 120))
def test_columns_fit_and_give_way_only_when_they_must(natural: list[int], room: int) -> None:
    widths = fit(natural, room)
    gaps = 2 * (len(natural) - 1)
    wanted = [max(width, 1) for width in natural]
    assert all(1 <= width <= want for width, want in zip(widths, wanted, strict=True))
    assert sum(widths) + gaps == max(
        min(sum(wanted) + gaps, room), len(natural) + gaps
    )  # as wide as may be


source = st.text(alphabet="ab*_`[]()|-#> 1.\n\t你é\u200b\x1b", max_size=120)


@settings(deadline=None)
@given(source, st.integers(1, 60))
def test_any_text_is_drawn_within_its_width(text: str, width: int) -> None:
    for line in drawn(text, width):
        assert "\x1b" not in line
        assert Text(line).cell_len <= max(width, 12)


@settings(deadline=None)
@given(source, st.lists(st.integers(0, 120), max_size=6))
def test_a_stream_is_drawn_like_the_whole(text: str, at: list[int]) -> None:
    places = sorted({0, len(text), *(place for place in at if place <= len(text))})
    splitter = Splitter()
    pieces = [piece for a, b in itertools.pairwise(places) for piece in splitter.feed(text[a:b])]
    whole = Splitter()
    assert [*pieces, *splitter.close()] == [*whole.feed(text), *whole.close()]
