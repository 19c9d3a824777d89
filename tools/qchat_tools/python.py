"""The tool that computes: code goes to the session's kernel, what it printed comes back."""

import ast
import builtins
import contextlib
import math
import warnings
from collections.abc import AsyncGenerator

import msgspec

from qchat_tools.base import Call, ToolError, parse, spec
from qchat_tools.kernel import Kernel
from qchat_tools.parts import Part


class PythonArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a call of the tool must say."""

    code: str


class PythonTool:
    """Runs code in the kernel that the user works in too; asks first where no sandbox holds it."""

    spec = spec(
        "python",
        "Run Python code in a Jupyter kernel and get what it printed and the value of its last "
        "expression. Variables stay for the next call. Use it for every calculation.",
        PythonArguments,
    )
    taints = False

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Run the model's code; an exception in it is a part of stream "error".

        Raises ToolError for arguments that are wrong, a refusal, and a kernel that cannot start.
        """
        code = parse(PythonArguments, call.arguments).code
        _check(code)
        asks = self.kernel.sandbox is None and not is_plain_arithmetic(code)
        if asks and not await call.confirm(f"Run this Python code without a sandbox?\n{code}"):
            raise ToolError("the user did not allow this")
        async with contextlib.aclosing(self.kernel.execute(code)) as parts:
            async for part in parts:
                yield part

    def run_code(self, code: str) -> AsyncGenerator[Part, None]:
        """Run the user's own code, for which nothing is asked. Raises ToolError as `run` does."""
        _check(code)
        return self.kernel.execute(code)


def _check(code: str) -> None:
    if not code.strip():
        raise ToolError("there is no code to run: `code` is empty")
    if "\0" in code:
        raise ToolError("the code contains a null character, which Python does not allow")


_FUNCTIONS = frozenset(
    (
        *("abs", "all", "any", "bin", "bool", "chr", "complex", "dict", "divmod", "enumerate"),
        *("float", "hex", "int", "len", "list", "max", "min", "oct", "ord", "pow", "print"),
        *("range", "reversed", "round", "set", "sorted", "str", "sum", "tuple", "zip"),
    )
)
# Not `file`, which can be anything with a `write`; `key` is looked at by itself.
_KEYWORDS = frozenset(
    ("sep", "end", "flush", "start", "default", "ndigits", "base", "reverse", "strict", "key")
)
_MATH = frozenset(name for name in dir(math) if not name.startswith("_"))
_HARMLESS_NODES = (
    *(ast.Module, ast.Expr, ast.Assign, ast.AugAssign, ast.If, ast.For, ast.While, ast.Pass),
    *(ast.Break, ast.Continue, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp),
    *(ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Subscript, ast.Slice, ast.Starred),
    *(ast.JoinedStr, ast.FormattedValue, ast.expr_context, ast.comprehension),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
    *(ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)


def is_plain_arithmetic(code: str) -> bool:
    """Tell whether code can do nothing but compute and print, so that it needs no permission.

    It reads only names that it sets itself, a few built-in functions and `math`: what stands in the
    kernel from earlier runs, files, attributes and modules are out of its reach.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    own = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    if any(map(_is_taken, own - {"_"})):
        return False
    imported = set[str]().union(*map(_math_names, nodes))
    return all(_is_harmless(node, own, imported) for node in nodes)


def _is_taken(name: str) -> bool:
    return name == "math" or name.startswith("_") or hasattr(builtins, name)


def _math_names(node: ast.AST) -> set[str]:
    """The names that an import of `math`, or from it, makes known; other imports give none."""
    match node:
        case ast.Import(names=[ast.alias(name="math", asname=None)]):
            return {"math"}
        case ast.ImportFrom(module="math", level=0, names=names):
            if all(a.name in _MATH and a.asname is None for a in names):
                return {a.name for a in names}
    return set()


def _is_harmless(node: ast.AST, own: set[str], imported: set[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in own or name in imported or name in _FUNCTIONS
        case ast.Attribute(value=ast.Name(id="math"), attr=attribute, ctx=ast.Load()):
            return attribute in _MATH
        case ast.Call(func=ast.Name(id=name)):
            return name in _FUNCTIONS or (name in _MATH and name in imported)
        case ast.Call(func=ast.Attribute()):
            return True  # the attribute itself is looked at above
        case ast.keyword(arg="key", value=value):
            return isinstance(value, ast.Name) and value.id in _FUNCTIONS
        case ast.keyword(arg=name):
            return name in _KEYWORDS
        case ast.Import() | ast.ImportFrom():
            return bool(_math_names(node))
        case ast.alias():
            return True  # its import is looked at above
        case _:
            return isinstance(node, _HARMLESS_NODES)
