"""What the report says, from made-up answers: conclusions, charts, and text that is not obeyed."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.evaluation.chart import bars, chart, scatter
from qchat.evaluation.findings import (
    Comparison,
    Findings,
    ModeResult,
    conclusion,
    findings,
    remarks,
    trusted,
)
from qchat.evaluation.html_report import page
from qchat.evaluation.plan import Plan, Trust
from qchat.evaluation.question import Exact, Question
from qchat.evaluation.report import markdown, table
from qchat.evaluation.results_log import Answered, KeptAnswers, digest
from qchat.evaluation.statistics import Pairs, mcnemar, paired_bootstrap, wilson


def compared(*counts: int) -> str:
    counted = Pairs(*counts)
    p = mcnemar(counted.first_only, counted.second_only)
    return conclusion(Comparison("think", "deep", counted, paired_bootstrap(counted), p))


def test_each_outcome_has_a_sentence_of_its_own() -> None:
    assert compared(60, 5, 30, 5).startswith("**deep is better than think**: +25.0 points")
    assert compared(60, 30, 5, 5).startswith("**deep is worse than think**: −25.0 points")
    assert compared(120, 2, 2, 76).startswith("**deep does not help over think**")
    yet = compared(10, 2, 5, 3)
    assert yet.startswith("**Nothing can be concluded about deep against think yet**: +15.0")
    # 7 of 20 differ: (1.959964 √0.35 + 0.841621 √(0.35 − 0.0225))² / 0.0225 = 119.7.
    assert "about 100 more questions" in yet
    assert "120 in all" in yet
    assert "To show a difference of 5 points" in compared(3, 1, 1, 0)
    assert "Nothing can be concluded" in compared(0, 0, 0, 0)


def test_trust_is_given_only_when_the_whole_interval_is_above_the_bar() -> None:
    trust = Trust("using tools", 0.9)

    def said(right: int, total: int) -> str:
        result = ModeResult("tooluse", total, right, wilson(right, total), 0, 0.0, 0.0, None)
        return trusted("qwen", result, trust)

    assert said(80, 80).startswith("**qwen can be trusted with using tools**: 80 of 80 right")
    assert said(10, 80).startswith("**qwen cannot be trusted with")
    assert said(20, 20).startswith("**It is not certain whether qwen can be trusted")
    assert "more conversations" in said(20, 20)


def played(folder: Path, rights: dict[str, Sequence[bool]], **more: str) -> Findings:
    """Findings over answers as they are kept."""
    count = max(map(len, rights.values()))
    questions = tuple(
        Question(f"q{n}", f"{n}?", Exact(("a",)), topic="odd" if n % 2 else "even")
        for n in range(count)
    )
    plan = Plan("set", "qchat", questions, tuple(rights), "box", "qwen", price=(1.0, 2.0))
    with KeptAnswers(folder) as kept:
        for mode, right in rights.items():
            for question, is_right in zip(questions, right, strict=False):
                kept.add(
                    Answered(
                        question.id, digest(question), mode, is_right, session="s1",
                        tokens=100, prompt_tokens=50, seconds=2, topic=question.topic, **more,
                    )
                )  # fmt: skip
        return findings(plan, kept)


def test_only_questions_that_every_mode_answered_are_compared(tmp_path: Path) -> None:
    found = played(tmp_path, {"think": [True] * 6 + [False] * 4, "vote:3": [True] * 7})
    assert found.asked == 7
    assert [mode.right for mode in found.modes] == [6, 7]
    assert found.modes[0].money == pytest.approx((50 * 1 + 100 * 2) / 1e6)
    assert any("7 of 10 questions are answered" in said for said in remarks(found))
    assert set(found.topics) == {"odd", "even"}
    text = markdown(found)
    assert text.count("7 questions, ") == 1
    assert "| think  | 6 " in text
    assert "vote:3 against think" in text


def test_each_pair_is_said_once_and_what_is_alike_stays_legible(tmp_path: Path) -> None:
    found = played(tmp_path, {"deep:2x1": [False], "vote:5": [False], "think": [False]})
    pairs = [{one.first, one.second} for one in found.comparisons]
    assert pairs == [{"deep:2x1", "think"}, {"vote:5", "deep:2x1"}]
    assert "1 question, " in markdown(found)
    drawn = "\n".join(scatter(found.modes))
    assert all(f"● {mode}" in drawn for mode in ("deep:2x1", "vote:5", "think"))


def test_columns_are_aligned_in_cells() -> None:
    rows = table(["topic", "share"], [["地理", "1 %"], ["arts", "22 %"]])
    assert rows[2:] == ["| 地理  | 1 %   |", "| arts  | 22 %  |"]


def test_what_got_no_answer_is_said_and_counts_as_wrong(tmp_path: Path) -> None:
    found = played(tmp_path, {"think": [False] * 3}, failure="refused")
    assert any("3 of 3 questions got no answer" in said for said in remarks(found))
    assert found.modes[0].share == 0


def test_kept_answers_survive_a_torn_line_and_one_that_is_no_answer(tmp_path: Path) -> None:
    question = Question("q", "?", Exact(("a",)))
    with KeptAnswers(tmp_path) as kept:
        kept.add(Answered("q", digest(question), "think", True))
    with (tmp_path / "answers.jsonl").open("ab") as file:
        file.write(b'nonsense\n{"question": "q2", "dig')
    with KeptAnswers(tmp_path) as kept:
        assert kept.get(digest(question), "think") is not None
        kept.add(Answered("q3", "x", "think", False))
    with KeptAnswers(tmp_path) as kept:
        assert kept.get("x", "think") is not None


def test_what_a_model_wrote_stays_text_in_the_page(tmp_path: Path) -> None:
    found = played(tmp_path, {"think": [False]}, read="<script>x</script>", why="| a | b |")
    answers = [[Answered("q0", "d", "think", False, "<img src=x onerror=y>", "a | b")]]
    html = page("<b>t</b>", markdown(found, answers), chart("<b>", found.modes).svg())
    assert "<img" not in html
    assert "<script" not in html
    assert "<b>" not in html
    assert "a | b" in html


results = st.builds(
    lambda right, wrong, tokens, seconds, money: ModeResult(
        f"vote:{right}", right + wrong, right, wilson(right, right + wrong), 0,
        tokens, seconds, money,
    ),
    st.integers(0, 99), st.integers(0, 99), st.floats(0, 1e9), st.floats(0, 1e6),
    st.one_of(st.none(), st.floats(0, 1e4)),
)  # fmt: skip


@given(st.lists(results, min_size=1, max_size=9))
def test_any_result_can_be_drawn(modes: list[ModeResult]) -> None:
    lines = [*bars(modes), *scatter(modes)]
    assert max(map(len, lines)) <= 90
    for mode in modes:
        assert any(mode.mode in line for line in lines)
    assert chart("x", modes).svg().count("<circle") >= 3 * len(modes)


def test_a_chart_is_a_picture() -> None:
    mode = ModeResult("think", 10, 5, wilson(5, 10), 0, 120.0, 1.5, None)
    assert chart("x", [mode]).png().startswith(b"\x89PNG")
