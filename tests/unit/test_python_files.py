"""Files kept by hash: whole, private, and never outside their folder."""

import hashlib
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat_tools.files import keep, path_of, picture_kind


def test_a_file_lies_under_its_hash_and_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    sha256 = keep(b"data", folder)
    assert sha256 == hashlib.sha256(b"data").hexdigest()
    assert path_of(sha256, folder).read_bytes() == b"data"
    if os.name == "posix":
        assert stat.S_IMODE(path_of(sha256, folder).stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_same_content_is_stored_once_and_nothing_is_left_over(tmp_path: Path) -> None:
    assert keep(b"data", tmp_path) == keep(b"data", tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    "name", ["", "../" * 8 + "etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n"]
)
def test_a_name_that_is_no_hash_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        path_of(name, tmp_path)


def test_pictures_are_known_by_their_bytes() -> None:
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (640).to_bytes(4) + (480).to_bytes(4)
    comment = b"\xff\xfe\x00\x04hi"
    frame = b"\xff\xc0\x00\x11\x08" + (48).to_bytes(2) + (64).to_bytes(2)
    assert picture_kind(png) == ("image/png", 640, 480)
    assert picture_kind(b"\xff\xd8" + comment + frame) == ("image/jpeg", 64, 48)
    assert picture_kind(b"<svg/>") is None


@given(st.binary() | st.binary().map(lambda tail: b"\xff\xd8\xff\xe0" + tail))
def test_any_bytes_are_judged_without_an_error(data: bytes) -> None:
    picture_kind(data)
