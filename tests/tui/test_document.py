"""A document that streams looks at each moment as the whole one does, and loses no word of it."""

import itertools
import random
import re
from html import unescape
from unicodedata import normalize

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qchat.tui.render.document import Document
from qchat.tui.render.parser import Env, Group, parse_blocks
from tests.tui.markdown_documents import (
    BLOCKS,
    EXAMPLES,
    TABLES_AND_LISTS,
    drawn,
    moments,
    strips_of,
)

_WORD = re.compile(r"[^\W_]+")
_ENTITY = re.compile(r"&#?\w+;")
_IN_BRACKETS = r"\[(?:\\.|[^\[\]])*\]"
_LABELS = re.compile(
    rf"{_IN_BRACKETS}(?=:|\[\])|(?<=\]){_IN_BRACKETS}|^ {{0,3}}\[[^\]]*\]:", re.MULTILINE
)
_TAG = re.compile(r"</?(?:del|code|kbd|sub|sup|details|summary)>|\[x\](?= )")
_COUNTER = re.compile(r"^ {0,3}\d+(?=[.)] )", re.MULTILINE)


def cut(text: str, places: list[int]) -> list[str]:
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[a:b] for a, b in itertools.pairwise(edges)]


def streams(text: str, chunks: list[str]) -> None:
    """Fail if a text that comes in chunks is drawn in another way than the whole."""
    assert strips_of(chunks) == strips_of([text]), text


_ENVIRONMENT = re.compile(r"\\(?:begin|end)\{align\}")


def missing(text: str) -> list[str]:
    """Words of a source that its picture does not show.

    Not words: names of entities, labels by which links find their addresses, counters of lists,
    tags that are obeyed, the x of a task, the names of LaTeX's environments.
    """
    seen = normalize("NFKC", re.sub(r"\s", "", "".join(drawn(text, 200))))
    text = normalize("NFKC", _ENVIRONMENT.sub(" ", text))
    source = unescape(_ENTITY.sub(" ", _COUNTER.sub("", _TAG.sub("", _LABELS.sub("", text)))))
    shown = (seen, _TAG.sub("", seen))  # in code, a tag stands as it is written
    return [word for word in _WORD.findall(source) if not any(word in each for each in shown)]


@pytest.mark.parametrize("number", range(0, 652, 4))
def test_the_examples_of_the_specification_stream(number: int) -> None:
    for text in EXAMPLES[number : number + 4]:
        streams(text, list(text))
        random.seed(number)
        streams(text, cut(text, [random.randrange(999) for _ in range(5)]))


def test_there_are_all_examples() -> None:
    assert len(EXAMPLES) == 652


@pytest.mark.parametrize("text", [*EXAMPLES, *TABLES_AND_LISTS])
def test_no_word_of_the_examples_is_lost(text: str) -> None:
    assert missing(text) == []


@pytest.mark.parametrize("text", TABLES_AND_LISTS)
def test_tables_and_lists_stream(text: str) -> None:
    streams(text, list(text))
    streams(f"{text}\nend\n", list(f"{text}\nend\n"))


documents = st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=45).map("".join)


@settings(deadline=None, max_examples=60)
@given(documents, st.lists(st.integers(0, 5000), max_size=30))
def test_random_documents_stream(text: str, places: list[int]) -> None:
    streams(text, cut(text, places))


@settings(deadline=None, max_examples=25)
@given(documents)
@example(">```\n>\n")  # that the last line is complete makes it one of code
@example("[^Big Note]\n\n[^big note]: u")  # a link, since its label is no word
@example("para\n\nTerm\n\n: late\n-\n# heading\n\n")  # the dash is text, whatever stood before
def test_random_documents_stream_letter_by_letter(text: str) -> None:
    streams(text, list(text))


@settings(deadline=None, max_examples=40)
@given(documents, st.integers(0, 5000))
@example("```a | b\n" + "# heading\n\n" * 11 + "--|--\n", 136)  # code is the head of no table
@example("```\n```\n```math\n\n`", 17)
@example("```\n```\n```math\n\n`", 18)  # code of several lines that may be a formula yet
@example("- # heading\n\n-\n- para", 18)  # what makes a list loose may come before its paragraphs
def test_each_moment_looks_as_the_whole_does(text: str, place: int) -> None:
    moment = text[: place % (len(text) + 1)]
    assert strips_of(list(moment), close=False) == strips_of([moment], close=False)


prose = st.lists(
    st.sampled_from([block for block in BLOCKS if "[" not in block and "&" not in block]),
    max_size=45,
).map("".join)


