"""Code that can do nothing but compute: it needs no permission where there is no sandbox."""

import ast
import builtins
import math
import re
import warnings
from collections.abc import Sequence

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

    It reads only names that it has set before, a few built-in functions and `math`: what stands in
    the kernel from earlier runs, files, attributes and modules are out of its reach. Whether one of
    the functions means something else by now, only the kernel knows: see `functions_used`. And it
    is run exactly as it stands: IPython has nothing in it to rewrite.
    """
    if not _runs_as_written(code):
        return False
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(code)
            nodes = list(ast.walk(tree))
            reach = _Reach()
            reach.visit(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    own = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    if any(map(_is_taken, own - {"_"})):
        return False
    imported = set[str]().union(*map(_math_names, nodes))
    return not reach.beyond and all(_is_harmless(node, own, imported) for node in nodes)


_REWRITTEN = re.compile(
    r"""\s*(?:
        >>> | \.\.\. | In\s*\[ | \[?\d*\]?:  # prompts, taken away within strings too
        | \[(?:nav|ins)\]  # before such a prompt, in the editing mode of vi
        | [%!?,;/@]  # magics, shells, help, calls without brackets
    )""",
    re.VERBOSE,
)


def _runs_as_written(code: str) -> bool:
    """Tell whether IPython runs code as it stands: what it rewrites is not what was judged.

    It rewrites lines by how they begin or end, those within a string too. Which characters end a
    line it sees differently from Python, so those that only one of them knows are not let through.
    """
    lines = code.split("\n")
    if code.splitlines() != (lines if lines[-1] else lines[:-1]):
        return False
    if lines[0] != lines[0].lstrip():
        return False
    return not any(_REWRITTEN.match(line) or line.rstrip().endswith("?") for line in lines)


def functions_used(code: str) -> frozenset[str]:
    """The built-in functions that plain arithmetic names."""
    nodes = ast.walk(ast.parse(code))
    return frozenset(n.id for n in nodes if isinstance(n, ast.Name) and n.id in _FUNCTIONS)


class _Reach(ast.NodeVisitor):
    """Follows code in the order in which it runs, and notes whether it reads what it has not set.

    What is set in one branch only, or in a loop that may not run, does not count as set after it:
    the name could stand for something that was there before, whose operators do as they like.
    """

    def __init__(self) -> None:
        self.beyond = False
        self._set: frozenset[str] = _FUNCTIONS

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._set |= {node.id}
        elif node.id not in self._set:
            self.beyond = True

    def visit_Import(self, node: ast.Import) -> None:
        self._set |= _math_names(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._set |= _math_names(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._in_order(node.value, *node.targets)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and node.target.id not in self._set:
            self.beyond = True
        self._in_order(node.value, node.target)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        either, other = self._after(node.body), self._after(node.orelse)
        self._set |= either & other

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self._after(node.body)
        self._after(node.orelse)

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._after([node.target, *node.body])
        self._after(node.orelse)

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._comprehension(node.generators, node.elt)

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self._comprehension(node.generators, node.elt)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self._comprehension(node.generators, node.elt)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._comprehension(node.generators, node.key, node.value)

    def _comprehension(self, loops: list[ast.comprehension], *values: ast.expr) -> None:
        self._after([n for g in loops for n in (g.iter, g.target, *g.ifs)] + list(values))

    def _in_order(self, *nodes: ast.AST) -> None:
        for node in nodes:
            self.visit(node)

    def _after(self, nodes: Sequence[ast.AST]) -> frozenset[str]:
        """What is set after these; for what comes next it is as if they had not run."""
        before = self._set
        self._in_order(*nodes)
        after, self._set = self._set, before
        return after


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
        case _:
            pass
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
