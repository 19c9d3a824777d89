"""A kernel's private folder: only its owner's, locked while it is used, swept when it is left."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qchat_tools.kernel import private_folder
from tests.live.kernel.runs import left_in

posix = pytest.mark.skipif(os.name != "posix", reason="Windows looks at a folder's age as well")


@pytest.fixture
def place(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    tmp_path_factory.getbasetemp()  # made now, in its usual place
    with tempfile.TemporaryDirectory(prefix="q") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        yield folder


def test_it_is_only_its_owners_and_goes_with_all_that_is_in_it(place: str) -> None:
    folder = private_folder.make()
    assert folder is not None
    (outer,) = left_in(place)
    assert outer.stat().st_mode & 0o777 == 0o700
    assert folder.inner.parent == outer
    (folder.inner / "deep" / "er").mkdir(parents=True)
    (folder.inner / "deep").chmod(0)
    folder.remove()
    folder.remove()
    assert not left_in(place)


@posix
def test_a_folder_in_use_stays_and_one_that_was_left_behind_goes(place: str) -> None:
    used = private_folder.make()
    pid = os.fork()
    if not pid:  # a program that is killed: it cleans nothing up
        private_folder.make()
        os._exit(0)
    os.waitpid(pid, 0)
    other = Path(place) / "qchat-of-another-kind"
    other.mkdir()
    assert len(left_in(place)) == 3
    private_folder.sweep()
    assert used is not None
    assert left_in(place) == {used.inner.parent, other}
    used.remove()


@posix
def test_a_link_of_that_name_is_not_followed(place: str, tmp_path: Path) -> None:
    (tmp_path / "owner").write_text("")
    (tmp_path / "kept").write_text("")
    (Path(place) / "qchat-link").symlink_to(tmp_path)
    private_folder.sweep()
    assert (tmp_path / "kept").exists()


def test_a_place_with_too_long_a_path_is_passed_over(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("x" * 100)))
    assert private_folder.make() is None
    monkeypatch.setenv("XDG_RUNTIME_DIR", place)
    folder = private_folder.make()
    assert folder is not None
    folder.remove()
