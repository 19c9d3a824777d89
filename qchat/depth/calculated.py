"""What a run of Python calculated, told apart from what it only wrote out.

`print("x = 17")` runs and works, and shows nothing that the model did not say before.
"""

import ast
import re
from collections.abc import Iterator

import msgspec

_SHOWING = ("print", "display")
_NEAR = ("abs", "isclose", "allclose", "approx")


class Calculated(msgspec.Struct, frozen=True):
    """What a run calculated."""

    came: str
    """Its output, without the texts that the code wrote out as they stand in it; line by line."""
    names: str = ""
    """What the code calls things."""
    held: tuple[str, ...] = ()
    """Numbers that it asserted, or compared and found equal."""
    literal: tuple[str, ...] = ()
    """Numbers that it wrote out as they stand in it."""


def calculated(code: str, came: str) -> Calculated:
    """Read code and its output; code that cannot be read has calculated all of it."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Calculated(came)
    constants = _constants(tree)
    stand = [c for each in _written(tree) for c in _as_they_stand(each, constants)]
    texts = {line.strip() for text in stand if isinstance(text, str) for line in text.splitlines()}
    rest = came
    for text in sorted(texts, key=len, reverse=True):
        if any(map(str.isalnum, text)):
            rest = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", " ", rest)
    return Calculated(
        rest,
        " ".join(_names(tree)),
        tuple(str(n) for test in _tests(tree, came, constants) for n in _numbers(test)),
        tuple(str(n) for n in stand if type(n) in (int, float)),
    )


def _constants(tree: ast.AST) -> dict[str, ast.expr]:
    """Names that are given a constant, and nothing else anywhere."""
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not _loads(n)]
    return {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and stored.count(target.id) == 1
    }


def _loads(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _written(tree: ast.Module) -> Iterator[ast.expr]:
    """What is printed, and what stands last, which is shown too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in _SHOWING:
            yield from node.args
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        yield last.value


def _as_they_stand(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[object]:
    """The constants that are written out without anything being done to them."""
    match node:
        case ast.Constant():
            yield node.value
        case ast.Name() if node.id in constants:
            yield from _as_they_stand(constants[node.id], {})
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            yield -value
        case ast.JoinedStr():
            for part in node.values:
                yield from _as_they_stand(part, constants)
        case ast.FormattedValue():
            yield from _as_they_stand(node.value, constants)
        case ast.List() | ast.Tuple() | ast.Set():
            for element in node.elts:
                yield from _as_they_stand(element, constants)
        case _:
            pass


def _tests(tree: ast.AST, came: str, constants: dict[str, ast.expr]) -> Iterator[ast.expr]:
    """What was asserted, and what was compared where the run says that all of it is so."""
    holds = "True" in came and "False" not in came
    for node in ast.walk(tree):
        test: ast.expr | None = None
        if isinstance(node, ast.Assert) and _means_equal(node.test):
            test = node.test
        elif holds and isinstance(node, ast.Compare) and _equals(node):
            test = node
        if test is not None and _computes(test, constants):
            yield test


def _means_equal(test: ast.expr) -> bool:
    """Whether a test holds for what it names alone."""
    inner = list(ast.walk(test))
    if any(isinstance(node, ast.Not | ast.Or) for node in inner):
        return False
    near = any(isinstance(n, ast.Call) and _name(n.func) in _NEAR for n in inner)
    compared = [node for node in inner if isinstance(node, ast.Compare)]
    return near or (bool(compared) and all(map(_equals, compared)))


def _equals(node: ast.Compare) -> bool:
    return all(isinstance(op, ast.Eq | ast.In | ast.Is) for op in node.ops)


def _computes(node: ast.expr, constants: dict[str, ast.expr]) -> bool:
    return any(
        isinstance(inner, ast.Name) and inner.id not in constants for inner in ast.walk(node)
    )


def _numbers(node: ast.expr) -> Iterator[int | float]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, int | float):
            yield inner.value


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name():
                yield node.id
            case ast.Attribute():
                yield node.attr
            case ast.FunctionDef() | ast.ClassDef() | ast.alias():
                yield node.name
            case _:
                pass
