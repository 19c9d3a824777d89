"""Which answer a reply gives: the ways in which models end, and what must not be taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.evaluation import graders
from qchat.evaluation.graders import calls, choice, code_in, exact, numeric, pattern
from qchat.evaluation.question import Calls, Choice, Exact, Numeric, Pattern, WantedCall
from qchat.protocol.event_values import ToolCall

OPTIONS = ("alpha", "beta", "gamma", "delta")


@pytest.mark.parametrize(
    ("wanted", "reply"),
    [
        ("42", "The answer is **42**."),
        ("1234.5", "1,234.5"),
        ("0.75", "\\boxed{\\frac{3}{4}}"),
        ("3/4", "0.75"),
        ("12%", "0.12"),
        ("0.12", "12 %"),
        ("-5", "x = −5"),
        ("33", "Therefore $m+n = 33$."),
        ("204", "so 9+3.\n\nAnswer: 204 minutes (3 h 24 min)"),
        ("120", "答案：一百二十"),
        ("12", "答案是12个。"),
        ("15000", "1.5万"),
        ("2.5", "2 1/2"),
        ("6.02e23", "6.02 × 10^23"),
        ("6.02e23", "6.02×10²³"),
        ("5 km", "5000 m"),
        ("5 km", "5"),
        ("11", "There are 5 apples and 6 pears. So 11 in total."),
        ("7", "**Step 3**: add.\nThe result is 7"),
        ("7", "The final answer: 7.\nThis answer is consistent with 3+4."),
        ("1234", "１２３４"),
        ("17", "The answer is $\\boxed{17}$"),
        ("0.5", "½"),
        ("1234567", "1 234 567"),
        ("1024", "2^10"),
        ("18", "\\boxed{18\\text{ cm}^2}"),
        ("3", "The version v2 has 3"),
        ("2003", "二〇〇三"),
        ("33", "\\boxed{033}"),
        ("5", "7-2 = 5"),
        ("9", "### Answer\n**9**"),
        ("27", "The answer to the question is 27."),
        ("27", "Antwort: 27"),
        ("3.14", "Antwort: 3,14"),
        ("1000000", "Das sind 1.000.000 Euro."),
        ("0.5", "\\boxed{\\frac12}"),
        ("5000", "\\boxed{5,\\!000}"),
        ("70", "$\\boxed{70^\\circ}$"),
        ("42", "**Final Answer**: 42"),
        ("42", "所以答案是\\(42\\)"),
        ("12", "There are twelve."),
        ("42", "forty-two"),
    ],
)
def test_a_number_is_read_however_it_is_written(wanted: str, reply: str) -> None:
    assert numeric(Numeric(wanted), reply).right, numeric(Numeric(wanted), reply)


@pytest.mark.parametrize(
    ("wanted", "reply"),
    [
        ("5", "There are 5 apples and 6 pears. So 11 in total."),
        ("5 km", "5 m"),
        ("8", "I can't know."),
        ("2024", "It was on 2024-05-01."),
        ("10", "10^2"),
        ("42", "First I thought 42.\nAnswer: 43"),
        ("42", ""),
    ],
)
def test_another_number_is_wrong_though_the_right_one_stands_there(wanted: str, reply: str) -> None:
    assert not numeric(Numeric(wanted), reply).right


@pytest.mark.parametrize(
    "reply",
    [
        "Answer: B", "**B**", "The answer is (B).", "\\boxed{B}", "\\boxed{\\text{B}}", "B) beta",
        "B", "b", "答案：B", "正确答案是 B。", "选B", "故选：B", "答案是B选项", "beta", "[[B]]",
        "I think it's beta.\n\n**Answer: B) beta**", "Answer - B", "Answer: (b)",
        "The answer is “B”",
        "Option A is wrong because… The correct option is B", "Answer: beta", "**(B) beta**",
        "A is wrong. C is wrong. D is wrong. So B.", "The best answer is: **B. beta**",
        "Final Answer: $\\boxed{\\text{B}}$", "The correct answer is option B.",
        "Answer: B. Not A, since alpha is smaller", "The answer is B because A is false.",
        "Option B is the only one that fits.", "**Correct option: B**", "选项B正确", "答案选B",
        "B.\n\nExplanation: A is wrong because it is small.", "Réponse : B",
        "Answer: B\n\nThis answer is consistent with A being false.",
    ],
)  # fmt: skip
def test_an_option_is_read_however_it_is_chosen(reply: str) -> None:
    assert choice(Choice("B", OPTIONS), reply).right, choice(Choice("B", OPTIONS), reply)


@pytest.mark.parametrize(
    "reply",
    [
        "A or B",
        "Answer: A or B",
        "A good question, but I do not know.",
        "",
        "Answer: C",
        "So a guess.",
    ],
)
def test_no_choice_is_no_right_choice(reply: str) -> None:
    assert not choice(Choice("B", OPTIONS), reply).right
    assert not choice(Choice("A", OPTIONS), reply).right


def test_a_text_is_compared_and_not_looked_for() -> None:
    paris = Exact(("Paris", "city of Paris"))
    for right in ("Paris", "Answer: paris.", 'The answer is "Paris"', "It is **Paris**."):
        assert exact(paris, right).right, right
    for wrong in (
        "**Paris** was my first thought.\nAnswer: London",
        "Not Paris",
        "Paris or Rome",
        "",
    ):
        assert not exact(paris, wrong).right, wrong
    assert exact(Exact(("上海",)), "答案：上海。").right


def test_a_pattern_and_the_last_program_of_a_reply() -> None:
    assert pattern(Pattern(r"^yes\b"), "Well.\nYes, it is.").right
    draft, better = "Draft:\n```python\nx = 1\n```\n", "Better:\n```python\nx = 2\n```\n"
    reply = f"{draft}{better}Run it:\n```sh\npython x\n```"
    assert code_in(reply) == "x = 2\n"
    assert code_in("print(1)") == "print(1)"


def test_an_expression_that_searches_without_end_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(graders, "MAX_SEARCH_S", 0.1)
    verdict = pattern(Pattern(r"^(?:a|a|aa)+$"), "a" * 60 + "!")
    assert not verdict.judged
    assert "not found in" in verdict.why


def test_calls_are_compared_as_the_published_answers_mean_them() -> None:
    wanted = Calls((WantedCall("area", {"base": (10,), "unit": ("cm²", "")}),))
    assert calls(wanted, [ToolCall("1", "area", {"base": 10.0})]).right
    assert calls(wanted, [ToolCall("1", "area", {"base": 10, "unit": "CM²"})]).right
    assert not calls(wanted, [ToolCall("1", "area", {"base": 11})]).right
    assert not calls(wanted, [ToolCall("1", "area", {"base": 10, "height": 2})]).right
    assert not calls(wanted, [ToolCall("1", "area", {"base": 10})] * 2).right
    assert not calls(wanted, []).right
    assert calls(Calls(()), []).right
    assert not calls(
        Calls((WantedCall("f", {"x": (1,)}),)), [ToolCall("1", "f", {"x": True})]
    ).right


@given(
    st.integers(-(10**9), 10**9),
    st.sampled_from(["{}", "Answer: {}", "**{}**", "= {} km", "\\boxed{{{}}}"]),
)
def test_any_whole_number_is_read_with_and_without_thousands(value: int, form: str) -> None:
    for written in (str(value), f"{value:,}"):
        assert numeric(Numeric(str(value)), form.format(written)).right


@given(st.text(max_size=300))
def test_any_text_is_graded(reply: str) -> None:
    numeric(Numeric("5"), reply)
    choice(Choice("A", OPTIONS), reply)
    exact(Exact(("x",)), reply)
    code_in(reply)