@settings(deadline=None, max_examples=60)
@given(prose)
@example("```\n**注意：**请 <kbd>K</kbd> H<sub>2</sub>O\n")
def test_random_documents_lose_no_word(text: str) -> None:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    assert [word for word in missing(text) if not word.isdecimal()] == []


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"- item {n}\n  - inner\n" for n in range(120)),
        "".join(f"{n}. item\n\n   more\n\n" for n in range(90)),
        "| a | b |\n|---|---|\n" + "".join(f"| {n} | {'x' * (n % 37)} |\n" for n in range(120)),
        "```python\n"
        + "".join(f"def f{n}():\n    '''a\n    b'''\n\n" for n in range(60))
        + "```\nend",
        "```c\n" + "".join(f"int a{n}; /* one\n two */ int b;\n" for n in range(60)) + "```\nend",
        "```json\n" + '{"a": [1, 2,\n "b"]}\n' * 60 + "```",
        "Term\n" + "".join(f": told {n}\n  more\nlazy\n" for n in range(90)) + "\nOther\n: x",
        "Term\n\n" + "".join(f": told [{n}]\n\n  ```py\n  x = {n}\n  ```\n\n" for n in range(60)),
        "".join(f"[{n}] is a [word][{n}]\n\n" for n in range(40))
        + "".join(f"[{n}]: https://example.org/{n}\n" for n in range(40)),
    ],
)
def test_long_blocks_stream(text: str) -> None:
    streams(text, cut(text, list(range(0, len(text), 97))))


OPEN = {
    "paragraph": "The *quick* `fox` number {n} jumps over the lazy dog. ",
    "paragraph of lines": "The *quick* `fox` number {n} jumps over\nthe lazy dog. ",
    "Chinese": "这是第{n}个没有**空行**的句子，",
    "item": "- {n} ",
    "inner items": "  - inner **item** {n}\n",
    "code in an item": "  value_{n} = compute({n})  # of an item\n",
    "items of several paragraphs": "  More of *item* {n}.\n\n",
    "quotation": "> said **number** {n} of them\n",
    "html": "<p>paragraph {n}</p>\n",
    "formula": "a^{n} + b\n",
    "word": "x{n}",
}
"""What is one block however much of it comes, with what it begins with below."""
BEGINS = {
    "inner items": "- outer\n",
    "code in an item": "- outer\n\n  ```python\n",
    "items of several paragraphs": "- outer\n\n",
    "html": "<div>\n",
    "formula": "$$\n",
}


def open_block(kind: str, size: int) -> str:
    pieces = map(OPEN[kind].format_map, ({"n": n} for n in itertools.count()))
    text = BEGINS.get(kind, "")
    while len(text) < size:
        text += next(pieces)
    return text


@pytest.mark.parametrize("kind", OPEN)
def test_a_long_open_block_is_the_whole_when_it_ends(kind: str) -> None:
    text = open_block(kind, 7_000)
    streams(f"{text}\n\nend", cut(f"{text}\n\nend", list(range(0, len(text), 211))))


@pytest.mark.parametrize("kind", OPEN)
def test_a_character_of_a_long_open_block_costs_no_more_than_of_a_short_one(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = 0

    def counted(source: str, env: Env) -> list[Group]:
        nonlocal parsed
        parsed += len(source)
        return parse_blocks(source, env)

    monkeypatch.setattr("qchat.tui.render.document.parse_blocks", counted)
    text = open_block(kind, 40_000)
    document = Document()
    document.append(text[:20_000])
    parsed = 0
    for at in range(20_000, len(text), 16):
        document.append(text[at : at + 16])
    assert parsed < 40 * 20_000  # each time anew it would be more than a thousand times


@pytest.mark.parametrize("kind", OPEN)
@pytest.mark.parametrize("width", [9, 60])
def test_the_newest_of_a_long_open_block_is_seen_at_once(kind: str, width: int) -> None:
    text = open_block(kind, 6_000)
    chunks = [text[:5_000], *(text[at : at + 7] for at in range(5_000, 5_700, 7))]
    for number, shown in enumerate(moments(chunks, width)):
        newest = text[: 5_000 + 7 * number][-40:]
        assert re.sub(r"\W", "", newest) in re.sub(r"\W", "", shown), number


def test_what_is_settled_stays() -> None:
    document = Document()
    document.append("".join(f"para {n}\n\n" for n in range(50)))
    before = document.pieces[:48]
    assert document.settled >= 48
    document.append("- a\n- b\n```py\nx\n")
    assert document.pieces[:48] == before


def test_a_definition_that_can_no_longer_change_is_not_parsed_again() -> None:
    document = Document()
    document.append("".join(["Term\n", *(f": told {n}\n" for n in range(50))]))
    assert document.settled >= 49
    document.append(": ```py\n  x\n  ```\n: end\n")
    assert document.codes() == [("py", "x\n")]


def test_code_is_given_as_it_was_written() -> None:
    document = Document()
    text = (
        "    indented one\n\n    still one\n\n- a\n\n  ```sh\n  make\tall\n  ```\n\n```py x\ny\n```"
    )
    for letter in text:
        document.append(letter)
    document.close()
    assert document.codes() == [
        ("", "indented one\n\nstill one\n"),
        ("sh", "make\tall\n"),
        ("py", "y\n"),
    ]


@pytest.mark.parametrize("words", ["word " * 99, "这是一个句子，" * 50])
def test_a_line_in_one_style_is_painted_as_one_piece(words: str) -> None:
    lines = strips_of([words])
    assert len(lines) > 5
    assert all(len(line) == 1 for line in lines)  # type: ignore[arg-type]
