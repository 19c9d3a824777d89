"""The published forms of seven sets, read as their files are; none of their questions is here.

Column names and shapes are those of the files that the sets' authors publish.
"""

import base64
import io
import json
import pickle
import random
import re
import string
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from qchat.evaluation.numbers import number
from qchat.evaluation.question import (
    Calls,
    Choice,
    CodeCase,
    CodeTests,
    Numeric,
    OfferedTool,
    Question,
    Rubric,
    States,
    WantedCall,
)

Row = Mapping[str, Any]
Answers = Mapping[str, Sequence[Any]]
"""What is right by a question's id, where that is a file of its own."""

CHOOSE = "Think it through, then end with one line: Answer: and the letter of the right option."
COMPUTE = "Think it through, then end with one line: Answer: and the number."
SHORT = "Answer in a few words. If you do not know it, say so."


class Beside(msgspec.Struct, frozen=True):
    """What lies beside a file and belongs to it."""

    folder: Path
    answers: Answers


class Form(msgspec.Struct, frozen=True):
    """One set's shape: how it is told apart, and how a row becomes a question."""

    name: str
    fits: Callable[[Row], bool]
    read: Callable[[Row, random.Random, Beside], Question]


def with_options(prompt: str, options: Sequence[str]) -> str:
    """A question with its options, and how to answer it."""
    listed = (f"{letter}) {text}" for letter, text in zip(string.ascii_uppercase, options))  # noqa: B905
    return "\n".join([prompt.strip(), "", *listed, "", CHOOSE])


def _gpqa(row: Row, draw: random.Random, _beside: Beside) -> Question:
    """The right option always stands first in the file: they are shuffled, by the seed."""
    right = str(row["Correct Answer"]).strip()
    options = [right, *(str(row[f"Incorrect Answer {n}"]).strip() for n in (1, 2, 3))]
    draw.shuffle(options)
    answer = string.ascii_uppercase[options.index(right)]
    topic = str(row.get("High-level domain") or row.get("Subdomain") or "")
    prompt = with_options(str(row["Question"]), options)
    return Question(str(row.get("Record ID", "")), prompt, Choice(answer, tuple(options)), topic)


def _mmlu_pro(row: Row, _draw: random.Random, _beside: Beside) -> Question:
    options = row["options"]
    if isinstance(options, str):  # as a cell of CSV
        options = json.loads(options)
    shown = tuple(str(option) for option in options if str(option) != "N/A")
    answer = string.ascii_uppercase[int(row["answer_index"])]
    prompt = with_options(str(row["question"]), shown)
    id_ = str(row.get("question_id", ""))
    return Question(id_, prompt, Choice(answer, shown), str(row.get("category", "")))


def _aime(row: Row, _draw: random.Random, _beside: Beside) -> Question:
    problem = str(row.get("Problem") or row.get("problem") or row["question"])
    answer = str(row["Answer"] if "Answer" in row else row["answer"])
    id_ = row.get("ID", row.get("id", row.get("problem_idx", "")))
    return Question(str(id_), f"{problem.strip()}\n\n{COMPUTE}", Numeric(answer))


def _simple_qa(row: Row, _draw: random.Random, _beside: Beside) -> Question:
    about = str(row.get("metadata", ""))
    try:  # the file writes it as Python does
        topic = str(json.loads(about.replace("'", '"')).get("topic", ""))
    except (ValueError, AttributeError):
        topic = str(row.get("topic", ""))
    criteria = "The answer names what the reference names, whatever else it says, and does not "
    criteria += "contradict it. Not knowing is not right."
    prompt = f"{str(row['problem']).strip()}\n\n{SHORT}"
    return Question("", prompt, Rubric(criteria, str(row["answer"])), topic)


def _is_simple_qa(row: Row) -> bool:
    """The set as it came out first, or as it was verified later."""
    return {"problem", "answer"} <= row.keys() and bool({"metadata", "original_index"} & row.keys())


def _is_aime(row: Row) -> bool:
    """Problems whose answers are numbers; others with these columns are some other set."""
    if "grader" in row:
        return False
    problem, answer = ("Problem", "Answer") if "Problem" in row else ("problem", "answer")
    return problem in row and number(str(row.get(answer, ""))) is not None


