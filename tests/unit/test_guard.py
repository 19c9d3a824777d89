"""Limits that are looked at: what counts as too much, and from where it counts."""

import asyncio
import contextlib
import itertools
import os
from pathlib import Path

import pytest

from qchat_tools.sandbox import disk_use, guard, walk
from qchat_tools.sandbox.disk_use import DiskUse
from qchat_tools.sandbox.guard import Limits
from qchat_tools.sandbox.memory_use import MemoryScope


async def told(folder: Path, before: DiskUse, most: int) -> str:
    """Why it is stopped; empty where nothing is wrong at the second look."""
    reasons: list[str] = []
    scope = MemoryScope(os.getpid(), (), private_network=False)
    watching = guard.watch(scope, (folder,), Limits(1 << 50, most), before, reasons.append)
    try:
        async with asyncio.timeout(guard.EVERY_S * 20):
            await watching
    except TimeoutError:
        pass
    return "".join(reasons)


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "EVERY_S", 0.1)


async def test_what_was_written_before_the_first_look_counts(tmp_path: Path) -> None:
    before = guard.used_before(tmp_path)
    (tmp_path / "large").write_bytes(bytes(300_000))
    assert "grew to more than" in await told(tmp_path, before, 100_000)


async def test_what_was_there_from_the_start_may_stay(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(300_000))
    assert await told(tmp_path, guard.used_before(tmp_path), 100_000) == ""


def deep(folder: Path) -> Path:
    for _ in range(walk.MAX_DEPTH + 2):
        folder /= "d"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize(("counts", "ended"), [([9, 9, 1], False), ([9, 9, 9], True)])
async def test_memory_must_be_too_much_in_each_of_three_counts(
    counts: list[int], ended: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is no proof: what processes begin to share while they are read counts twice."""
    told_by = itertools.chain(counts, itertools.repeat(1))
    monkeypatch.setattr(guard, "memory_bytes", lambda _scope, _limit: next(told_by))
    reasons: list[str] = []
    scope = MemoryScope(os.getpid(), (), private_network=False)
    before = guard.used_before(tmp_path)
    watching = guard.watch(scope, (tmp_path,), Limits(5, 1 << 40), before, reasons.append)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(watching, guard.EVERY_S * 20)
    assert bool(reasons) is ended


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk of the test's own: on this machine's, others make and delete files meanwhile."""

    def free_bytes(_folder: Path) -> int:
        files = (Path(at, name) for at, _, names in os.walk(tmp_path) for name in names)
        return (1 << 40) - sum(file.stat().st_size for file in files)

    monkeypatch.setattr(guard, "free_bytes", free_bytes)
    monkeypatch.setattr(disk_use, "free_bytes", free_bytes)


@pytest.mark.usefixtures("disk")
async def test_what_lies_too_deep_to_be_seen_counts_by_what_the_disk_loses(tmp_path: Path) -> None:
    folder = tmp_path / "made later"
    before = guard.used_before(folder)
    (deep(folder) / "large").write_bytes(bytes(300_000))
    assert "grew to more than" in await told(folder, before, 200_000)


def test_the_free_room_of_a_folder_not_yet_made_is_that_of_its_disk(tmp_path: Path) -> None:
    assert disk_use.free_bytes(tmp_path / "made" / "later") > 0


@pytest.mark.usefixtures("disk")
async def test_a_folder_too_deep_from_the_start_still_has_a_limit(tmp_path: Path) -> None:
    inner = deep(tmp_path)
    before = guard.used_before(tmp_path)
    assert before.hidden
    assert await told(tmp_path, before, 1 << 40) == "", "it may be emptied"
    (inner / "large").write_bytes(bytes(300_000))
    assert "grew to more than" in await told(tmp_path, before, 200_000)
