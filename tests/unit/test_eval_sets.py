"""Sets of questions are read in our own form and in the published ones; each example is made up."""

import base64
import csv
import io
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from qchat.evaluation.question import (
    Calls,
    Choice,
    CodeTests,
    Exact,
    Numeric,
    Pattern,
    Question,
    Rubric,
)
from qchat.evaluation.sets import read
from qchat.protocol.errors import UsageError


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def only(path: Path, text: str, **options: Any) -> Question:
    path.write_text(text, encoding="utf-8")
    (question,) = read(path, **options).questions
    return question


def test_our_own_form_finds_the_grader_by_the_answer(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    file.write_text(
        lines(
            {"question": "6 * 7?", "answer": 42},
            {"question": "6 * 7?", "answer": "42.0", "grader": {"kind": "numeric", "absolute": 1}},
            {"question": "Capital?", "answer": ["Paris", "paris city"], "topic": "geo"},
            {"question": "Red?", "options": ["no", "yes"], "answer": "yes"},
            {"question": "Red?", "options": ["no", "yes"], "answer": 1},
            {"question": "Say yes", "pattern": "yes"},
            {"question": "Write f", "tests": "assert f(1) == 2"},
            {"question": "A poem", "rubric": "It rhymes."},
            {"question": "Year?", "answer": "2024", "grader": "exact", "id": "year"},
        ),
        encoding="utf-8",
    )
    found = read(file)
    assert (found.name, found.form) == ("mine", "qchat")
    graders = [question.grader for question in found.questions]
    assert graders == [
        Numeric("42"),
        Numeric("42.0", absolute=1),
        Exact(("Paris", "paris city")),
        Choice("B", ("no", "yes")),
        Choice("B", ("no", "yes")),
        Pattern("yes"),
        CodeTests("assert f(1) == 2"),
        Rubric("It rhymes."),
        Exact(("2024",)),
    ]
    assert "B) yes" in found.questions[3].prompt
    assert found.questions[-1].id == "year"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no questions"),
        ('{"answer": 1}\n', 'question 1: it has no "question"'),
        ('{"question": "x"}\n', 'question 1: it has no "answer"'),
        ('{"question": "x", "answer": 1, "grader": "luck"}\n', "'luck' is unknown"),
        ('{"question": "x", "pattern": "(a"}\n', "its pattern cannot be read"),
        ('{"question": "x", "answer": "C", "options": ["a", "b"]}\n', "none of its 2 options"),
        ('{"question": "x", "answer": 1}\n{"quest', "line 2: it is not JSON"),
        ("[1, 2]", "question 1: it is not a JSON object"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "set.jsonl").write_text(text)
    with pytest.raises(UsageError, match=said.replace("(", r"\(")):
        read(tmp_path / "set.jsonl")


def test_a_missing_file_and_a_table_of_pandas_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "none.jsonl")
    (tmp_path / "set.parquet").write_bytes(b"PAR1\x00\x01")
    with pytest.raises(UsageError, match="Parquet"):
        read(tmp_path / "set.parquet")


def test_a_line_ends_where_json_says(tmp_path: Path) -> None:
    row = json.dumps({"question": "Was\u2028nun?", "answer": "a\x85b"}, ensure_ascii=False)
    assert only(tmp_path / "set.jsonl", f"{row}\r\n\r\n").grader == Exact(("a\x85b",))


def test_a_part_is_drawn_by_the_seed(tmp_path: Path) -> None:
    file = tmp_path / "set.jsonl"
    file.write_text(lines(*({"question": f"{n} + 1?", "answer": n + 1} for n in range(50))))
    some = read(file, limit=10, seed=3)
    assert some == read(file, limit=10, seed=3)
    assert len(some.questions) == 10
    assert some != read(file, limit=10, seed=4)
    assert some.questions != read(file).questions[:10]


def table(**columns: str) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns))
    writer.writeheader()
    writer.writerow(columns)
    return out.getvalue()


