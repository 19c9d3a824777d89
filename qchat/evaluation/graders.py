"""Grades an answer by what the question says: read robustly, judged strictly.

Each grader reads one answer out of a reply, the one that its writer meant as final, and compares
that: it never looks whether the right answer stands somewhere in the text.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import regex

from qchat.evaluation.final_answer import (
    bold,
    boxed,
    candidates,
    last_line,
    letter,
    marked,
    same_text,
    stripped,
)
from qchat.evaluation.numbers import Number, number, numbers, same
from qchat.evaluation.question import Calls, Choice, Exact, Numeric, Pattern, Verdict, WantedCall
from qchat.protocol.event_values import ToolCall

MAX_SEARCH_S = 5.0
"""For an expression of a set, which may take for ever on what a model writes."""
_SHORT = 60
"""Characters; a bold piece that is longer is a heading or a sentence, not a number."""


def exact(grader: Exact, reply: str) -> Verdict:
    """Whether the reply gives one of the texts as its answer."""
    ways = candidates(reply)
    for way in ways:
        if any(same_text(wanted, way) for wanted in grader.answers):
            return Verdict(True, way)
    return Verdict(False, ways[0] if ways else "")


def numeric(grader: Numeric, reply: str) -> Verdict:
    """Whether the number that the reply gives is near enough."""
    given, wanted = final_number(reply), number(grader.answer)
    if wanted is None:
        return Verdict(False, "", f"the set gives no number: {grader.answer!r}")
    if given is None:
        return Verdict(False, "", "no number in the reply")
    right = same(wanted, given, tolerance=grader.tolerance, absolute=grader.absolute)
    return Verdict(right, f"{given.value:.12g}{'%' if given.percent else ''} {given.unit}".strip())


def final_number(reply: str) -> Number | None:
    """The number that a reply gives as its answer."""
    if (box := boxed(reply)) is not None and (found := number(_behind_equals(box))):
        return found
    if (behind := marked(reply)) and (listed := numbers(_behind_equals(behind))):
        return listed[0]
    if (thick := bold(reply)) and len(thick) <= _SHORT:
        listed = numbers(_behind_equals(thick))
        if len(listed) == 1 and not re.search(r"step|schritt|第|步", thick, re.I):
            return listed[0]
    return number(_behind_equals(last_line(reply))) or number(reply)


def _behind_equals(text: str) -> str:
    """What stands behind the last equals sign, where a number does."""
    behind = re.split(r"[=≈]", text)[-1]
    return behind if numbers(behind) else text


def choice(grader: Choice, reply: str) -> Verdict:
    """Whether the reply chooses the right option, by letter or by text."""
    chosen = letter(reply, grader.options)
    why = "" if chosen else "no option is chosen, or several are"
    return Verdict(chosen == grader.answer.strip().upper(), chosen, why)


def readable(expression: str) -> str:
    """An expression that can be searched for. Raises ValueError for another."""
    try:
        regex.compile(expression)
    except regex.error as error:
        raise ValueError(f"its pattern cannot be read: {error}") from error
    return expression


def pattern(grader: Pattern, reply: str) -> Verdict:
    """Whether the expression is found in the reply, as far as that can be told in time."""
    try:
        found = regex.search(
            grader.pattern, reply, regex.I | regex.M | regex.S, timeout=MAX_SEARCH_S
        )
    except TimeoutError:
        why = f"the expression was not found in {MAX_SEARCH_S:g} s"
        return Verdict(False, reply[:200], why, judged=False)
    return Verdict(found is not None, found[0][:200] if found else "")


def calls(grader: Calls, made: Sequence[ToolCall]) -> Verdict:
    """Whether the calls are those that are wanted, in any order and no others."""
    left = list(made)
    for wanted in grader.calls:
        fits = next((call for call in left if _is(wanted, call)), None)
        if fits is None:
            return Verdict(False, _listed(made), f"no call {wanted.name} as wanted")
        left.remove(fits)
    return Verdict(not left, _listed(made), "more calls than wanted" if left else "")


def _is(wanted: WantedCall, call: ToolCall) -> bool:
    if wanted.name != call.name or set(call.arguments) - set(wanted.arguments):
        return False
    return all(
        any(_fits(right, call.arguments.get(name, "")) for right in values)
        for name, values in wanted.arguments.items()
    )


def _fits(right: Any, given: Any) -> bool:
    """Whether an argument is what is wanted; an empty text stands for one that may be absent."""
    match right, given:
        case bool(), _:
            return given is right
        case ((int() | float()), (int() | float())):
            return not isinstance(given, bool) and float(right) == float(given)
        case (str(), str()):
            return _bare(right) == _bare(given)
        case (list() | tuple(), list() | tuple()):
            return len(right) == len(given) and all(map(_fits, right, given))
        case (dict(), dict()):
            return set(right) == set(given) and all(_inner(right[key], given[key]) for key in right)
        case _:
            return bool(right == given)


def _inner(right: Any, given: Any) -> bool:
    """As in a published answer, where the values inside an object are lists of right ones."""
    if isinstance(right, list):
        return any(_fits(one, given) for one in right) or _fits(right, given)
    return _fits(right, given)


def _bare(text: str) -> str:
    return re.sub(r"[\s,./\-_*^'\"]", "", text).casefold()


def _listed(made: Sequence[ToolCall]) -> str:
    return "; ".join(f"{call.name}({_arguments(call.arguments)})" for call in made)[:300]


def _arguments(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in arguments.items())


def code_in(reply: str) -> str:
    """The program that a reply gives: its last block of Python, or all of it where none is marked.

    Several blocks before are often drafts or examples of use.
    """
    blocks = re.findall(r"^[ \t]*```[ \t]*([\w+-]*)[^\n]*\n(.*?)^[ \t]*```", reply, re.M | re.S)
    python = [code for language, code in blocks if language.lower() in ("python", "py", "python3")]
    return next(iter((python or [code for _, code in blocks])[::-1]), stripped(reply))
