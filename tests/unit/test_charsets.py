"""Replies in another charset than UTF-8: what the header names counts where the bytes allow it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.backends.charsets import Recoder

HANZI = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5, codec="gb2312")
FRAME = 'data: {{"choices": [{{"delta": {{"content": "{}"}}}}]}}\n\n'


def recoded(data: bytes, charset: str, cuts: list[int]) -> str:
    recoder = Recoder(f"text/event-stream; charset={charset}")
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    out = [recoder.feed(data[a:b]) for a, b in pairwise(edges)]
    return b"".join([*out, recoder.feed(b"", last=True)]).decode("utf-8")


CUTS = st.lists(st.integers(0, 300), max_size=6)


@given(st.lists(st.text(HANZI, min_size=1), min_size=1, max_size=4), CUTS)
@pytest.mark.parametrize("charset", ["gbk", "GB2312", '"gb18030"'])
def test_chinese_is_read_however_it_is_cut(charset: str, said: list[str], cuts: list[int]) -> None:
    text = "".join(map(FRAME.format, ["你", *said]))  # shows what it is: it is no UTF-8
    assert recoded(text.encode("gb18030"), charset, cuts) == text


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("gbk", "一"),  # two bytes that UTF-8 would read as a Cyrillic letter
        ("gbk", "你好，世界。"),
        ("big5", "你好，世界。"),
        ("shift_jis", "こんにちは、世界"),
        ("euc-kr", "안녕하세요"),
        ("iso-8859-1", "déjà vu, größer"),
        ("windows-1251", "Привет, мир"),
    ],
)
def test_what_is_named_is_read(charset: str, text: str) -> None:
    whole = FRAME.format(text)
    for size in (1, 2, 3, 7, 1000):
        cuts = list(range(0, 300, size))
        assert recoded(whole.encode(charset), charset, cuts) == whole


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])), CUTS)
@pytest.mark.parametrize("charset", ["iso-8859-1", "us-ascii", "utf-8", "no-such", "windows-1252"])
def test_utf8_stays_so_whatever_is_named(charset: str, said: str, cuts: list[int]) -> None:
    text = FRAME.format(said)
    assert recoded(text.encode(), charset, cuts) == text


def test_utf8_in_chinese_stays_so_where_a_chinese_charset_is_named() -> None:
    text = FRAME.format("你好，世界。一个")
    assert recoded(text.encode(), "gbk", []) == text


@pytest.mark.parametrize("charset", ["utf-16le", "utf-16be", "utf-16"])
def test_a_body_in_utf16_is_read_by_its_mark(charset: str) -> None:
    text = FRAME.format("中中")  # whose bytes are letters too
    mark = "" if charset == "utf-16" else "\ufeff"  # Python writes one by itself then
    assert recoded((mark + text).encode(charset), "utf-16", [51, *range(80, 92, 2)]) == text


def test_nothing_waits_for_what_may_never_come() -> None:
    recoder = Recoder("application/json; charset=gbk")
    assert recoder.feed(b'{"choices": []}') == b'{"choices": []}'
    assert recoder.feed("你好".encode("gbk") + b"}") == "你好}".encode()
