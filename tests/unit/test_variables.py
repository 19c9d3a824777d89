"""The answer about variables is foreign text: whatever it holds, a list comes of it."""

import ast
import json

from hypothesis import given
from hypothesis import strategies as st

from qchat_tools.kernel import variables
from qchat_tools.kernel.variables import Variable


def test_the_answer_is_read() -> None:
    answer = repr(json.dumps([["x", "ndarray", "3 × 4", 96], ["n", "int", "", -5]]))
    assert variables.read(answer) == [
        Variable("x", "ndarray", "3 × 4", 96),
        Variable("n", "int", "", 0),
    ]


@given(st.text() | st.text().map(repr) | st.lists(st.text()).map(json.dumps).map(repr))
def test_nonsense_gives_an_empty_list(answer: str) -> None:
    assert variables.read(answer) == []


def test_the_question_is_one_expression() -> None:
    ast.parse(variables.QUESTION, mode="eval")
