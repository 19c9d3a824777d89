"""A value in several media types: the form that a terminal shows best, whatever it claims to be."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat_tools.kernel.displays import displayed
from qchat_tools.parts import TablePart, as_text

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (2).to_bytes(4) + (3).to_bytes(4)
FRAME = """<style>td {color: red}</style><table border="1"><thead>
<tr><th></th><th colspan="2">size</th></tr>
<tr><th></th><th>wide</th><th>high</th></tr></thead>
<tbody><tr><th rowspan="2">a</th><td>1</td><td>&lt;2&gt;</td></tr>
<tr><td>3</td><td> 4
 5</td></tr></tbody></table>"""


def test_a_table_is_a_table_and_reads_as_plain_text() -> None:
    found = displayed({"text/html": FRAME, "text/plain": "a b"})
    head = ("", "size wide", "size high")
    assert found.table == TablePart(head, (("a", "1", "<2>"), ("a", "3", "4 5")), "a b")


def test_a_table_without_a_head_has_an_empty_one() -> None:
    found = displayed({"text/html": "<table><tr><td>1</td></tr></table>"})
    assert found.table == TablePart(("",), (("1",),))


def test_a_table_cannot_be_made_endless() -> None:
    html = "<table>" + "<tr><td colspan=99999 rowspan=99999>x</td></tr>" * 600
    found = displayed({"text/html": html})
    assert found.table is not None
    assert len(found.table.head) <= 60
    assert len(found.table.rows) <= 500


def test_a_picture_comes_first_and_is_described() -> None:
    data = {"image/png": base64.b64encode(PNG).decode(), "text/plain": "<Figure 2x3> sales"}
    found = displayed(data)
    assert (found.picture, found.media_type, found.width, found.height) == (PNG, "image/png", 2, 3)
    assert found.text == "<Figure 2x3> sales"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"text/plain": "<IPython.core.display.HTML object>", "text/html": "<b>a</b> b"}, "a b"),
        ({"text/html": "<p>a</p><script>b</script>\n<p>c</p>"}, "a\nc"),
        ({"text/plain": "<IPython.core.display.Markdown object>", "text/markdown": "*a*"}, "*a*"),
        ({"text/plain": "5", "text/html": "<i>5</i>"}, "5"),
        ({"text/plain": "<Figure size 640x480 with 0 Axes>"}, "<Figure size 640x480 with 0 Axes>"),
        ({}, ""),
    ],
)
def test_what_says_something_is_shown(data: dict[str, str], text: str) -> None:
    assert displayed(data).text == text


MARKUP = st.lists(
    st.sampled_from(["<table", ">", "<tr>", "<td ", "colspan=", "-1", "'", "</", "x", "\0", "<!--"])
).map("".join)


@given(st.dictionaries(st.sampled_from(["text/html", "text/plain", "image/svg+xml"]), MARKUP))
def test_nonsense_does_no_harm(data: dict[str, str]) -> None:
    displayed(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"application/json": {"a": [1, 2]}, "text/plain": "<IPython.core.display.JSON object>"},
         '{"a": [1, 2]}'),
        ({"application/javascript": "alert(1)", "text/plain": "<x.Javascript object>"},
         "[JavaScript, which is not run: alert(1)]"),
        ({"application/vnd.vegalite.v5+json": {"mark": "bar"}, "text/plain": "<VegaLite 5 object>"},
         '{"mark": "bar"}'),
        ({"text/html": "<iframe src='https://a.example/'>", "text/plain": "<x.IFrame at 0x7f00>"},
         "[page https://a.example/]"),
        ({"text/html": "<audio controls><source src='data:audio/wav;base64,AAAA'>no sound</audio>",
          "text/plain": "<x.Audio object>"}, "[audio]"),
        ({"text/html": "<p>read <b>this</b></p>", "text/plain": "<x.HTML object>"}, "read this"),
        ({"text/html": "<p>not this</p>", "text/plain": "Frame(3)"}, "Frame(3)"),
        ({"text/plain": "<__main__.A at 0x7f00>"}, "<__main__.A at 0x7f00>"),
    ],
)  # fmt: skip
def test_a_value_says_more_than_its_address(data: dict[str, object], said: str) -> None:
    assert displayed(data).text == said


def test_a_table_without_words_of_its_own_is_read_by_its_cells() -> None:
    html = "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>"
    found = displayed({"text/html": html, "text/plain": "<pandas.Styler at 0x7f00>"})
    assert found.table is not None
    assert as_text([found.table]) == "a\n1"


def test_a_picture_that_cannot_be_drawn_is_kept_as_a_file() -> None:
    data = base64.b64encode(b"GIF89a").decode()
    found = displayed({"image/gif": data, "text/plain": "<x object>"})
    assert (found.file, found.picture, found.media_type) == ("picture.gif", b"GIF89a", "image/gif")
