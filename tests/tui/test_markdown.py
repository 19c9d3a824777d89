"""What Markdown looks like as lines."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.theme import BUILTIN_THEMES

from qchat.tui.render.click_targets import targets
from qchat.tui.render.document import Document
from qchat.tui.render.markdown import Painter
from qchat.tui.render.palette import palette
from qchat.tui.render.table import Size, fit
from qchat_themes import load_themes
from tests.tui.markdown_documents import drawn

COLOURS = palette(BUILTIN_THEMES["textual-dark"])
SHIPPED = load_themes(Path("no such folder"))[0]


def test_lists_quotes_headings_tasks_and_code() -> None:
    text = (
        "# Title\n\ntext with **bold** and `code`\n\n- a\n  - b\n- [x] c\n\n"
        "3. three\n4. four\n\n> said\n\n```py\nx = 1\n```"
    )
    assert drawn(text) == [
        "Title", "", "text with bold and code", "", "• a", "  ◦ b", "• ☑ c", "",
        "3. three", "4. four", "", "  said", "", " py", " x = 1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Water is H<sub>2</sub>O.", ["Water is H₂O."]),
        ("2<sup>10</sup> or e<sup>[x]</sup>", ["2¹⁰ or e^([x])"]),
        ("Press <kbd>Ctrl</kbd>+<kbd>C</kbd>.", ["Press  Ctrl + C ."]),
        ("one<br>two<br/>three", ["one", "two", "three"]),
        ("use the <b> tag, or </i>", ["use the <b> tag, or </i>"]),
        ("a <b>bold</b> word", ["a bold word"]),
        ('<span class="x">y</span>', ['<span class="x">y</span>']),
        ("<script>alert(1)</script>", ["<script>alert(1)</script>"]),
        ("a&#27;[31mb&#x202e;c", ["a�[31mb�c"]),
        (
            "<details>\n<summary>More</summary>\n\nhidden **words**\n\n</details>\n\nend",
            ["More", "", "hidden words", "", "end"],
        ),
        (
            "<details><summary>More</summary>words</details>",
            ["More", "words"],
        ),
    ],
)
def test_html_that_is_known_is_obeyed_and_other_is_text(text: str, lines: list[str]) -> None:
    assert drawn(text) == lines


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("**注意：**请先备份。**步骤一：**打开文件。", "注意：请先备份。步骤一：打开文件。"),
        ("**“引号”**后面。", "“引号”后面。"),
        ("**주의:**다음을 확인하세요.", "주의:다음을 확인하세요."),
        ("これは**「強調」**です。", "これは「強調」です。"),
        ("~~删除。~~然后", "删除。然后"),
        ("snake_case_name and __init__", "snake_case_name and init"),
        ("2 * 3 * 4", "2 * 3 * 4"),
    ],
)
def test_emphasis_beside_chinese_japanese_and_korean(text: str, line: str) -> None:
    assert drawn(text) == [line]


@pytest.mark.parametrize(
    "text",
    [
        "$$ is the process ID of the shell.",
        "Set $HOME or $PATH first.",
        "The price is $5; in Canada $7.",
        "from $5-$10, or US$5 and A$6",
        "Paths: $HOME/bin:$PATH. Regex: ^foo$|^bar$ matches.",
        "echo $a, then $b$c",
        "a \\$ sign $",
        "costs 5$ or 6$",
        "\\[1\\] is a citation".replace("\\", ""),
    ],
)
def test_dollars_that_are_no_formula_stay(text: str) -> None:
    assert drawn(text) == [text.replace("\\$", "$")]


def test_a_formula_never_reaches_across_code_or_a_blank_line() -> None:
    assert drawn("Set $HOME or `$PATH`.") == ["Set $HOME or $PATH."]
    assert drawn("$$ a\n\n# b\n\n```bash\necho $$\n```\n") == [
        "$$ a", "", "b", "", " bash", " echo $$",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("so $x^2$, \\(\\alpha\\) and $$y^2$$.", ["so x², α and y²."]),
        ("as：$x^2$，and ($y_1$)", ["as：x²，and (y₁)"]),
        ("so\n$$\nx\n= y\n- z\n$$\nend", ["so", "", "  x = y - z", "", "end"]),
        ("\\[\nx^2\n\\]", ["  x²"]),
        ("- a\n  $$\n  x^2\n  $$\n- b", ["• a", "    x²", "• b"]),
        ("see \\[1\\]", ["see [1]"]),
    ],
)
def test_formulas_are_read(text: str, lines: list[str]) -> None:
    got = [" ".join(line.split()) for line in drawn(text) if line]
    wanted = [" ".join(line.split()) for line in lines if line]
    assert " ".join(got) == " ".join(wanted)


def test_references_notes_and_counters_are_the_document_s() -> None:
    text = (
        "See [the guide][g] and [1]; a fact[^1], and [^none].\n\n1. one\n\n1. two\n\n1. three\n\n"
        "[g]: https://a.example 'A guide'\n[1]: https://b.example\n[2]: https://c.example\n\n"
        "[^1]: The note.\n    goes on.\n"
    )
    assert drawn(text, 90) == [
        'See the guide (https://a.example "A guide") and 1 (https://b.example); a fact¹, and',
        "[^none].",
        "",
        "1. one", "", "2. two", "", "3. three", "",
        "[2]: https://c.example", "",
        "¹ The note. goes on.",
    ]  # fmt: skip


def test_a_table_has_even_columns_and_alignment() -> None:
    assert drawn("| name | n |\n|:---|---:|\n| alpha | 1 |\n| 你好 | 12 |") == [
        "name    n",
        "─────────",
        "alpha   1",
        "你好   12",
    ]


def test_a_table_may_stand_in_a_list_and_a_quotation() -> None:
    table = ["| a | b |", "|---|---|", "| 1 | 2 |"]
    assert drawn("- list\n  " + "\n  ".join(table) + "\n- next") == [
        "• list", "  a  b", "  ────", "  1  2", "• next",
    ]  # fmt: skip
    assert drawn("> " + "\n> ".join(table)) == ["  a  b", "  ────", "  1  2"]


def test_cells_behind_the_last_column_are_not_lost() -> None:
    assert drawn("| a |\n|---|\n| 1 | two |\n\nend")[2] == "1  two"
    assert drawn("> | a |\n> |---|\n> | 1 | two |")[2] == "  1  two"


def test_cells_that_are_too_wide_wrap_and_nothing_is_cut() -> None:
    words = " ".join(f"word{n}" for n in range(20))
    lines = drawn(f"| a | b |\n|---|---|\n| x | {words} |\n| y | z |", width=30)
    assert all(len(line) <= 30 for line in lines)
    assert [word for line in lines for word in line.split() if "word" in word] == words.split()
    assert lines[-2].strip("╌") == "", "a rule stands between rows that wrap"


def test_a_word_is_not_broken_while_another_column_has_room() -> None:
    long = "many words that may well be broken at any of the spaces"
    lines = drawn(f"| a | b |\n|---|---|\n| {long} | Donaudampfschifffahrt |", width=40)
    assert any(line.endswith("Donaudampfschifffahrt") for line in lines)


def test_narrow_columns_stay_whole_beside_words_that_have_to_be_broken() -> None:
    """Chinese may be broken at each letter: a long address must not have its column made narrow."""
    lines = drawn(
        f"| 名 | 说明 | 链接 |\n|---|---|---|\n| {'x' * 50} | 垃圾回收 | {'y' * 60} |", 60
    )
    assert any("垃圾回收" in line for line in lines)
    assert all(cell_len(line) <= 60 for line in lines)


def test_many_columns_in_a_narrow_window_are_shown_one_cell_a_line() -> None:
    names = [f"column{n}" for n in range(12)]
    row = f"| {' | '.join(names)} |\n{'|---' * 12}|\n| {' | '.join(str(n) for n in range(12))} |"
    assert drawn(row, width=38) == [f"{name}: {n}" for n, name in enumerate(names)]


def test_alerts_have_a_label_above_what_they_say() -> None:
    """As on GitHub: at the outermost level, one of five labels alone on its line, and something."""
    assert drawn("> [!NOTE]\n> *Look* out.\n>\n> - a") == ["  NOTE", "  Look out.", "", "  ◦ a"]
    assert drawn("> [!Caution]  \n>\n> ```\n> rm\n> ```") == ["  Caution", "   rm"]
    for text in ("[!NOTE]", "[!NOTE] word", "[!OTHER]\n> word", "- [!NOTE]\n>   word"):
        assert "[!" in drawn(f"> {text}")[0]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "Term\n: told\n  more\n: too\nOther\n: x",
            ["Term", "    told more", "    too", "", "Other", "    x"],
        ),
        ("术语\n\n: 解释\n\n  另段", ["术语", "", "    解释", "", "    另段"]),
        ("- Term\n  : told\n- next", ["• Term", "      told", "• next"]),
        ("Term\n: ```\n  a: b\n  ```", ["Term", "     a: b"]),
        ("two\nlines\n: text", ["two lines : text"]),
        ("```\nx\n: y\n```", [" x", " : y"]),
        (": alone", [": alone"]),
    ],
)
def test_a_term_stands_above_its_definitions(text: str, lines: list[str]) -> None:
    """As Pandoc has it: one line, and the definitions below it or behind a blank line."""
    assert drawn(text) == lines


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "\\begin{align}\na\n- c\n\\end{align} where\nit holds",
            ["  a", "  - c", "where it holds"],
        ),
        ("\\begin{equation}\na\n\\end{equation}. So", ["  a.", "So"]),
        ("\\[\na\n\\] where", ["  a", "where"]),
        ("$$\na\n$$.", ["  a."]),
        ("so \\begin{equation} a \\end{equation} is", ["so a is"]),
        ("$$\nPID\n$$ is set", ["$$ PID $$ is set"]),
    ],
)
def test_text_may_stand_behind_the_end_of_a_formula(text: str, lines: list[str]) -> None:
    assert drawn(text) == lines


def test_where_a_link_goes_is_shown() -> None:
    assert drawn("[safe](https://evil.example/x) <https://a.example>") == [
        "safe (https://evil.example/x) https://a.example"
    ]
    assert drawn("[a](https://x.example/%E4%BD%A0%0A)") == ["a (https://x.example/你%0A)"]
    assert drawn("[a]: https://x.example/你") == ["[a]: https://x.example/你"]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        (
            "See https://a.example/x_y_z, or http://b.example.",
            ["https://a.example/x_y_z", "http://b.example"],
        ),
        ("(at https://a.example/a_(b)/c)", ["https://a.example/a_(b)/c"]),
        (
            "访问https://a.example/页。然后（www.b.example/c）",
            ["https://a.example/页", "www.b.example/c"],
        ),
        ("**https://a.example/?q=1&b=2#c**!", ["https://a.example/?q=1&b=2#c"]),
        (
            "http://localhost:8000/x and http://10.0.0.1:80",
            ["http://localhost:8000/x", "http://10.0.0.1:80"],
        ),
        ("xhttps://a.example, https:// and www. and `https://c.example`", []),
        (
            "[a](https://a.example/b) <https://c.example>",
            ["https://a.example/b", "https://c.example"],
        ),
        ("| a |\n|---|\n| https://a.example/" + "x" * 99 + " |", ["https://a.example/" + "x" * 99]),
    ],
)
def test_bare_addresses_are_links(text: str, addresses: list[str]) -> None:
    document = Document()
    document.append(text)
    document.close()
    painter = Painter(COLOURS, lambda _: False, 60)
    strips = document.strips(0, len(document.pieces), painter, begun=False)
    found = [target.value for target in targets(strips)]
    assert [unquote(a).removeprefix("http://") for a in found] == [
        a.removeprefix("http://") for a in addresses
    ]
    assert all(address.startswith(("https://", "http://")) for address in found)


@pytest.mark.parametrize("theme", SHIPPED)
def test_headings_are_told_apart(theme: str) -> None:
    from qchat.tui.render.themes import textual_theme  # noqa: PLC0415

    document = Document()
    document.append("".join(f"{'#' * level} title\n\n" for level in range(1, 7)))
    document.close()
    colours = palette(textual_theme(SHIPPED[theme]))
    painter = Painter(colours, lambda _: False, 40)
    strips = document.strips(0, len(document.pieces), painter, begun=False)
    styles = [next(iter(strip)).style for strip in strips if strip.text]
    assert len(set(map(str, styles))) == 6


sizes = st.builds(
    lambda word, more: Size(word + more, word), st.integers(0, 40), st.integers(0, 60)
)


@given(st.lists(sizes, min_size=1, max_size=12), st.integers(1, 120))
def test_columns_fit_and_words_give_way_only_when_they_must(natural: list[Size], room: int) -> None:
    widths = fit(natural, room)
    gaps = 2 * (len(natural) - 1)
    wanted = [max(size.natural, 1) for size in natural]
    assert all(1 <= width <= want for width, want in zip(widths, wanted, strict=True))
    assert sum(widths) + gaps == max(min(sum(wanted) + gaps, room), len(natural) + gaps)
    if sum(max(size.word, 1) for size in natural) + gaps <= room:
        assert all(width >= size.word for width, size in zip(widths, natural, strict=True))


source = st.text(alphabet="ab*_`[]()|-#> 1.\n\t你é\u200b\x1b$\\<>&;", max_size=120)


@settings(deadline=None)
@given(source, st.integers(1, 60))
def test_any_text_is_drawn_within_its_width(text: str, width: int) -> None:
    for line in drawn(text, width):
        assert "\x1b" not in line
        assert cell_len(line) <= max(width, 24)
