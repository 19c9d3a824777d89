"""What people compute in a notebook, through a real kernel; each answer is worked out by hand.

The expected text is what the model reads. One kernel runs them all in this order, as a user would.
"""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from qchat_tools.kernel.kernel import Kernel
from qchat_tools.kernel.process import LOST_AFTER_S
from qchat_tools.parts import FilePart, ImagePart, Part, TablePart, TextPart, as_text
from qchat_tools.sandbox.sandbox import find_sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kernel]:
    folder = tmp_path_factory.mktemp("everyday")
    kernel = Kernel(
        folder / "work", files_dir=folder / "files", sandbox=find_sandbox("auto"), timeout_s=60
    )
    yield kernel
    await kernel.aclose()


@pytest.fixture(scope="module")
def ran() -> set[str]:
    """Names of the snippets that this worker's kernel has run."""
    return set()


async def run(kernel: Kernel, code: str) -> list[Part]:
    return [part async for part in kernel.execute(code)]


def failed(parts: list[Part]) -> bool:
    return any(isinstance(part, TextPart) and part.stream == "error" for part in parts)


class Like(NamedTuple):
    """A pattern that the text must match from its first letter to its last."""

    pattern: str


SNIPPETS: dict[str, tuple[str, str | Like]] = {
    # numbers
    "a sum": ("127 * 45", "5715"),
    "integers of any size": ("2 ** 100", "1267650600228229401496703205376"),
    "a factorial by its digits": (
        "import math; sum(map(int, str(math.factorial(100))))",
        "648",
    ),
    "halves are rounded to even": ("round(2.5), round(3.5)", "(2, 4)"),
    "fractions": (
        "from fractions import Fraction; Fraction(1, 3) + Fraction(1, 6)",
        "Fraction(1, 2)",
    ),
    "decimals": ("from decimal import Decimal; Decimal('0.1') + Decimal('0.2')", "Decimal('0.3')"),
    "complex numbers": ("(1 + 2j) * (3 - 1j)", "(5+5j)"),
    "an integer with more digits than are printed": (
        "10 ** 5000",
        Like(
            r"Error: ValueError: Exceeds the limit \(4300 digits\) for integer string conversion.*"
        ),
    ),
    "statistics": ("import statistics; statistics.median([3, 1, 4, 1, 5])", "3"),
    "base conversion": ("hex(255), bin(10), int('zz', 36)", "('0xff', '0b1010', 1295)"),
    # modules of one's own
    "a module that was just written": (
        "open('areas.py', 'w').write('def square(a): return a * a')\n"
        "import areas; areas.square(12)",
        Like(r"144\n\[new file: areas\.py, \d+ bytes\]"),
    ),
    "a package that was just written": (
        "import os; os.makedirs('shapes/flat', exist_ok=True)\n"
        "open('shapes/flat/circle.py', 'w').write('EDGES = 0')\n"
        "from shapes.flat import circle; circle.EDGES",
        Like(r"0\n\[new file: .*circle\.py, \d+ bytes\]"),
    ),
    "a file named like a module of Python's": (
        "open('statistics.py', 'w').write('median = None')\n"
        "import statistics; statistics.median([3, 1, 2])",
        Like(r"2\n\[new file: statistics\.py, \d+ bytes\]"),
    ),
    # text
    "print with sep and end": ("print(1, 2, sep='-', end='!')", "1-2!"),
    "text of other scripts": ("print('你好', 'Привет', 'سلام', '🎉')", "你好 Привет سلام 🎉"),
    "an emoji and its length": ("len('👩‍👩‍👧')", "5"),
    "half an emoji": ("print('\\ud83d and more')", "\ufffd and more"),
    "bytes": ("bytes(range(4)) + 'é'.encode()", "b'\\x00\\x01\\x02\\x03\\xc3\\xa9'"),
    "a format": ("f'{1234567.891:,.2f} {0.25:.0%} {255:#x}'", "'1,234,567.89 25% 0xff'"),
    "a regular expression": ("import re; re.findall(r'\\d+', 'a1b22c333')", "['1', '22', '333']"),
    "a multi-line text": ("print('''a\n  b\nc''')", "a\n  b\nc"),
    "coloured text": ("print('\\x1b[1;31mred\\x1b[0m plain')", "red plain"),
    "text to standard error": ("import sys; print('careful', file=sys.stderr)", "careful"),
    "a line that is written anew": (
        "for i in range(3): print(f'\\r{i} of 2', end='')\nprint()",
        "2 of 2",
    ),
    # values
    "nothing": ("None", "(no output)"),
    "a semicolon hides the value": ("5;", "(no output)"),
    "the last value": ("6 * 7", "42"),
    "the value before": ("_ + 1", "43"),
    "several displays": (
        "from IPython.display import display\ndisplay(1, 'two')\n3",
        "1\n'two'\n3",
    ),
    "a long list is wrapped": ("list(range(30))[-1], len(str(list(range(1000))))", "(29, 4890)"),
    "a set and a dictionary": ("{'b': {1}, 'a': [2]}", "{'b': {1}, 'a': [2]}"),
    "a data class": (
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    y: int = 2\nP(1)",
        "P(x=1, y=2)",
    ),
    "an enum": ("from enum import Enum\nclass C(Enum):\n    RED = 1\nC.RED", "<C.RED: 1>"),
    "a generator": ("sum(x * x for x in range(10))", "285"),
    "a class without a repr": ("class A: pass\nA()", Like(r"<__main__\.A at 0x[0-9a-f]+>")),
    "dates": (
        "import datetime as dt; (dt.date(2024, 3, 1) - dt.date(2024, 2, 1)).days",
        "29",
    ),
    "a time zone": (
        "from zoneinfo import ZoneInfo\n"
        "dt.datetime(2024, 7, 1, 12, tzinfo=ZoneInfo('Asia/Shanghai')).utcoffset().seconds // 3600",
        "8",
    ),
    "sorting and grouping": (
        "from itertools import groupby\n"
        "{k: len(list(g)) for k, g in groupby(sorted('abracadabra'))}",
        "{'a': 5, 'b': 2, 'c': 1, 'd': 1, 'r': 2}",
    ),
    "recursion with a cache": (
        "from functools import cache\n@cache\n"
        "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\nfib(90)",
        "2880067194370816120",
    ),
    "pattern matching": (
        "match {'kind': 'point', 'at': [1, 2]}:\n"
        "    case {'kind': 'point', 'at': [x, y]}: print(x + y)",
        "3",
    ),
    # errors
    "an exception with its line": (
        "def half(x):\n    return x / 0\n\nhalf(1)",
        "Error: ZeroDivisionError: division by zero\nline 2: return x / 0",
    ),
    "a wrong name": ("nme", "Error: NameError: name 'nme' is not defined\nline 1: nme"),
    "a syntax error": (
        "for i in range(3) print(i)",
        Like(r"Error: SyntaxError: .*\nline 1: for.*"),
    ),
    "wrong indentation": (
        "if True:\nprint(1)",
        Like(r"Error: IndentationError: expected an indented block.*\nline 2: print\(1\)"),
    ),
    "an exception from another": (
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('outer') from e",
        "Error: ValueError: outer\nline 4: raise ValueError('outer') from e",
    ),
    "a group of exceptions": (
        "raise ExceptionGroup('both', [ValueError('a'), TypeError('b')])",
        Like(
            r"(?s).*ValueError: a.*TypeError: b.*Error: ExceptionGroup: both \(2 sub-exceptions\)"
        ),
    ),
    "recursion without an end": (
        "def f(n): return f(n + 1)\nf(0)",
        Like(r"Error: RecursionError: maximum recursion depth exceeded.*\nline 1: .*"),
    ),
    "a repr that fails": (
        "class B:\n    def __repr__(self): raise RuntimeError('no repr')\nB()",
        Like(r"Error: RuntimeError: no repr\nline 2: .*"),
    ),
    "an assertion": ("assert 1 == 2, 'sums'", Like(r"Error: AssertionError: sums\nline 1: .*")),
    "sys.exit": ("import sys; sys.exit(3)", Like(r"(?s)Error: SystemExit: 3.*")),
    "an interrupt of one's own": ("raise KeyboardInterrupt", Like("Error: KeyboardInterrupt\n.*")),
    "a warning": (
        "import warnings; warnings.warn('careful')",
        Like(r"(?s).*UserWarning: careful\n.*"),
    ),
    "logging": (
        "import logging; logging.warning('low on %s', 'tea')",
        "WARNING:root:low on tea",
    ),
    "input where nobody can answer": ("input('Name? ')", Like(r"(?s)Error: StdinNotImplemented.*")),
    # what IPython adds
    "help by a question mark": (
        "len?",
        "Signature: len(obj, /)\nDocstring: Return the number of items in a container.\n"
        "Type:      builtin_function_or_method",
    ),
    "the source by two": ("half??", Like(r"(?s).*Source:\s+def half\(x\):\n    return x / 0.*")),
    "help()": ("help(len)", Like(r"(?s)Help on built-in function len.*number of items.*")),
    "a shell command": ("!echo from the shell", "from the shell"),
    "a shell command that fails": ("!exit 3\n_exit_code", "3"),
    "its output in a variable": ("lines = !printf 'a\\nb'\nlines", "['a', 'b']"),
    "a cell for bash": ("%%bash\necho in bash", "in bash"),
    "timing a line": ("%timeit -n 10 -r 1 1 + 1", Like(r"[\d.]+ .?s ± .* per loop.*")),
    "timing a cell": ("%%time\nsum(range(10))", Like(r"(?s)CPU times: .*Wall time: .*45")),
    "an unknown magic": ("%nope", Like(r"(?s).*Error: .*`%nope` not found.*")),
    "the history of values": ("type(Out).__name__, In[-1][:9]", "('dict', 'type(Out)')"),
    "who is there": ("%who_ls dataclass", "[]"),
    "await at the top": ("import asyncio\nawait asyncio.sleep(0, 'awaited')", "'awaited'"),
    "an async function": (
        "async def two():\n    await asyncio.sleep(0)\n    return 2\n"
        "await asyncio.gather(two(), two())",
        "[2, 2]",
    ),
    "asyncio.run is refused as in Jupyter": (
        "asyncio.run(asyncio.sleep(0))",
        Like(r"(?s).*RuntimeError: asyncio.run\(\) cannot be called from a running event loop.*"),
    ),
    # processes, threads, files
    "a thread pool": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "list(ThreadPoolExecutor(3).map(abs, [-1, -2, 3]))",
        "[1, 2, 3]",
    ),
    "processes by fork": (
        "import multiprocessing as mp\ndef square(x): return x * x\n"
        "with mp.get_context('fork').Pool(2) as pool: print(pool.map(square, range(4)))",
        "[0, 1, 4, 9]",
    ),
    "a child process": (
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'print(6 * 7)'], capture_output=True).stdout",
        "b'42\\n'",
    ),
    "a child that prints by itself": (
        "import os; os.system('echo by itself')",
        Like(r"by itself\n0|0\nby itself\n?"),
    ),
    "a thread that prints later": (
        "import threading, time\n"
        "t = threading.Thread(target=lambda: (time.sleep(.3), print('late')))\n"
        "t.start(); print('now')",
        "now",
    ),
    "what it printed": ("t.join(); print('joined')", Like(r"(?s)(\[printed .*\]\n)?late\njoined")),
    "a file": (
        "with open('data.txt', 'w') as f: f.write('a,b\\n1,2\\n')",
        "[new file: data.txt, 8 bytes]",
    ),
    "and what is in it": (
        "import csv; list(csv.DictReader(open('data.txt')))",
        "[{'a': '1', 'b': '2'}]",
    ),
    "a database": (
        "import sqlite3\ndb = sqlite3.connect(':memory:')\ndb.execute('create table t (n)')\n"
        "db.executemany('insert into t values (?)', [(n,) for n in range(5)])\n"
        "db.execute('select sum(n) from t').fetchone()",
        "(10,)",
    ),
    "shared memory": (
        "from multiprocessing.shared_memory import SharedMemory\n"
        "m = SharedMemory(create=True, size=8); m.buf[0] = 7; print(m.buf[0])\n"
        "m.close(); m.unlink()",
        "7",
    ),
    "JSON": ("import json; json.loads('{\"a\": [1, null]}')", "{'a': [1, None]}"),
    # rich values
    "Markdown": ("from IPython.display import *\nMarkdown('# Title')", "# Title"),
    "LaTeX": ("Math(r'\\frac{1}{2}')", "$\\displaystyle \\frac{1}{2}$"),
    "HTML": ("HTML('<p>read <b>this</b></p>')", "read this"),
    "a table of HTML": (
        "HTML('<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>')",
        "a | b\n1 | 2",
    ),
    "a page with several things on it": (
        "HTML('<h2>Sales</h2><table><tr><th>a<th>b<tr><td>1<td>2</table>'\n"
        "     '<ul><li>up<li>down</ul><pre>if x:\\n  y</pre>')",
        "Sales\na | b\n1 | 2\n- up\n- down\nif x:\n  y",
    ),
    "what is written in a drawing": (
        'SVG(\'<svg xmlns="http://www.w3.org/2000/svg"><text y="9">12 % more</text></svg>\')',
        Like(r"(?s).*12 % more.*"),
    ),
    "JSON to look at": ("JSON({'a': [1, 2]})", '{"a": [1, 2]}'),
    "a page that is not loaded": (
        "IFrame('https://a.example/', 1, 1)",
        "[page https://a.example/]",
    ),
    "an update of a display": (
        "shown = display('old', display_id=True); shown.update('new')",
        "'new'",
    ),
    "cleared output": ("for i in range(3):\n    clear_output(wait=True)\n    print(i)", "2"),
    "a progress bar": (
        "from tqdm import tqdm\nfor i in tqdm(range(3), ncols=40): pass",
        Like(r"100%\|█+\| 3/3 \[.*\]"),
    ),
    "bars within a bar": (
        "for i in tqdm(range(2), ncols=40):\n"
        "    for j in tqdm(range(2), ncols=40, leave=False): pass",
        Like(r"100%\|█+\| 2/2 \[.*\]"),
    ),
}


