"""Reads a set of questions: our own lines of JSON, or a published set's file as it is."""

import csv
import importlib
import io
import json
import random
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from qchat.evaluation import published
from qchat.evaluation.graders import readable
from qchat.evaluation.numbers import number
from qchat.evaluation.question import (
    Choice,
    CodeTests,
    Exact,
    Grader,
    Numeric,
    Pairwise,
    Pattern,
    Question,
    Rubric,
)
from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr

Row = Mapping[str, Any]

KINDS = ("exact", "numeric", "choice", "pattern", "tests", "rubric", "pairwise")
PROMPTS = ("question", "prompt", "input", "problem")
LISTS = ("tasks", "rows", "data", "questions", "examples")
"""Under which a file that is one object may hold its questions."""
csv.field_size_limit(1 << 26)


class QuestionSet(msgspec.Struct, frozen=True):
    """The questions of a file."""

    name: str
    form: str
    """Whose form the file has; "qchat" for our own."""
    questions: tuple[Question, ...]


def read(path: Path, *, limit: int = 0, seed: int = 0) -> QuestionSet:
    """Read a file of questions; with a limit, so many of them, drawn by the seed.

    Raises UsageError that names the line where something is wrong.
    """
    rows = list(_rows(path))
    if not rows:
        raise UsageError(tr("{path} holds no questions.", path=path))
    form = next((form for form in published.FORMS if form.fits(rows[0][1])), None)
    answers = published.possible_answers(path) if form is not None else {}
    beside = published.Beside(path.parent, answers)
    if limit and limit < len(rows):  # before they are read: some hold megabytes of tests
        rows = sorted(random.Random(seed).sample(rows, limit), key=lambda numbered: numbered[0])
    questions = []
    for line, row in rows:
        try:
            made = form.read(row, random.Random(f"{seed}/{line}"), beside) if form else own(row)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError) as error:
            raise UsageError(
                tr("{path}, question {line}: {error}.", path=path, line=line, error=_why(error))
            ) from error
        questions.append(made if made.id else msgspec.structs.replace(made, id=str(line)))
    doubles = {question.id for question in questions}
    if len(doubles) < len(questions):  # ids are what is answered already: they must tell apart
        questions = [
            msgspec.structs.replace(question, id=f"{place}-{question.id}")
            for place, question in enumerate(questions, 1)
        ]
    return QuestionSet(path.stem, form.name if form else "qchat", tuple(questions))


def own(row: Row) -> Question:
    """A question in our own form: `question`, and `answer` with or without a `grader`."""
    prompt = next((str(row[key]) for key in PROMPTS if row.get(key)), "")
    if not prompt:
        raise ValueError('it has no "question"')
    options = tuple(str(option) for option in row.get("options") or row.get("choices") or ())
    grader = _grader(row, options)
    if isinstance(grader, Choice):
        prompt = published.with_options(prompt, options)
    return Question(str(row.get("id", "")), prompt, grader, str(row.get("topic", "")))


def _grader(row: Row, options: tuple[str, ...]) -> Grader:
    """By what the row says, or else by what its answer is."""
    said = row.get("grader", "")
    named: dict[str, Any] = {"kind": said} if isinstance(said, str) else dict(said)
    kind = named.get("kind") or _kind(row, options)
    answer = row.get("answer", named.get("answer"))
    if kind not in KINDS:
        raise ValueError(f"the grader {kind!r} is unknown; graders: {', '.join(KINDS)}")
    given = {**row, **named}
    if kind in ("exact", "numeric", "choice") and answer is None:
        raise ValueError('it has no "answer"')
    makers: dict[str, Callable[[], Grader]] = {
        "exact": lambda: Exact(tuple(map(str, answer if isinstance(answer, list) else [answer]))),
        "numeric": lambda: Numeric(
            str(answer), float(given.get("tolerance", 1e-6)), float(given.get("absolute", 0))
        ),
        "choice": lambda: Choice(_letter(answer, options), options),
        "pattern": lambda: Pattern(readable(str(given["pattern"]))),
        "tests": lambda: msgspec.convert(
            {"code": given["tests"]} if isinstance(given["tests"], str) else given["tests"],
            CodeTests,
        ),
        "pairwise": lambda: Pairwise(str(given.get("rubric") or "")),
        "rubric": lambda: Rubric(str(given["rubric"]), str(answer or "")),
    }
    return makers[kind]()


