"""A question and how its answer is graded, in no published set's shape."""

from typing import Any

import msgspec


class Exact(msgspec.Struct, frozen=True, tag="exact"):
    """One of these texts; case, spaces and marks at the ends do not count."""

    answers: tuple[str, ...]


class Numeric(msgspec.Struct, frozen=True, tag="numeric", omit_defaults=True):
    """A number, as text so that `3/4` and `12 km` can stand there."""

    answer: str
    tolerance: float = 1e-6
    """How far off it may be, as a share of the right one."""
    absolute: float = 0.0
    """How far off it may be in its own unit, where that is more."""


class Choice(msgspec.Struct, frozen=True, tag="choice"):
    """One of several options, named by its letter or by its text."""

    answer: str
    """The letter, from A."""
    options: tuple[str, ...]


class Pattern(msgspec.Struct, frozen=True, tag="pattern"):
    """A regular expression that the answer holds."""

    pattern: str


class CodeCase(msgspec.Struct, frozen=True, omit_defaults=True):
    """One test of a program: what it reads and what it must print, or arguments and result."""

    input: str
    output: str


class CodeTests(msgspec.Struct, frozen=True, tag="tests", omit_defaults=True):
    """Python that is run in the sandbox: asserts over the answer's code, or cases for it."""

    code: str = ""
    """Asserts that run after the answer's code."""
    cases: tuple[CodeCase, ...] = ()
    """Without `function` they go through standard input and output; with it, arguments are JSON
    values, one a line, and so is the result."""
    function: str = ""
    """The function that is called, also as a method of a class `Solution`."""
    timeout_s: float = 10.0


class Rubric(msgspec.Struct, frozen=True, tag="rubric", omit_defaults=True):
    """What a judge, another model or the same, goes by."""

    criteria: str
    reference: str = ""
    """A right answer, where there is one."""


class Pairwise(msgspec.Struct, frozen=True, tag="pairwise", omit_defaults=True):
    """No answer is right by itself: a judge says which of two modes' answers is better."""

    criteria: str = ""
    """What it goes by; empty: which answers the question more rightly and more fully."""


class WantedCall(msgspec.Struct, frozen=True):
    """A call that must be made; of each argument the values that are right."""

    name: str
    arguments: dict[str, tuple[Any, ...]]


class Calls(msgspec.Struct, frozen=True, tag="calls"):
    """The calls that the reply must make, in any order; none where it must make none."""

    calls: tuple[WantedCall, ...]


class States(msgspec.Struct, frozen=True, tag="states", omit_defaults=True):
    """Several turns, after each of which programs of the set's own must be in the right state."""

    turns: tuple[str, ...]
    """What the user says; empty where only more functions are there."""
    truth: tuple[tuple[str, ...], ...]
    """The right calls of each turn, as Python."""
    classes: dict[str, str]
    """The programs, and the modules in which they are."""
    config: dict[str, Any]
    """The state in which each begins."""
    programs: str
    """The folder of the modules."""
    long_context: bool = False
    missing: dict[str, tuple[str, ...]] = {}
    """Functions that are offered only from a turn on."""


Grader = Exact | Numeric | Choice | Pattern | CodeTests | Rubric | Pairwise | Calls | States


class OfferedTool(msgspec.Struct, frozen=True):
    """A tool that the question offers the model, which is never run."""

    name: str
    description: str
    parameters: dict[str, Any]


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is asked, and how the answer is graded."""

    id: str
    prompt: str
    grader: Grader
    topic: str = ""
    tools: tuple[OfferedTool, ...] = ()


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a grader says: whether it is right, what it read as the answer, and why."""

    right: bool
    read: str = ""
    why: str = ""
    judged: bool = True
    """False where nobody could tell: it is neither right nor wrong, and `why` says why."""
