"""What may run without a sandbox and without a question: nothing that reaches out."""

import ast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from IPython.core.inputtransformer2 import TransformerManager

from qchat_tools.kernel.arithmetic import is_plain_arithmetic

PLAIN = [
    "print(127 * 45)",
    "2 ** 10",
    "import math\nmath.sqrt(2) + math.pi",
    "from math import sqrt, pi\nprint(sqrt(2), pi)",
    "a, b = 3, 4\na += b\nprint(f'{a:.2f} {b!r}', sep=' ')",
    "total = 0\nfor i in range(10):\n    if i % 2:\n        total += i\nprint(total)",
    "for _ in range(3):\n    print('a' * 3)",
    "sorted([3, 1, 2], key=abs, reverse=True)",
    "[x * y for x in range(3) for y in range(3) if x != y]",
    "{'a': 1}['a'] if 1 < 2 else (1, 2)[0:1]",
    "divmod(7, 2), round(2.5), max(1, 2), int('3', base=4)",
    "x = 5\nwhile x > 0:\n    x -= 1\n    continue",
    "'\\d'",
    "x = 1\nif x:\n    y = 2\nelse:\n    y = 3\nprint(y)",
    "for i in range(3):\n    y = i\n    print(y)",
    "{x: y for x in [1] for y in [x]}",
]

REACHING = [
    "y = '''\n>>> '''\n... %sx @x ;touch /tmp/made ;cat /etc/hostname",
    "x = '''\n!id\n'''",
    "x = '''\n%ls\n'''",
    "x = 'a\u2028>>> b'",
    "x = 'a\x0c!id'",
    "x = '''\nIn [1]: id\n'''",
    "x = '''\nlen?\n'''",
    "...",
    "x = x + 1",
    "x += 1",
    "if 0:\n    x = 1\nx + 1",
    "if 0:\n    x = 1\nelse:\n    y = 1\nx + 1",
    "for x in []:\n    pass\nx / 'etc'",
    "while 0:\n    x = 1\nx + 1",
    "[x for x in [1]]\nx + 1",
    "[y for y in x]",
    "x[0] = 1",
    "x, y = 1, z",
    "math.sqrt(2)",
    "print(x)\nx = 1",
    "import os",
    "import math, os",
    "import math as sys",
    "from math import *",
    "from os import system",
    "from .math import sqrt",
    "open('/etc/passwd')",
    "__import__('os').system('id')",
    "eval('1')",
    "().__class__.__base__.__subclasses__()",
    "math.__loader__",
    "import math\nmath.__loader__.load_module('os')",
    "import math\nmath.pi.real",
    "import math\nmath = 3",
    "import math\nmath.pi = 3",
    "sorted(['/etc/passwd'], key=open)",
    "if 0: system = 1\nsorted(['id'], key=system)",
    "if 0: f = 1\nprint('x', file=f)",
    "if 0: f = 1\nf('x')",
    "sorted([1], **{'key': open})",
    "print = 3",
    "_ih = 3",
    "__builtins__ = 3",
    "secret",
    "print(secret)",
    "lambda: 1",
    "def f(): pass",
    "class A: pass",
    "'{0.__class__}'.format(1)",
    "f'{1 .__class__}'",
    "getattr(1, 'real')",
    "input()",
    "exit()",
    "get_ipython()",
    "(x := 5)",
    "del x",
    "try:\n    1\nexcept Exception:\n    2",
    "with open('x') as f: pass",
    "!ls",
    "%pwd",
    "%%bash\nls",
    "ls",
    "x?",
    "print(1",
    "await f()",
    "global x\nx = 1",
    "\0",
    "(" * 10_000,
    "-" * 100_000 + "1",
]


@pytest.mark.parametrize("code", PLAIN)
def test_computing_and_printing_is_plain(code: str) -> None:
    assert is_plain_arithmetic(code)


@pytest.mark.parametrize("code", REACHING, ids=lambda code: code[:40])
def test_everything_else_is_not(code: str) -> None:
    assert not is_plain_arithmetic(code)


NAMES = st.sampled_from(["print", "open", "x", "math", "os", "__class__", "eval", "key", "sqrt"])
SNIPPETS = st.recursive(
    st.integers(0, 99).map(str) | NAMES | NAMES.map(repr),
    lambda inner: (
        st.builds("({} + {})".format, inner, inner)
        | st.builds("{}.{}".format, NAMES, NAMES)
        | st.builds("{}({})".format, NAMES, inner)
        | st.builds("{}[{}]".format, NAMES, inner)
        | st.builds("sorted([{}], key={})".format, inner, NAMES)
        | st.builds("[{} for x in {}]".format, inner, inner)
    ),
    max_leaves=8,
)


@given(SNIPPETS)
def test_what_is_plain_names_nothing_dangerous(code: str) -> None:
    if is_plain_arithmetic(code):
        nodes = list(ast.walk(ast.parse(code)))
        names = {n.id for n in nodes if isinstance(n, ast.Name)}
        assert not names & {"open", "os", "eval", "__class__", "math", "key", "sqrt"}
        assert not any(isinstance(n, ast.Attribute) for n in nodes)


@given(st.text())
def test_any_text_is_judged_without_an_error(code: str) -> None:
    is_plain_arithmetic(code)


REWRITTEN = ["%ls", "!id", ">>> ", "... ", "In [1]: ", "...: ", "[1]: ", "?", ",a b", ";a", "/a"]
REWRITTEN += ["[nav] In [1]: ", "[ins] In [2]: ", " In [3]: "]
PIECES = [
    "x = 1",
    "x = '",
    "x = '''",
    "'",
    "'''",
    "\n",
    "\u2028",
    "\x0c",
    "\r",
    " ",
    "\\",
    "(",
    ")",
]
PIECES += REWRITTEN


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES)).map("".join))
@example("x = '''\n>>> '''\n... %ls")
@example("x = '''\n[nav] In [1]: '''")
def test_what_is_plain_runs_as_it_was_judged(code: str) -> None:
    """By the transformers of IPython itself, which the kernel lets loose on what it is sent."""
    if is_plain_arithmetic(code) and code.strip():  # of blanks, IPython leaves less
        blank = code.lstrip("\n")
        assert TransformerManager().transform_cell(code).rstrip("\n") == blank.rstrip("\n")


@pytest.mark.parametrize("code", PLAIN)
def test_ordinary_arithmetic_is_left_as_it_is(code: str) -> None:
    assert TransformerManager().transform_cell(code) == code.rstrip("\n") + "\n"