def _kind(row: Row, options: tuple[str, ...]) -> str:
    for key, kind in (("tests", "tests"), ("pattern", "pattern"), ("rubric", "rubric")):
        if key in row:
            return kind
    answer = row.get("answer")
    if options:
        return "choice"
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        return "numeric"
    return "numeric" if isinstance(answer, str) and _is_number(answer) else "exact"


def _is_number(answer: str) -> bool:
    """Whether the answer is a number alone: one with words around it is a text."""
    found = number(answer)
    return found is not None and not any(c.isalpha() for c in answer.replace("e", ""))


def _letter(answer: Any, options: tuple[str, ...]) -> str:
    """The letter of the right option, given as a letter, a place from 0, or its text."""
    if not options:
        raise ValueError('a choice needs "options"')
    if isinstance(answer, int):
        place = answer
    elif str(answer) in options:
        place = options.index(str(answer))
    else:
        place = ord(str(answer).strip().upper()) - ord("A") if len(str(answer).strip()) == 1 else -1
    if not 0 <= place < len(options):
        raise ValueError(f"the answer {answer!r} is none of its {len(options)} options")
    return chr(ord("A") + place)


def _rows(path: Path) -> Iterator[tuple[int, Row]]:
    """The rows of a file with their numbers, whatever it is."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(
            tr("{path} cannot be read: {why}.", path=path, why=error.strerror)
        ) from error
    if data[:4] == b"PAR1":
        yield from enumerate(_parquet(path), 1)
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            tr("{path} is not UTF-8 text: {error}.", path=path, error=error)
        ) from error
    beginning = text.lstrip()[:1]
    if beginning not in ("{", "["):
        between = "\t" if "\t" in text.partition("\n")[0] else ","
        table = csv.DictReader(io.StringIO(text, newline=""), delimiter=between)
        yield from enumerate(table, 1)
        return
    try:
        whole = json.loads(text)
    except ValueError:
        yield from _lines(path, text)
        return
    rows = whole
    if not isinstance(whole, list):
        rows = next((whole[key] for key in LISTS if isinstance(whole.get(key), list)), [whole])
    for place, row in enumerate(rows, 1):
        if isinstance(row, dict) and isinstance(row.get("row"), dict):  # as a hub's viewer gives it
            row = row["row"]  # noqa: PLW2901
        if not isinstance(row, dict):
            raise UsageError(
                tr("{path}, question {place}: it is not a JSON object.", path=path, place=place)
            )
        yield place, row


def _parquet(path: Path) -> list[Row]:
    """The rows of a Parquet file, by a library that is loaded only for that."""
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise UsageError(
            tr(
                "{path} is a Parquet file, and what reads those is not installed: in the folder of "
                "qchat, pip install '.[parquet]'",
                path=path,
            )
        ) from None
    try:
        rows: list[Row] = parquet.read_table(path).to_pylist()
    except (OSError, ValueError) as error:  # pyarrow's own errors are of these kinds
        raise UsageError(
            tr("{path} cannot be read as Parquet: {error}", path=path, error=error)
        ) from error
    return rows


def _lines(path: Path, text: str) -> Iterator[tuple[int, Row]]:
    # JSON texts may hold what str.splitlines takes for the end of a line, as U+2028.
    for place, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(
                tr(
                    "{path}, line {place}: it is not JSON ({error}).",
                    path=path,
                    place=place,
                    error=error,
                )
            ) from error
        if not isinstance(row, dict):
            raise UsageError(
                tr("{path}, line {place}: it is not a JSON object.", path=path, place=place)
            )
        yield place, row


def _why(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)
