"""A verdict is read however a model writes it; a run's check asks once more for what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.runs.verifier import read

WRITTEN = {
    "plain": ('{"met": true, "evidence": "seen"}', True),
    "with braces in it": ('{"met": true, "evidence": "it printed {\'a\': 1} and {}"}', True),
    "with an example before": ('Like {"met": false}: ```json\n{"met": true}\n```', True),
    "as Python prints it": ("{'met': True, 'evidence': 'f(3) = 4', 'missing': ''}", True),
    "as words": ('{"met": "Yes", "evidence": "seen"}', True),
    "in Chinese": ('结论：{"met": "是", "evidence": "已打印"}', True),
    "over several lines": ('{"met": false,\n "missing": "line one\nline two"}', False),
    "a no in words": ('{"met": "no"}', False),
    "a number": ('{"met": 0, "missing": "all"}', False),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_verdict_is_read_as_models_write_it(name: str) -> None:
    text, met = WRITTEN[name]
    verdict = read(text)
    assert verdict is not None
    assert verdict.met is met


@pytest.mark.parametrize("text", ["", "Verdict: met.", "{}", '{"ok": true}', "{" * 5_000])
def test_what_is_no_verdict_is_none(text: str) -> None:
    assert read(text) is None


@given(st.text("{}[]\"':,met truefalsTrueN 01\n", max_size=200))
def test_whatever_a_model_writes_is_read_without_an_error(text: str) -> None:
    read(text)
