"""A verdict is read however a model writes it; a run's check asks once more for what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.protocol.tokens import estimate
from qchat.runs.goal import Goal
from qchat.runs.progress import Evidence
from qchat.runs.verifier import question, read

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


GIVEN = {
    "numbers": "3 1 4 1 5 9 2 6 " * 156,
    "words": "the mean of the column is not the median " * 60,
    "Chinese": "\u5747\u503c\u4e0d\u662f\u4e2d\u4f4d\u6570" * 350,
}


@pytest.mark.parametrize("kind", GIVEN)
@pytest.mark.parametrize("context", [512, 1_024, 4_096, 32_768])
def test_evidence_fits_into_half_of_the_context_and_its_newest_is_shown(
    kind: str, context: int
) -> None:
    done = [
        Evidence(n, "python", f"print({n})", GIVEN[kind] + f" last {n}", True) for n in range(9)
    ]
    asked = question(Goal("a mean"), done, "", context)
    assert "Step 8, python print(8)" in asked
    assert "last 8" in asked
    assert "no tool was called" not in asked
    assert estimate(asked) < context / 2 + 100


def test_evidence_is_shown_from_the_newest_on() -> None:
    done = [Evidence(n, "python", f"print({n})", f"{n} printed", True) for n in range(9)]
    asked = question(Goal("a mean"), done, "", 0)
    assert asked.index("0 printed") < asked.index("8 printed")


def test_that_no_tool_was_called_is_said_only_where_none_was() -> None:
    assert "(no tool was called)" in question(Goal("a mean"), [], "", 0)