async def test_there_are_enough_of_them() -> None:
    assert len(SNIPPETS) >= 60


@pytest.mark.parametrize("name", SNIPPETS)
async def test_an_ordinary_snippet(name: str, kernel: Kernel, ran: set[str]) -> None:
    code, expected = SNIPPETS[name]
    for earlier in itertools.takewhile(lambda other: other != name, SNIPPETS):
        if earlier not in ran:  # another worker has it: this one's kernel needs it all the same
            ran.add(earlier)
            await run(kernel, SNIPPETS[earlier][0])
    ran.add(name)
    parts = await run(kernel, code)
    told = as_text(parts)
    match expected:
        case Like(pattern):
            assert re.fullmatch(pattern, told), told
            assert failed(parts) == ("Error: " in pattern), told
        case _:
            assert told == expected
            assert failed(parts) == expected.startswith("Error: ")


async def test_exit_ends_the_kernel_as_in_jupyter_and_the_next_run_works(kernel: Kernel) -> None:
    await run(kernel, "kept = 1")
    told = as_text(await run(kernel, "print('before')\nexit()"))
    assert told == "before\n[the code has ended its Python kernel: all variables are gone]"
    assert as_text(await run(kernel, "'kept' in globals()")) == "False"
    await run(kernel, "kept = 2")
    assert as_text(await run(kernel, "exit(keep_kernel=True)")) == "(no output)"
    assert as_text(await run(kernel, "kept")) == "2"


