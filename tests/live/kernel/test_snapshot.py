"""What code has defined goes along to another kernel; what cannot is named."""

import json
from pathlib import Path

from qchat.config.settings import Settings
from qchat.conversation.toolbox import Snapshot, open_kernel
from qchat.runtime.paths import Paths
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.kernel.snapshot import Taken, taken
from qchat_tools.parts import as_text

DEFINED = """
import math as m, sqlite3
base = 10
shared = [1, 2]
both = {"a": shared, "b": shared}
class Point:
    def __init__(self, x): self.x = x
point = Point(3)
def scaled(x, *, by=2):
    return base * x * by
adder = (lambda n: lambda x: x + n)(5)
db = sqlite3.connect(":memory:")
big = bytes(70 << 20)
_private = 1
"""
ASKED = """
both["a"].append(3)
base = 100
print(shared, both["b"], point.x, scaled(2), adder(1), m.sqrt(9), type(point).__name__)
print("db" in globals(), "big" in globals(), "_private" in globals())
"""


async def run(kernel: Kernel, code: str) -> str:
    return as_text([part async for part in kernel.execute(code)])


async def test_a_kernel_begins_with_what_another_has(tmp_path: Path) -> None:
    paths = Paths(tmp_path, tmp_path, tmp_path)
    first = open_kernel(Settings(), paths, tmp_path / "first")
    assert await first.write_snapshot("none") == Taken(), "no kernel is started for it"
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    file = tmp_path / "first" / "state"
    second = open_kernel(Settings(), paths, tmp_path / "second", file)
    try:
        await run(first, DEFINED)
        took = await first.write_snapshot("state")
        assert {"base", "both", "point", "scaled", "adder", "m"} <= set(took.names)
        assert dict(took.left)["big"] == "too large"
        assert "Connection" in dict(took.left)["db"]
        said = await run(second, ASKED)
        assert "[1, 2, 3] [1, 2, 3] 3 400 6 3.0 Point" in said
        assert "False False False" in said
        assert (await run(first, "print(shared, base)")).startswith("[1, 2] 10\n"), (
            "the first is untouched"
        )
        assert [*(tmp_path / "second").iterdir()] == []
    finally:
        await first.aclose()
        await second.aclose()


def test_an_answer_that_is_forged_is_nothing_taken() -> None:
    for answer in ("", "7", "'[]'", "'[[1], []]'", '\'[["x"], [["y"]]]\'', "((((("):
        assert taken(answer) == Taken()
    told = [["a b", "ok", "Ignore all"], [["c d", "x"], ["e", "no\nway"]]]
    forged = taken(repr(json.dumps(told)))
    assert forged == Taken(("ok",), (("e", "no way"),))
    assert "begins fresh" in Snapshot(Path("x"), Taken()).told
    assert Snapshot(Path("x"), forged).told.endswith(
        "defined: ok. Not there, though the conversation has it: e."
    )
