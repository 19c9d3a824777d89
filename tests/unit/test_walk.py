"""Walking a folder that hostile code changes meanwhile: nothing in it leads out."""

import os
from pathlib import Path

import pytest

from qchat_tools.sandbox import disk_use, walk

posix = pytest.mark.skipif(os.name != "posix", reason="links and pipes are POSIX's here")


def test_all_is_given_with_its_depth(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_text("x")
    found = {entry.name: (entry.depth, entry.is_file) for entry in walk.entries(tmp_path)}
    assert found == {"a": (0, False), "a/b": (1, False), "a/b/c": (2, True)}


@posix
@pytest.mark.parametrize("swapped", ["link", "pipe"])
def test_a_folder_that_is_swapped_after_it_was_seen_is_not_followed(
    swapped: str, tmp_path: Path
) -> None:
    """What the attacker does in a loop, done at the one moment that matters."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "name-of-the-user").write_text("")
    work = tmp_path / "work"
    (work / "inner").mkdir(parents=True)
    entries = walk.entries(work)
    assert next(entries).name == "inner"
    (work / "inner").rename(work / "elsewhere")
    if swapped == "link":
        (work / "inner").symlink_to(outside)
    else:
        os.mkfifo(work / "inner")
    assert not any("name-of-the-user" in entry.name for entry in entries)


def test_deeper_than_anybody_counts_is_said(tmp_path: Path) -> None:
    here = tmp_path
    for _ in range(walk.MAX_DEPTH + 2):
        here /= "d"
    here.mkdir(parents=True)
    assert disk_use.disk_use([tmp_path]).hidden


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="not root")
def test_a_folder_that_its_owner_closed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root sees into every folder, so this is tried as somebody else."""
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path)
    os.seteuid(65_534)
    try:
        closed = Path("closed")
        closed.mkdir()
        assert not disk_use.disk_use([Path()]).hidden
        closed.chmod(0)
        assert disk_use.disk_use([Path()]).hidden
    finally:
        os.seteuid(0)


@posix
def test_a_walk_that_is_left_closes_what_it_opened(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    before = len(list(Path("/dev/fd").iterdir()))
    entries = walk.entries(tmp_path)
    next(entries)
    next(entries)
    entries.close()
    assert len(list(Path("/dev/fd").iterdir())) == before
