"""What code has defined, taken along from one kernel to another: the nearest thing to a fork.

A kernel cannot be forked: its threads and sockets do not survive that, and a copy would share the
sandbox and the folder. So what stands in its namespace is written to a file by the kernel itself,
and read by another one. What cannot be written is named. A pickle runs code when it is read: it is
read where the code that wrote it might run too, in a kernel, and never by qchat.

Both questions are code that a kernel runs; the answers are text that hostile code may have forged.
"""

import ast
import asyncio
import contextlib
import shutil
from pathlib import Path

import msgspec

from qchat_tools.kernel.launch import KernelEnvironment
from qchat_tools.kernel.link import LiveKernel

MAX_BYTES = 64 << 20
"""Of all values together: each trail gets a copy."""
MAX_NAMED = 40
"""Names that are told; the rest is counted."""
TIMEOUT_S = 20.0


class Taken(msgspec.Struct, frozen=True):
    """What goes along, and what does not, with the reason."""

    names: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()


# One file that holds everything keeps what is shared shared; each value is tried alone first, so
# that one that cannot be written costs only itself. Modules go by their names.
_WRITE = r"""
import json, pickle, types
try:
    import cloudpickle as pickler
except ImportError:
    pickler = pickle

class Full(Exception):
    pass

class Counter:
    def __init__(self, left):
        self.left = left
    def write(self, data):
        self.left -= memoryview(data).nbytes
        if self.left < 0:
            raise Full

hidden = shell.user_ns_hidden
mine = {
    name: value
    for name, value in list(shell.user_ns.items())
    if isinstance(name, str)
    and not name.startswith("_")
    and not (name in hidden and hidden[name] is value)
}
modules = {n: v.__name__ for n, v in mine.items() if isinstance(v, types.ModuleType)}
values, left, room = {}, [], LIMIT
for name, value in mine.items():
    if name in modules:
        continue
    counter = Counter(room)
    try:
        pickler.Pickler(counter, 5).dump(value)
    except Full:
        left.append([name, "too large"])
    except Exception as error:
        left.append([name, f"{type(value).__name__}: {error}"])
    else:
        values[name], room = value, counter.left
if values or modules:
    with open(PATH, "xb") as file:
        pickler.Pickler(file, 5).dump((modules, values))
answer = json.dumps([[*modules, *values], left])
"""

# A function goes on with the names of the new kernel, as it did with those of the old one.
_READ = r"""
import importlib, json, os, pickle, types
with open(PATH, "rb") as file:
    modules, values = pickle.load(file)
os.unlink(PATH)
left = []
for name, module in modules.items():
    try:
        shell.user_ns[name] = importlib.import_module(module)
    except Exception as error:
        left.append([name, str(error)])
for name, value in values.items():
    if isinstance(value, types.FunctionType) and value.__module__ == "__main__":
        moved = types.FunctionType(
            value.__code__, shell.user_ns, value.__name__, value.__defaults__, value.__closure__
        )
        moved.__kwdefaults__, moved.__qualname__ = value.__kwdefaults__, value.__qualname__
        moved.__doc__, moved.__annotations__ = value.__doc__, value.__annotations__
        moved.__dict__.update(value.__dict__)
        value = moved
    shell.user_ns[name] = value
answer = json.dumps([[n for n in (*modules, *values) if n in shell.user_ns], left])
"""


def writing(path: str) -> str:
    """The question that writes what stands in a kernel to a new file; answered as `taken` reads."""
    return _question(_WRITE.replace("LIMIT", str(MAX_BYTES)), path)


def reading(path: str) -> str:
    """The question that reads the file, and removes it; answered as `taken` reads."""
    return _question(_READ, path)


async def read_into(kernel: LiveKernel, written: Path, where: KernelEnvironment) -> None:
    """Let a new kernel have what another one had; it begins without where that fails."""
    path = where.work_dir / written.name
    try:
        await asyncio.to_thread(shutil.copyfile, written, path)
        async with asyncio.timeout(TIMEOUT_S):
            await kernel.evaluate(reading(f"{where.inside}/{path.name}"))
    except TimeoutError:
        kernel.interrupt()
    except OSError:
        pass
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _question(source: str, path: str) -> str:
    return (
        "(lambda space: (__import__('builtins').exec("
        f"{source.replace('PATH', repr(path))!r}, space), space['answer'])[1])"
        "({'shell': __import__('IPython').get_ipython()})"
    )


def taken(answer: str) -> Taken:
    """Read a kernel's answer, the repr of the value; nonsense is nothing taken."""
    try:
        text = ast.literal_eval(answer)
        names, left = msgspec.json.decode(text, type=tuple[list[str], list[tuple[str, str]]])
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, msgspec.MsgspecError):
        return Taken()
    short = tuple(
        (name, " ".join(why.split())[:120])
        for name, why in left
        if name.isidentifier() and len(name) <= 80
    )
    # Names are told to a model as qchat's own words, so they must be names and nothing else.
    return Taken(tuple(name for name in names if name.isidentifier() and len(name) <= 80), short)


def listed(names: tuple[str, ...]) -> str:
    """Names for a reader: the first ones, and how many more there are."""
    more = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more
