"""Killed at random moments: what was reported is there, what was forgotten is not."""

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.store import MemoryStore

KILLS = int(os.environ.get("QCHAT_TEST_KILLS", "80"))
"""In the suite; the proof is two hundred: QCHAT_TEST_KILLS=200."""
EMBEDDER = StaticEmbedder()

# Waits for a word, does one thing after another until it is killed, and reports each that is done.
# Forked from one process that has loaded everything: a kill costs milliseconds.
CHILD = """
import os, random, sys
from pathlib import Path
from qchat_memory.storage.embed import StaticEmbedder
from qchat_memory.store import MemoryStore

class Other(StaticEmbedder):
    name = "other"

folder, said = Path(sys.argv[1]), {"one": StaticEmbedder(), "two": Other()}
for embedder in said.values():
    embedder.embed(["ready"])
from qchat_memory.storage import library
from qchat_memory.storage.chroma_client import NativeProcess, use
from qchat_memory.storage.chroma_process import serve
library.chromadb()

class Forked:
    # The process of Chroma, started by a fork: it has loaded everything too.

    def __init__(self):
        (there, self._out), (self._in, back) = os.pipe(), os.pipe()
        owner = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            for other in {*range(3, 256)} - {there, back}:  # no lock of its owner above all
                try:
                    os.close(other)
                except OSError:
                    pass
            serve(os.fdopen(there, "rb"), os.fdopen(back, "wb"), owner)
            os._exit(0)
        os.close(there), os.close(back)
        self.stdin, self.stdout = os.fdopen(self._out, "wb"), os.fdopen(self._in, "rb")

    def kill(self):
        os.kill(self.pid, 9)

    def wait(self, timeout=None):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

use(NativeProcess(Forked))

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())  # whole, or not at all

def work(number):
    draw = random.Random(number)
    store = MemoryStore(folder, "anna", said["two" if number % 4 == 3 else "one"],
                        known={e.name: e for e in said.values()}.get)
    mine = []
    while True:
        kind = draw.random()
        if number % 4 == 3 and kind < 0.3:
            store.reembed()
            say("reembedded")
        elif kind < 0.7 or not mine:
            text = f"note {number} {len(mine)} {draw.random()}"
            mine.append(store.save(text).id)
            say("saved", mine[-1], text)
        elif kind < 0.85:
            id_, text = draw.choice(mine), f"changed {number} {draw.random()}"
            say("changing", id_, text)
            store.update(id_, text)
            say("saved", id_, text)
        else:
            id_ = mine.pop(draw.randrange(len(mine)))
            say("forgetting", id_)
            store.forget(id_)
            say("forgotten", id_)

for line in sys.stdin:
    child = os.fork()
    if not child:
        say("child", os.getpid())  # its first word: the parent's might come behind others
        work(int(line))
    os.waitpid(child, 0)
    say("dead")
"""


@pytest.mark.timeout(900)  # many processes, one after the other
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork to be quick")
def test_many_kills_lose_nothing_and_bring_nothing_back(tmp_path: Path) -> None:
    draw = random.Random(5)
    sure: dict[str, str | None] = {}
    words: Counter[str] = Counter()
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        reports = Reports(parent.stdout.fileno())
        for number in range(KILLS):
            for line in _one(parent, reports, number, draw):
                words[line.split()[0]] += 1
                _note(line, sure)
            if number % 50 == 49:
                _check(tmp_path, sure)
        assert parent.stdin is not None
        parent.stdin.close()
    _check(tmp_path, sure)
    assert words["child"] == words["dead"] == KILLS
    assert words["saved"] > KILLS // 2
    assert words["reembedded"] > KILLS // 40
    assert words["forgetting"] > words["forgotten"] >= KILLS // 40, "some were cut short"


class Reports:
    """Lines from a pipe, waited for no longer than until a moment."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""
        self._lines: list[str] = []

    def next(self, until: float = float("inf")) -> str:
        """The next line; empty when the moment has come before one."""
        while not self._lines:
            wait = None if until == float("inf") else max(until - time.monotonic(), 0)
            if not select.select([self._descriptor], [], [], wait)[0]:
                return ""
            *lines, self._rest = (self._rest + os.read(self._descriptor, 65536)).split(b"\n")
            self._lines = [line.decode() for line in lines]
        return self._lines.pop(0)


def _one(
    parent: "subprocess.Popen[bytes]",
    reports: Reports,
    number: int,
    draw: random.Random,
) -> Iterator[str]:
    """Let a child work for a moment, kill it, and give what it reported, line by line."""
    assert parent.stdin is not None
    parent.stdin.write(b"%d\n" % number)
    parent.stdin.flush()
    yield (line := reports.next())
    pid = int(line.split()[1])
    # Some while they open the store, most at work: some reports later, within the next thing.
    at_opening = draw.random() < 0.2
    for _ in range(0 if at_opening else draw.randrange(1, 5)):
        yield reports.next()
    moment = time.monotonic() + draw.uniform(0.0, 0.2 if at_opening else 0.02)
    while line := reports.next(moment):
        yield line
    os.kill(pid, signal.SIGKILL)
    while line != "dead":
        yield (line := reports.next())


def _note(line: str, sure: dict[str, str | None]) -> None:
    word, *rest = line.split(maxsplit=2)
    match word:
        case "saved":
            sure[rest[0]] = rest[1].strip()
        case "forgotten":
            sure[rest[0]] = None
        case "changing" | "forgetting":
            sure.pop(rest[0], None)  # either may be so, until it is reported
        case _:
            pass


def _check(folder: Path, sure: dict[str, str | None]) -> None:
    store = MemoryStore(folder, "anna", EMBEDDER, known=lambda _name: EMBEDDER)
    try:
        kept = {memory.id: memory.text for memory in store.list()}
        for id_, text in sure.items():
            assert kept.get(id_) == text
        # Chroma has the same, not the index alone.
        with store.repository.transaction() as transaction:
            found = transaction.collection.get(include=["documents"])
        assert dict(zip(found["ids"], found["documents"], strict=True)) == kept
    finally:
        store.close()


def test_two_clients_at_once_lose_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from qchat_memory.store import MemoryStore\n"
        "store = MemoryStore(Path(sys.argv[1]), 'anna')\n"
        "for i in range(15):\n"
        "    store.save(f'number {i} of {sys.argv[2]}'); store.recall('which number?')\n"
        "store.close()\n"
    )
    commands = [[sys.executable, "-W", "error", "-c", code, str(tmp_path), name] for name in "ab"]
    clients = [subprocess.Popen(c, stderr=subprocess.PIPE, text=True) for c in commands]
    for client in clients:
        _, said = client.communicate(timeout=120)
        assert (client.returncode, said) == (0, "")
    store = MemoryStore(tmp_path, "anna", EMBEDDER)
    assert len(store.list()) == 30
    assert all(store.search(memory.text, 1)[0].memory == memory for memory in store.list())
    store.close()
