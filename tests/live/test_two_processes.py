"""What one process holds or wrote, as another finds it: also after the first was killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qchat.protocol.events import Text
from qchat.runs.goal import Goal
from qchat.runs.lease import Held, Lease, holder_of
from qchat.runtime.process_identity import gone, identity
from qchat.store import FLUSH_S, Store
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
            assert turn.generation > 0


def test_a_holder_that_has_died_is_known_and_one_that_lives_is_not_robbed(tmp_path: Path) -> None:
    store = Store(tmp_path / "sessions.db")
    session = store.create_session("me").id
    store.runs.begin(session, 0, Goal("g").encode())
    mine, other = Lease(store.runs, session), Lease(store.runs, session)
    mine.take()
    with pytest.raises(Held, match=f"process {os.getpid()}"):
        other.take()
    mine.release("stopped", "")
    other.take()
    other.release("stopped", "")
    code = "from qchat.runtime.process_identity import identity; print(identity())"
    dead = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert store.runs.take(session, dead, 1_000, gone) is None
    assert gone(dead)
    assert not gone(identity())
    assert holder_of(store.runs.find(session)) == ""
    mine.take()
    store.close()


KILLED = """
import asyncio, sys, time
from pathlib import Path
from qchat.protocol.events import Text
from qchat.store import Store

async def main():
    store = Store(Path(sys.argv[1]))
    session = store.create_session("me")
    writer = store.begin_turn(session.id, None, "p")
    for n in range(100_000):
        writer.add(Text(f"{n} "))
        print(n, time.monotonic(), flush=True)
        await asyncio.sleep(0.002)

asyncio.run(main())
"""


def test_a_kill_loses_no_more_than_the_last_tenth_of_a_second(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    command = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said: list[tuple[int, float]] = []
        for line in child.stdout:
            number, at = line.split()
            said.append((int(number), float(at)))
            if said[-1][1] - said[0][1] > 1.0:
                break
        os.kill(child.pid, signal.SIGKILL)
        rest = child.stdout.read().split()
        said += [(int(n), float(at)) for n, at in zip(rest[::2], rest[1::2], strict=True)]
    store = Store(path)
    (session,) = store.sessions("me")
    (event,) = store.turns(session.id)[0].events
    store.close()
    assert isinstance(event, Text)
    kept = [int(word) for word in event.text.split()]
    assert kept == list(range(len(kept)))
    last = said[-1][1]
    # Some more than the 100 ms: the machine may be busy, the timer late.
    assert all(number in range(len(kept)) for number, at in said if at < last - 3 * FLUSH_S)