SILENT = """
import time
began = time.monotonic()
while time.monotonic() - began < {busy}: pass
time.sleep({seconds} - {busy})
kept = {seconds}
"""
"""Computes, waits, prints nothing, and ends with nothing: what a whole class of programs does."""


@pytest.mark.parametrize("seconds", [5, pytest.param(90, marks=pytest.mark.slow)])
async def test_a_run_that_says_nothing_keeps_its_variables(seconds: int, tmp_path: Path) -> None:
    kernel = Kernel(tmp_path / "w", files_dir=tmp_path, sandbox=find_sandbox("auto"), timeout_s=200)
    busy = min(seconds, LOST_AFTER_S + 5)
    try:
        silent = SILENT.format(seconds=seconds, busy=busy)
        assert as_text(await run(kernel, silent)) == "(no output)"
        assert as_text(await run(kernel, "kept")) == str(seconds)
    finally:
        await kernel.aclose()


async def test_stop_timeout_and_death_of_a_silent_run_are_told_apart(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path / "w", files_dir=tmp_path, sandbox=find_sandbox("auto"), timeout_s=4)
    try:
        await run(kernel, "kept = 1")
        running = asyncio.ensure_future(run(kernel, "print('on', flush=True)\nwhile True: pass"))
        parts = kernel.execute("1")  # waits for its turn
        assert as_text(await running).endswith(
            "Error: stopped after the time limit of 4 s (python.timeout_s)"
        )
        assert as_text([part async for part in parts]) == "1"
        stopped = kernel.execute("print('on', flush=True)\nwhile True: pass")
        await anext(stopped)
        await anext(stopped)
        await kernel.interrupt()
        assert as_text([part async for part in stopped]).startswith("Error: KeyboardInterrupt")
        assert as_text(await run(kernel, "kept")) == "1"
        died = as_text(await run(kernel, "import os, time\ntime.sleep(.5)\nos._exit(3)"))
        assert died == "Error: the Python kernel died (exit status 3); all its variables are gone"
        assert as_text(await run(kernel, "'kept' in globals()")) == "False"
    finally:
        await kernel.aclose()


