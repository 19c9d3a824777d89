"""One process at a time: the lock holds between descriptors and dies with its holder."""

from pathlib import Path

import pytest

from qchat_memory.storage.lock import exclusive


def test_changes_are_counted_for_everybody(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with exclusive(path) as turn:
        assert turn.generation == 0
        first = turn.next_generation
        turn.begin_change()
        assert turn.generation == first > 0
        turn.begin_change()
    with exclusive(path) as turn:
        assert turn.generation == first + 1


@pytest.mark.parametrize("harm", [b"not a number", b"", b"123", b"\xff" * 20, b"-" + b"1" * 19])
def test_a_lost_number_never_comes_again(tmp_path: Path, harm: bytes) -> None:
    """Somebody who still goes by an old number must see that there was a change."""
    path = tmp_path / "x.lock"
    seen = {0}
    for _ in range(3):
        with exclusive(path) as turn:
            turn.begin_change()
            assert turn.generation not in seen
            seen.add(turn.generation)
        path.write_bytes(harm)
        with exclusive(path) as turn:
            assert turn.generation == 0


def test_a_folder_in_the_place_of_the_lock_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    path.mkdir()
    (path / "something").write_text("of somebody")
    with exclusive(path) as turn:
        turn.begin_change()
    assert path.is_file()
    (aside,) = tmp_path.glob("x.lock.damaged-*")
    assert (aside / "something").read_text() == "of somebody"
