"""The limit of memory that the system holds, tried against the system itself.

Runs where a user's programs may make control groups: a desktop's session with systemd. Elsewhere,
`make test-control-groups` boots such a system (`tests/machine.py`) and runs this in it.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from qchat_tools.kernel import process
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.parts import as_text
from qchat_tools.sandbox import guard
from qchat_tools.sandbox.control_group import delegated
from qchat_tools.sandbox.guard import Limits
from qchat_tools.sandbox.sandbox import find_sandbox

PARENT = delegated()
LIMIT = 300 << 20
TOLD = "its processes took more than 300 MB of memory (python.memory_mb)"
NEVER_S = 3600.0
SLOW_START_S = 600.0
"""A machine whose every instruction is translated takes minutes where others take one second."""

EXPECTED = os.environ.get("QCHAT_TEST_CONTROL_GROUPS", "")
"""What the machine that was booted for this is known to do: "given" or "none"."""

given = pytest.mark.skipif(
    PARENT is None and EXPECTED != "given", reason="this system gives its users no control groups"
)
none = pytest.mark.skipif(
    PARENT is not None and EXPECTED != "none", reason="this system gives its users control groups"
)

HOLDS = {
    "one value": "held = bytearray(400 << 20)",
    "bit by bit, and each is kept": "held = []\nwhile True: held.append(bytearray(1 << 20))",
    "children that each hold a little": """
import os, time
for _ in range(5):
    if os.fork() == 0:
        held = bytearray(80 << 20)
        time.sleep(600)
time.sleep(600)
""",
    "shared memory": """
import mmap
held = mmap.mmap(-1, 400 << 20)
for _ in range(400): held.write(bytes(1 << 20))
""",
    "a child of its own session": """
import subprocess, sys
subprocess.run([sys.executable, "-c", "held = bytearray(400 << 20)"], start_new_session=True)
import time; time.sleep(600)
""",
}
WITHOUT_A_SANDBOX = {
    "a file in memory": """