def _live_code(row: Row, _draw: random.Random, _beside: Beside) -> Question:
    cases = [*_cases(row["public_test_cases"]), *_cases(row.get("private_test_cases") or "[]")]
    about = row.get("metadata") or "{}"
    about = json.loads(about) if isinstance(about, str) else about
    functional = any(case.get("testtype") == "functional" for case in cases)
    function = str(about.get("func_name") or "") if functional else ""
    starter = str(row.get("starter_code") or "")
    how = (
        f"Complete this code:\n```python\n{starter}\n```"
        if starter
        else "Write a Python program that reads standard input and prints the answer."
    )
    prompt = f"{row['question_content']}\n\n{how}\nGive the whole code in one block of Python."
    tests = tuple(CodeCase(str(case["input"]), str(case["output"])) for case in cases)
    id_, topic = str(row.get("question_id", "")), str(row.get("difficulty", ""))
    return Question(id_, prompt, CodeTests(cases=tests, function=function), topic)


class _PlainText(pickle.Unpickler):
    """Reads a pickled text and nothing else: a published file must not run code here."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it holds {module}.{name}, and not a text")


def _cases(cell: Any) -> list[dict[str, Any]]:
    """Test cases as a list, as JSON, or as the file packs the long ones."""
    if isinstance(cell, list):
        return cell
    try:
        listed = json.loads(cell)
    except ValueError:
        try:
            packed = zlib.decompress(base64.b64decode(cell))
            text = _PlainText(io.BytesIO(packed)).load()
        except (ValueError, zlib.error, pickle.UnpicklingError, EOFError) as error:
            raise ValueError(f"its test cases cannot be read: {error}") from error
        listed = json.loads(text) if isinstance(text, str | bytes) else []
    return list(listed)


def _bfcl(row: Row, _draw: random.Random, beside: Beside) -> Question:
    messages = row["question"][0] if isinstance(row["question"][0], list) else row["question"]
    prompt = "\n\n".join(str(message["content"]) for message in messages)
    offered = row["function"] if isinstance(row["function"], list) else [row["function"]]
    tools = tuple(_offered(one) for one in offered)
    id_ = str(row["id"])
    truth = row.get("ground_truth", beside.answers.get(id_))
    if truth is None:
        if "irrelevance" not in id_:
            raise ValueError("its right calls are in no file possible_answer/ beside it")
        truth = []
    wanted = [
        WantedCall(_tool_name(name), {key: tuple(right) for key, right in arguments.items()})
        for call in truth
        for name, arguments in call.items()
    ]
    topic = id_.rstrip(string.digits + "-_")
    return Question(id_, prompt, Calls(tuple(wanted)), topic, tools)


def _bfcl_multi_turn(row: Row, _draw: random.Random, beside: Beside) -> Question:
    """A task of several turns is graded by the state that its systems are in after each.

    Those systems are Python programs of the set's own, and without them no call has a result.
    """
    classes = [str(name) for name in row["involved_classes"]]
    programs = next(
        (folder for at in PROGRAMS if (folder := (beside.folder / at).resolve()).is_dir()), None
    )
    modules = _modules(programs, classes) if programs is not None else {}
    id_ = str(row["id"])
    if programs is None or set(modules) != set(classes):
        raise ValueError(
            f"its turns act on {', '.join(classes)}, which are programs of BFCL's own and not in "
            f"this file. Put them beside it as {PROGRAMS[0]}/, with their descriptions as {DOCS}/. "
            "Without them the single-turn files are read (simple, multiple, parallel, live, "
            "irrelevance)"
        )
    truth = row.get("ground_truth", beside.answers.get(id_))
    if truth is None:
        raise ValueError("its right calls are in no file possible_answer/ beside it")
    turns = ["\n\n".join(str(said["content"]) for said in turn) for turn in row["question"]]
    missing = {str(at): tuple(names) for at, names in (row.get("missed_function") or {}).items()}
    grader = States(
        tuple(turns), tuple(map(tuple, truth)), modules, row.get("initial_config") or {},
        str(programs), "long_context" in id_, missing,
    )  # fmt: skip
    left_out = set(row.get("excluded_function") or ())
    tools = [tool for module in modules.values() for tool in _described(beside.folder, module)]
    offered = tuple(tool for tool in tools if tool.name not in left_out)
    return Question(id_, turns[0], grader, id_.rstrip(string.digits + "-_"), offered)


PROGRAMS = ("func_source_code", "../eval_checker/multi_turn_eval/func_source_code")
"""Where BFCL's programs may be: beside the file, or as in its repository."""
DOCS = "multi_turn_func_doc"


