"""One process at a time: the lock holds between descriptors and dies with its holder."""

import subprocess
import sys
from pathlib import Path

import pytest

from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.lock import exclusive

HOLDER = """
import sys
from pathlib import Path
from qchat_memory.storage.lock import exclusive
with exclusive(Path(sys.argv[1])) as turn:
    turn.begin_change()
    print("held", flush=True)
    sys.stdin.read()
"""


def test_changes_are_counted_for_everybody(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with exclusive(path) as turn:
        assert turn.generation == 0
        turn.begin_change()
        turn.begin_change()
    with exclusive(path) as turn:
        assert turn.generation == 2


def test_a_second_process_waits_and_gets_the_lock_of_a_dead_one(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(MemoryStoreError, match="in use by another process"):
            exclusive(path, timeout_s=0.05).__enter__()
        holder.kill()
        with exclusive(path) as turn:
            assert turn.generation == 1