import os
made = os.memfd_create("held")
for _ in range(400): os.write(made, bytes(1 << 20))
""",
}
"""What the sandbox's filter refuses in the first place."""
IN_A_SANDBOX = {
    "files in the scratch places": """
for place in ("/tmp", "/dev/shm"):
    with open(place + "/held", "wb") as file:
        for _ in range(200): file.write(bytes(1 << 20))
""",
}
OUTLIVES = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", '''
import time
time.sleep(2)
held = []
while True: held.append(bytearray(1 << 20))
'''])
"""
CLIENT = """
import asyncio, sys
from pathlib import Path
from typing import Any, Literal
from qchat.runtime.shutdown import until_asked
from qchat_tools.kernel import process
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.sandbox.guard import Limits
from qchat_tools.sandbox.sandbox import find_sandbox

process.START_TIMEOUT_S = 600.0

async def work():
    folder = Path(sys.argv[1])
    limits = Limits(memory=300 << 20, folder=1 << 30)
    kernel = Kernel(folder, files_dir=folder, sandbox=find_sandbox(sys.argv[2]), limits=limits)
    try:
        async for part in kernel.execute("1"):
            print("ready", flush=True)
        await asyncio.sleep(600)
        return 0
    finally:
        await kernel.aclose()

sys.exit(asyncio.run(until_asked(work())))
"""


@pytest.fixture
def nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the limit to the system alone: what is counted here would notice it too."""
    monkeypatch.setattr(guard, "EVERY_S", NEVER_S)
    monkeypatch.setattr(process, "START_TIMEOUT_S", SLOW_START_S)


@pytest.fixture
def before(nobody_looks: None) -> Iterator[set[Path]]:
    """The groups that were there before a test; afterwards there are no others."""
    assert PARENT is not None, "this system should give its users control groups"
    groups = ours()
    yield groups
    assert ours() == groups


def ours() -> set[Path]:
    return set(PARENT.glob("qchat-*")) if PARENT is not None else set()


@given
@pytest.mark.parametrize("sandbox", ["auto", "off"])
async def test_what_wants_more_is_ended_and_told_why(
    sandbox: Literal["auto", "off"], tmp_path: Path, before: set[Path]
) -> None:
    kernel = made(sandbox, tmp_path)
    kinds = {**HOLDS, **(IN_A_SANDBOX if kernel.sandbox else WITHOUT_A_SANDBOX)}
    try:
        for kind, code in kinds.items():
            assert await said(kernel, "40 + 2") == "42", kind
            group = await until(lambda: ours() - before)
            assert (group.pop() / "memory.max").read_text() == f"{LIMIT}\n"
            told = await said(kernel, code)
            assert TOLD in told, f"{kind}: {told}"
        assert "42" in await said(kernel, "40 + 2")
    finally:
        await kernel.aclose()


@given
@pytest.mark.parametrize("sandbox", ["auto", "off"])
async def test_what_outlives_its_run_is_held(
    sandbox: Literal["auto", "off"], tmp_path: Path, before: set[Path]
) -> None:
    kernel = made(sandbox, tmp_path)
    try:
        await said(kernel, OUTLIVES)
        await until(lambda: ours() - before)
        await until(lambda: not kernel.ready)
        told = await said(kernel, "40 + 2")
        assert f"the Python kernel was restarted, since {TOLD}" in told
        assert "42" in told
    finally:
        await kernel.aclose()


@given
async def test_what_fits_is_let_be(tmp_path: Path, before: set[Path]) -> None:
    """Files that were read or written are in memory too, but can be dropped: they end nothing."""
    kernel = made("auto", tmp_path)
    try:
        await until_grouped(kernel, before)
        written = "open('large', 'wb').write(bytes(400 << 20))"
        assert "419430400" in await said(kernel, written)
        assert "419430400" in await said(kernel, "len(bytes(400 << 20)) if 0 else 419430400")
        assert "104857600" in await said(kernel, "held = bytearray(100 << 20); len(held)")
    finally:
        await kernel.aclose()


@given
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
async def test_nothing_is_left_of_a_client_that_ends(
    number: signal.Signals, tmp_path: Path, before: set[Path]
) -> None:
    client = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CLIENT, str(tmp_path / "work"), "auto"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert client.stdout is not None
    assert await client.stdout.readline() == b"ready\n"
    group = (await until(lambda: ours() - before)).pop()
    client.send_signal(number)
    await client.wait()
    if number == signal.SIGKILL:  # it could not; what it ran is gone, and the next one sweeps
        await until(lambda: not (group / "cgroup.procs").read_text())
        kernel = made("auto", tmp_path)
        try:
            await until_grouped(kernel, before | {group})
        finally:
            await kernel.aclose()
    assert not group.exists()


@none
async def test_where_there_are_none_it_is_counted(tmp_path: Path) -> None:
    assert PARENT is None
    kernel = made("auto", tmp_path)
    try:
        assert await said(kernel, "40 + 2") == "42"
        # In steps that leave time to look: one that takes all at once may be past the machine's.
        held = (
            "import time\nheld = []\nwhile True: held.append(bytearray(8 << 20)); time.sleep(0.1)"
        )
        assert TOLD in await said(kernel, held)
        assert await said(kernel, "40 + 2") == "42"
    finally:
        await kernel.aclose()


def made(sandbox: Literal["auto", "off"], folder: Path) -> Kernel:
    limits = Limits(memory=LIMIT, folder=1 << 30)
    return Kernel(
        folder / "work",
        files_dir=folder / "files",
        sandbox=find_sandbox(sandbox),
        timeout_s=600,
        limits=limits,
    )


async def said(kernel: Kernel, code: str) -> str:
    return as_text([part async for part in kernel.execute(code)]).strip()


async def until_grouped(kernel: Kernel, before: set[Path]) -> None:
    assert await said(kernel, "40 + 2") == "42"
    await until(lambda: ours() - before)


async def until(seen: Callable[[], Any]) -> Any:
    async with asyncio.timeout(300):
        while not (found := seen()):  # noqa: ASYNC110  the system's files tell nobody
            await asyncio.sleep(0.05)
    return found