def test_gpqa_shuffles_its_options_by_the_seed(tmp_path: Path) -> None:
    row = {"Question": "Which of these is a noble gas?", "Correct Answer": "xenon\n"}
    row |= {f"Incorrect Answer {n}": name for n, name in enumerate(["iron", "zinc", "lead"], 1)}
    text = table(**row, **{"Record ID": "rec1", "High-level domain": "Chemistry"})
    letters = set()
    for seed in range(20):
        question = only(tmp_path / "gpqa.csv", text, seed=seed)
        assert (question.id, question.topic) == ("rec1", "Chemistry")
        assert isinstance(question.grader, Choice)
        letter = question.grader.answer
        assert question.grader.options["ABCD".index(letter)] == "xenon"
        assert f"{letter}) xenon" in question.prompt
        letters.add(letter)
    assert letters == set("ABCD")


def test_mmlu_pro_and_aime(tmp_path: Path) -> None:
    row = {
        "question_id": 7, "question": "Which is even?", "options": ["1", "2", "3", "N/A"],
        "answer": "B", "answer_index": 1, "cot_content": "", "category": "math", "src": "made",
    }  # fmt: skip
    question = only(tmp_path / "mmlu.jsonl", lines(row))
    assert question.grader == Choice("B", ("1", "2", "3"))
    assert (question.id, question.topic) == ("7", "math")
    first = only(tmp_path / "a.jsonl", lines({"ID": "I-1", "Problem": "1+1", "Answer": 2}))
    second = only(tmp_path / "b.jsonl", lines({"id": "I-1", "problem": "1+1", "answer": "2"}))
    assert first == second
    assert first.grader == Numeric("2")
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), tmp_path / "test.parquet")
    assert read(tmp_path / "test.parquet").questions == (question,)
    third = only(tmp_path / "c.csv", table(ID="I-1", Problem="1+1", Solution="", Answer="002"))
    assert third.grader == Numeric("002")


def test_simple_qa_goes_to_the_judge(tmp_path: Path) -> None:
    about = "{'topic': 'Geography', 'answer_type': 'Place', 'urls': ['https://x.example']}"
    text = table(metadata=about, problem="Where is the made-up tower?", answer="Nowhere")
    question = only(tmp_path / "qa.csv", text)
    assert isinstance(question.grader, Rubric)
    assert question.grader.reference == "Nowhere"
    assert question.topic == "Geography"


def test_its_verified_questions_are_no_sums(tmp_path: Path) -> None:
    row = {"original_index": 5, "problem": "Who built it?", "answer": "Ann", "topic": "Art"}
    question = only(tmp_path / "verified.jsonl", json.dumps(row))
    assert isinstance(question.grader, Rubric)
    assert (question.grader.reference, question.topic) == ("Ann", "Art")
    del row["original_index"]  # some other set with these columns
    assert only(tmp_path / "other.jsonl", json.dumps(row)).grader == Exact(("Ann",))


def test_a_list_in_an_object_and_a_table_with_tabs_are_read(tmp_path: Path) -> None:
    row = {"question": "2+2?", "answer": "4"}
    for key, value in (("data", row), ("rows", {"row_idx": 0, "row": row})):
        assert only(tmp_path / "set.json", json.dumps({key: [value]})).prompt == "2+2?"
    assert only(tmp_path / "set.tsv", "question\tanswer\n2+2?\t4\n").prompt == "2+2?"