def _modules(programs: Path, classes: Sequence[str]) -> dict[str, str]:
    """The module of each class; those that are in none left out."""
    texts = {file.stem: file.read_text(encoding="utf-8") for file in sorted(programs.glob("*.py"))}
    return {
        name: module
        for name in classes
        for module, text in texts.items()
        if re.search(rf"^class {re.escape(name)}\b", text, re.M)
    }


def _described(folder: Path, module: str) -> list[OfferedTool]:
    """The functions of a program, a line of JSON each."""
    lines = (folder / DOCS / f"{module}.json").read_text(encoding="utf-8").split("\n")
    return [_offered(json.loads(line)) for line in lines if line.strip()]


def _offered(one: Row) -> OfferedTool:
    return OfferedTool(_tool_name(one["name"]), str(one.get("description", "")), _schema(one))


def _tool_name(name: str) -> str:
    """Servers take no dots in names."""
    return str(name).replace(".", "_")


def _schema(function: Row) -> dict[str, Any]:
    schema = _json_types(function.get("parameters") or {"type": "object", "properties": {}})
    return dict(schema)


def _json_types(value: Any) -> Any:
    """JSON Schema's own names for the types that the file names as Python does."""
    names = {"dict": "object", "float": "number", "tuple": "array", "any": "string"}
    if isinstance(value, list):
        return [_json_types(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    made = {key: _json_types(one) for key, one in value.items()}
    if isinstance(made.get("type"), str):
        made["type"] = names.get(made["type"], made["type"])
    return made


def possible_answers(path: Path) -> Answers:
    """The right calls of a BFCL file, which stand in `possible_answer/` beside it."""
    beside = path.parent / "possible_answer" / path.name
    try:
        lines = beside.read_text(encoding="utf-8").split("\n")
    except OSError:
        return {}
    rows = [json.loads(line) for line in lines if line.strip()]
    return {str(row["id"]): row["ground_truth"] for row in rows}


def _tau2(row: Row, _draw: random.Random, _beside: Beside) -> Question:
    """A task as one request, judged by what the task wants done and told.

    The set's own run needs its simulated user and its domains' tools, which are programs and not
    data: here the model says what it would do, which is another, easier thing.
    """
    told = row["user_scenario"]["instructions"]
    wanted = row["evaluation_criteria"] or {}
    if isinstance(told, str):
        told = {"reason_for_call": told}
    parts = [str(told.get(key) or "") for key in ("reason_for_call", "known_info")]
    actions = [
        f"- {action['name']} {json.dumps(action.get('arguments', {}), ensure_ascii=False)}"
        for action in wanted.get("actions") or []
    ]
    telling = [f"- tells: {text}" for text in wanted.get("communicate_info") or []]
    holding = [f"- {text}" for text in wanted.get("nl_assertions") or []]
    criteria = "\n".join(["The plan does what these ask for, and nothing against them:"])
    criteria = "\n".join([criteria, *actions, *telling, *holding])
    prompt = "A customer writes:\n\n" + "\n\n".join(part for part in parts if part)
    prompt += "\n\nSay step by step what you do for them, with all details, and what you tell them."
    return Question(str(row["id"]), prompt, Rubric(criteria), str(told.get("domain", "")))


FORMS = (
    Form("GPQA", lambda row: "Correct Answer" in row and "Incorrect Answer 1" in row, _gpqa),
    Form("MMLU-Pro", lambda row: "options" in row and "answer_index" in row, _mmlu_pro),
    Form(
        "LiveCodeBench",
        lambda row: "question_content" in row and "public_test_cases" in row,
        _live_code,
    ),
    Form("BFCL", lambda row: "function" in row and isinstance(row.get("question"), list), _bfcl),
    Form("BFCL, multi-turn", lambda row: "involved_classes" in row, _bfcl_multi_turn),
    Form("tau2", lambda row: "user_scenario" in row and "evaluation_criteria" in row, _tau2),
    Form("SimpleQA", _is_simple_qa, _simple_qa),
    Form("AIME", _is_aime, _aime),
)
"""In the order in which they are tried; what none of them fits is read as our own."""
