"""The session's folder: only plain files are listed and read, and nothing leads out of it."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat_tools.base import ToolError
from qchat_tools.kernel import workfolder

posix = pytest.mark.skipif(os.name != "posix", reason="links and pipes are POSIX's here")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    work = tmp_path / "work"
    (work / "sub").mkdir(parents=True)
    (work / "a.txt").write_text("a")
    (work / "sub" / "b.txt").write_text("bb")
    (tmp_path / "secret").write_text("a-secret")
    return work


def names(folder: Path) -> list[str]:
    return [file.name for file in workfolder.listed(folder)]


def test_files_are_listed_with_their_size_and_new_ones_told(folder: Path) -> None:
    before = workfolder.listed(folder)
    assert [(file.name, file.size) for file in before] == [("a.txt", 1), ("sub/b.txt", 2)]
    (folder / "a.txt").write_text("changed")
    (folder / "new\nline").write_text("")
    new = workfolder.new_files(before, workfolder.listed(folder))
    assert [file.name for file in new] == ["a.txt", "new\nline"]


def test_a_missing_folder_is_empty(tmp_path: Path) -> None:
    assert workfolder.listed(tmp_path / "nope") == []


@posix
def test_what_is_no_plain_file_is_neither_listed_nor_read(folder: Path, tmp_path: Path) -> None:
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    assert names(folder) == ["a.txt", "sub/b.txt"]
    for name in ("link", "up/secret", "pipe", "sub", "../secret", str(tmp_path / "secret"), ""):
        with pytest.raises(ToolError) as caught:
            workfolder.save(name, folder, tmp_path / "out")
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@posix
def test_an_upload_replaces_a_link_and_does_not_write_through_it(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "data.csv").symlink_to(tmp_path / "secret")
    (tmp_path / "data.csv").write_text("1,2")
    assert workfolder.upload(tmp_path / "data.csv", folder).size == 3
    assert (tmp_path / "secret").read_text() == "a-secret"
    assert (folder / "data.csv").read_text() == "1,2"


@posix
def test_an_upload_makes_folders_that_only_the_owner_reads(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("1,2")
    workfolder.upload(tmp_path / "data.csv", tmp_path / "work" / "session")
    for made in ("work", "work/session"):
        assert (tmp_path / made).stat().st_mode & 0o077 == 0


def test_what_cannot_be_uploaded_is_told_in_one_line(folder: Path, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nope"):
        with pytest.raises(ToolError, match="upload"):
            workfolder.upload(path, folder)


def test_a_file_is_saved_out_and_nothing_is_written_over(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert workfolder.save("sub/b.txt", folder, out) == out / "b.txt"
    assert (out / "b.txt").read_text() == "bb"
    with pytest.raises(ToolError, match="already exists"):
        workfolder.save("a.txt", folder, out / "b.txt")
    with pytest.raises(ToolError, match=r"files there: a\.txt, sub/b\.txt"):
        workfolder.save("nope", folder, out)


@given(st.text(max_size=20))
def test_no_name_reads_outside(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    place = tmp_path_factory.getbasetemp() / "names"
    (place / "work").mkdir(parents=True, exist_ok=True)
    for path in (f"../{name}", f"{name}/../../x", f"/{name}"):
        with (
            pytest.raises(ToolError),
            workfolder.open_inside(place / "work", path),
        ):
            pass