def code_row(**more: Any) -> dict[str, Any]:
    public = [{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]
    row = {
        "question_title": "Sum", "question_content": "Add two numbers.", "platform": "made",
        "question_id": "abc", "difficulty": "easy", "starter_code": "", "metadata": "{}",
        "public_test_cases": json.dumps(public), "private_test_cases": "[]",
    }  # fmt: skip
    return row | more


def packed(value: Any) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def test_live_code_bench_with_packed_tests(tmp_path: Path) -> None:
    hidden = json.dumps([{"input": "2 2\n", "output": "4\n", "testtype": "stdin"}])
    row = code_row(private_test_cases=packed(hidden))
    question = only(tmp_path / "lcb.jsonl", lines(row))
    assert isinstance(question.grader, CodeTests)
    assert [case.output for case in question.grader.cases] == ["3\n", "4\n"]
    assert question.grader.function == ""
    case = [{"input": "1\n2", "output": "3", "testtype": "functional"}]
    starter = "class Solution:\n    def add(self, a: int, b: int) -> int:\n        "
    row = code_row(
        public_test_cases=json.dumps(case), metadata='{"func_name": "add"}', starter_code=starter
    )
    question = only(tmp_path / "lcb.jsonl", lines(row))
    assert isinstance(question.grader, CodeTests)
    assert question.grader.function == "add"
    assert starter in question.prompt


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("bomb"),))


def test_packed_tests_run_no_code(tmp_path: Path) -> None:
    row = code_row(private_test_cases=packed(Bomb()))
    with pytest.raises(UsageError, match="cannot be read"):
        only(tmp_path / "lcb.jsonl", lines(row))
    assert not Path("bomb").exists()


def test_bfcl_with_its_answers_beside_it(tmp_path: Path) -> None:
    function = {
        "name": "geo.area", "description": "An area.",
        "parameters": {
            "type": "dict", "required": ["base"],
            "properties": {
                "base": {"type": "float"},
                "tags": {"type": "array", "items": {"type": "dict"}},
            },
        },
    }  # fmt: skip
    row = {
        "id": "simple_0",
        "question": [[{"role": "user", "content": "Area of base 3?"}]],
        "function": [function],
    }
    with pytest.raises(UsageError, match="possible_answer"):
        only(tmp_path / "BFCL_v3_simple.json", lines(row))
    (tmp_path / "possible_answer").mkdir()
    truth = {"id": "simple_0", "ground_truth": [{"geo.area": {"base": [3, 3.0]}}]}
    (tmp_path / "possible_answer" / "BFCL_v3_simple.json").write_text(lines(truth))
    question = only(tmp_path / "BFCL_v3_simple.json", lines(row))
    assert isinstance(question.grader, Calls)
    assert question.grader.calls[0].name == "geo_area"
    (tool,) = question.tools
    assert tool.name == "geo_area"
    assert tool.parameters["type"] == "object"
    assert tool.parameters["properties"]["base"]["type"] == "number"
    assert tool.parameters["properties"]["tags"]["items"]["type"] == "object"
    assert question.topic == "simple"
    idle = row | {"id": "irrelevance_3"}
    assert only(tmp_path / "other.json", lines(idle)).grader == Calls(())


def test_bfcl_of_several_turns_says_what_it_lacks(tmp_path: Path) -> None:
    turns = [[{"role": "user", "content": text}] for text in ("Go there.", "Sort it.")]
    row = {"id": "multi_turn_base_0", "question": turns, "involved_classes": ["FileSystem"]}
    with pytest.raises(UsageError, match="question 1: its turns act on FileSystem, which are prog"):
        only(tmp_path / "BFCL_v3_multi_turn_base.json", lines(row))


def test_tau2_tasks_are_read_from_their_list(tmp_path: Path) -> None:
    task = {
        "id": "12",
        "user_scenario": {
            "persona": None,
            "instructions": {
                "domain": "retail", "reason_for_call": "You want your money back.",
                "known_info": "Your order is #1.", "unknown_info": None, "task_instructions": "",
            },
        },
        "evaluation_criteria": {
            "actions": [{"action_id": "1", "name": "refund", "arguments": {"order": "#1"}}],
            "communicate_info": ["10"], "nl_assertions": ["The agent is polite."],
        },
    }  # fmt: skip
    question = only(tmp_path / "tasks.json", json.dumps([task]))
    assert isinstance(question.grader, Rubric)
    for wanted in ("refund", "#1", "10", "polite"):
        assert wanted in question.grader.criteria
    assert "money back" in question.prompt
    assert "refund" not in question.prompt
