"""What stands in a kernel's namespace, asked for without a run of its own.

The question is code that the kernel runs, and the answer is text that hostile code may have forged.
"""

import ast

import msgspec

MAX_VARIABLES = 500
"""Most variables that are listed; a panel shows no more, and code can make millions."""


def altered(names: frozenset[str]) -> str:
    """The question whether one of these names has a meaning, or what is run is rewritten first."""
    shell = "__import__('IPython').get_ipython()"
    return (
        f"bool({set(names)!r} & {{*{shell}.user_ns}}"
        f" or {shell}.input_transformers_post or {shell}.ast_transformers"
        f" or any(type(v).__name__ == 'Macro' for v in [*{shell}.user_ns.values()]))"
    )


class Variable(msgspec.Struct, frozen=True):
    """A variable; `shape` is "3 × 4" or a length, empty for what has neither; `size` in bytes."""

    name: str
    type: str
    shape: str = ""
    size: int = 0


# Only types that are known have their methods called: those of others may hang, print or lie.
_SOURCE = r"""
import json, sys, types

KNOWN = {"builtins", "collections", "array", "numpy", "pandas", "polars", "torch", "scipy"}
LEFT_OUT = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)

def size(value):
    for measure in (
        lambda: int(value.nbytes),
        lambda: int(value.memory_usage(deep=False)),
        lambda: int(value.memory_usage(deep=False).sum()),
        lambda: int(value.estimated_size()),
    ):
        try:
            return measure()
        except Exception:
            pass
    return sys.getsizeof(value)

def shape(value):
    found = getattr(value, "shape", None)
    if isinstance(found, tuple):
        return " × ".join(str(int(length)) for length in found)
    return str(len(value)) if hasattr(type(value), "__len__") else ""

def row(name, value):
    kind = type(value)
    if str(kind.__module__).partition(".")[0] not in KNOWN:
        return [name, kind.__qualname__, "", object.__sizeof__(value)]
    try:
        return [name, kind.__qualname__, shape(value), size(value)]
    except Exception:
        return [name, kind.__qualname__, "", object.__sizeof__(value)]

hidden = shell.user_ns_hidden
names = sorted(
    name
    for name, value in list(shell.user_ns.items())
    if isinstance(name, str)
    and not name.startswith("_")
    and not isinstance(value, LEFT_OUT)
    and not (name in hidden and hidden[name] is value)
)
answer = json.dumps([row(name, shell.user_ns[name]) for name in names[:LIMIT]])
"""

QUESTION = (
    "(lambda space: (__import__('builtins').exec("
    f"{_SOURCE.replace('LIMIT', str(MAX_VARIABLES))!r}, space), space['answer'])[1])"
    "({'shell': __import__('IPython').get_ipython()})"
)
"""One Python expression whose value is the list as JSON; it sets no name and prints nothing."""


def read(answer: str) -> list[Variable]:
    """Read the kernel's answer, the repr of the value; nonsense gives an empty list."""
    try:
        text = ast.literal_eval(answer)
        rows = msgspec.json.decode(text, type=list[tuple[str, str, str, int]])
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, msgspec.MsgspecError):
        return []
    return [
        Variable(name[:200], kind[:200], shape[:100], max(size, 0))
        for name, kind, shape, size in rows[:MAX_VARIABLES]
    ]