FRAME = """import pandas as pd
df = pd.DataFrame({'city': ['Rome', 'Oslo', 'Rome'], 'n': [1, 2, 3]})
df"""


async def test_tables_pictures_and_files_reach_the_user_and_say_something_to_the_model(
    kernel: Kernel,
) -> None:
    parts = await run(kernel, FRAME)
    (table,) = (part for part in parts if isinstance(part, TablePart))
    assert (table.head, table.rows[0]) == (("", "city", "n"), ("0", "Rome", "1"))
    assert as_text(parts) == "   city  n\n0  Rome  1\n1  Oslo  2\n2  Rome  3"
    assert as_text(await run(kernel, "print(df.groupby('city').n.sum()['Rome'])")) == "4"
    assert as_text(await run(kernel, "df.style.format(precision=1)")).startswith(
        " | city | n\n0 | "
    )
    wide = as_text(await run(kernel, "pd.DataFrame([[0] * 60])"))
    assert "[1 rows x 60 columns]" in wide or "..." in wide
    plot = (
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('Rise'); plt.xlabel('year')\n"
    )
    parts = await run(kernel, f"{plot}plt.show()\nplt.savefig('rise.png')")
    (picture,) = (part for part in parts if isinstance(part, ImagePart))
    assert picture.media_type == "image/png"
    assert "Rise" in as_text(parts)
    assert "x: year" in as_text(parts)
    assert [part.name for part in parts if isinstance(part, FilePart)] == ["rise.png"]


@pytest.mark.slow
async def test_much_of_everything_leaves_the_interface_free(tmp_path: Path) -> None:
    """300,000 files in the folder, and 150 MB in one print: what else waits is looked at."""
    kernel = Kernel(tmp_path / "w", files_dir=tmp_path, sandbox=find_sandbox("auto"), timeout_s=300)
    try:
        await run(kernel, "import os\nos.mkdir('many')")
        many = "for n in range(300_000): open(f'many/{n}', 'w').close()"
        told = as_text(await run(kernel, many))
        assert "more new files]" in told
        assert as_text(await run(kernel, "len(os.listdir('many'))")).startswith("300000")
        assert len(await kernel.files()) == 1000
        told = as_text(await run(kernel, "print('x' * 150_000_000)"))
        assert "printed more than can be kept" in told
        assert as_text(await run(kernel, "6 * 7")).endswith("42")
    finally:
        await kernel.aclose()
