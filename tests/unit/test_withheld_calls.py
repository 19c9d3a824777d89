"""Without tools no call is shown raw, however it comes; what is only talked about stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.backends.withheld_calls import CallFilter

CALL = '<tool_call>\n{"name": "python", "arguments": {"code": "print(1)"}}\n</tool_call>'
XML = "<tool_call>\n<function=python>\n<parameter=code>\n1\n</parameter>\n</function>\n</tool_call>"
CASES = [
    (CALL, "", ["python"]),
    (XML, "", ["python"]),
    (f"Let me see.\n\n{CALL}", "Let me see.", ["python"]),
    (f"{CALL}\n{CALL}\nDone.", "Done.", ["python", "python"]),
    ('<tool_call>\n{"name": "python", "arguments": {"code": "pri', "", ["python"]),
    ("The tag <tool_call> opens a call.", "The tag <tool_call> opens a call.", []),
    (f"```\n{CALL}\n```\n", f"```\n{CALL}\n```\n", []),
    ("<tool_call> is a tag.", "<tool_call> is a tag.", []),
    ("a < b\n<to be>\n", "a < b\n<to be>\n", []),
    ("", "", []),
    ("\n\nHello.\n", "\n\nHello.\n", []),
]


@pytest.mark.parametrize(("text", "shown", "names"), CASES)
@given(data=st.data())
def test_a_call_is_taken_out_however_it_is_cut(
    text: str, shown: str, names: list[str], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    calls = CallFilter()
    out = ""
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        out += calls.feed(text[start:end])
    out += calls.feed("", final=True)
    assert calls.names == names
    assert out.strip() == shown.strip() if names else out == shown


@given(st.text(alphabet="<tool_cal>\n`{ab ", max_size=60))
def test_text_without_calls_is_never_changed(text: str) -> None:
    calls = CallFilter()
    out = "".join(calls.feed(letter) for letter in text) + calls.feed("", final=True)
    if not calls.names:
        assert out == text
