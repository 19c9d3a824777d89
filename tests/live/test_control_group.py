"""A limit of memory that the system holds, in a tree as cgroups v2 lays it out.

No machine that tests run on hands memory on to its users, so the files are ordinary ones here, with
the names and the contents that the kernel's documentation gives them.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from qchat_tools.kernel.kernel import Kernel
from qchat_tools.parts import as_text
from qchat_tools.sandbox import control_group
from qchat_tools.sandbox.control_group import ControlGroup, delegated
from qchat_tools.sandbox.guard import Limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has control groups")

FILES = ("memory.max", "memory.oom.group", "memory.swap.max", "memory.events", "cgroup.procs")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's part of the tree: in each folder that is made, the system puts its files."""
    made = Path.mkdir

    def mkdir(self: Path, *args: int, **options: bool) -> None:
        made(self, *args, **options)  # type: ignore[arg-type]
        if self.is_relative_to(tmp_path):
            for name in FILES:
                (self / name).write_text("")

    monkeypatch.setattr(Path, "mkdir", mkdir)
    return tmp_path


def group(tree: Path, path: str, hands_on: str) -> Path:
    folder = tree / path
    folder.mkdir(parents=True)
    (folder / "cgroup.procs").write_text("")
    (folder / "cgroup.subtree_control").write_text(hands_on)
    return folder


def test_the_nearest_group_above_that_hands_on_memory(tree: Path):
    group(tree, "user.slice", "cpu memory pids\n")
    app = group(tree, "user.slice/app.slice", "memory pids\n")
    group(tree, "user.slice/app.slice/shell.scope", "")
    assert delegated(tree, "/user.slice/app.slice/shell.scope") == app


@pytest.mark.parametrize(
    ("own", "hands_on"),
    [("/", "memory"), ("/app.slice/shell.scope", "cpu pids"), ("/gone/shell.scope", "memory")],
    ids=["a container of its own", "memory is counted elsewhere", "not there"],
)
def test_none_where_no_limit_can_be_made(tree: Path, own: str, hands_on: str):
    group(tree, "app.slice", hands_on)
    group(tree, "app.slice/shell.scope", "")
    (tree / "cgroup.subtree_control").write_text("memory")
    assert delegated(tree, own) is None


def test_a_group_takes_a_family_and_those_that_it_starts_meanwhile(tree: Path):
    made = ControlGroup(tree, 1 << 30)
    folder = next(tree.iterdir())
    families = iter(([11, 12], [11, 12, 13], [11, 12, 13]))
    moved: list[str] = []
    procs = folder / "cgroup.procs"

    def family() -> list[int]:
        moved.append(procs.read_text())
        return next(families)

    made.take(family)
    assert moved == ["", "12", "13"]  # the system takes one at a time; a file keeps the last
    assert (folder / "memory.max").read_text() == str(1 << 30)
    assert (folder / "memory.oom.group").read_text() == "1"
    assert (folder / "memory.swap.max").read_text() == "0"


def test_it_burst_when_the_system_has_killed(tree: Path):
    made = ControlGroup(tree, 1 << 30)
    events = next(tree.iterdir()) / "memory.events"
    assert not made.burst
    events.write_text("low 0\nhigh 0\nmax 7\noom 0\noom_kill 0\n")
    assert not made.burst
    events.write_text("low 0\nhigh 0\nmax 9\noom 1\noom_kill 3\n")
    assert made.burst


def test_what_killed_clients_left_is_removed(tree: Path):
    gone, alive = tree / "qchat-4194304-00", tree / f"qchat-{os.getpid()}-00"
    os.mkdir(gone)  # noqa: PTH102  as the system's own: without files to delete first
    os.mkdir(alive)  # noqa: PTH102
    ControlGroup(tree, 1 << 30)
    assert not gone.exists()
    assert alive.exists()


async def test_a_kernel_is_put_into_its_group_and_its_end_is_told(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    """What the system does then is done here: its processes are killed, and that is noted."""
    monkeypatch.setattr(control_group, "delegated", lambda: tree)
    folder = tmp_path_factory.mktemp("kernel")
    limits = Limits(memory=1 << 30, folder=1 << 30)
    kernel = Kernel(folder / "work", files_dir=folder / "files", sandbox=None, limits=limits)
    try:
        pid = int((await said(kernel, "import os; print(os.getpid())")).split()[-1])
        await until(lambda: entered(tree) == pid)
        killed(tree)
        told = await said(kernel, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        assert "took more than 1.0 GB of memory" in told
        assert await said(kernel, "print(6 * 7)")
    finally:
        await kernel.aclose()


async def test_an_end_is_told_when_it_is_known_whether_the_system_made_it(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
):
    """On a busy machine the death is seen long before what the system notes about it."""
    known = threading.Event()

    def late() -> Path:
        known.wait(20)
        return tree

    monkeypatch.setattr(control_group, "delegated", late)
    monkeypatch.setattr(ControlGroup, "burst", property(lambda _: True))
    folder = tmp_path_factory.mktemp("kernel")
    limits = Limits(memory=1 << 30, folder=1 << 30)
    kernel = Kernel(folder / "work", files_dir=folder / "files", sandbox=None, limits=limits)
    try:
        assert await said(kernel, "print(6 * 7)") == "42"
        died = asyncio.ensure_future(
            said(kernel, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
        )
        await until(lambda: not kernel.ready)
        _, waiting = await asyncio.wait({died}, timeout=0.3)
        known.set()
        assert waiting
        assert "died, since its processes took more than 1.0 GB of memory" in await died
        assert await said(kernel, "print(6 * 7)") == "42"
    finally:
        known.set()
        await kernel.aclose()


def test_a_group_with_processes_is_given_back_when_they_are_gone(tree: Path):
    made = ControlGroup(tree, 1 << 30)
    folder = next(tree.iterdir())
    assert not made.remove()  # files stand in the way here, as processes do in the system's tree
    for name in FILES:
        (folder / name).unlink()
    assert made.remove(20)
    assert made.remove()


async def said(kernel: Kernel, code: str) -> str:
    return as_text([part async for part in kernel.execute(code)])


def killed(tree: Path) -> None:
    (next(tree.iterdir()) / "memory.events").write_text("oom_kill 1\n")


def entered(tree: Path) -> int:
    texts = [each.read_text() for each in tree.glob("qchat-*/cgroup.procs")]
    return int(next(filter(None, texts), "0"))


async def until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not seen():  # noqa: ASYNC110  the system's files tell nobody
            await asyncio.sleep(0.02)
