"""Runs `qchat` in processes forked from one that has loaded everything: each saves a second."""

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from qchat import __main__ as program
from qchat_memory.storage import chroma_client, chroma_process
from tests.program import environment

_LOADED = ["pytest", "tests.loaded", "numpy", "tokenizers", "qchat.admin.memory", __name__]


def forked(home: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """What `tests.program.qchat` does, for those who run it dozens of times."""
    can_fork = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if can_fork else "spawn")
    context.set_forkserver_preload(_LOADED)
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("in", "out", "err")]
        streams[0].write_text(stdin, encoding="utf-8")
        process = context.Process(  # type: ignore[attr-defined]
            target=_child, args=(environment(home), arguments, streams)
        )
        process.start()
        process.join(120)
        assert process.exitcode is not None, "it did not end"
        out, err = (stream.read_text(encoding="utf-8") for stream in streams[1:])
    return subprocess.CompletedProcess(arguments, process.exitcode, out, err)


class ForkedChroma:
    """The process of Chroma as a fork of the one that needs it, which has loaded it already."""

    def __init__(self) -> None:
        (there, out), (in_, back) = os.pipe(), os.pipe()
        owner = os.getpid()
        self.pid = os.fork()
        if not self.pid:
            for other in {*range(3, 256)} - {there, back}:  # no lock of its owner above all
                with suppress(OSError):
                    os.close(other)
            chroma_process.serve(os.fdopen(there, "rb"), os.fdopen(back, "wb"), owner)
            os._exit(0)
        os.close(there)
        os.close(back)
        self.stdin, self.stdout = os.fdopen(out, "wb"), os.fdopen(in_, "rb")

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _child(given: dict[str, str], arguments: Sequence[str], streams: Sequence[Path]) -> None:
    os.environ.clear()
    os.environ.update(given)
    for number, (stream, mode) in enumerate(zip(streams, ("r", "w", "w"), strict=True)):
        with stream.open(mode) as file:
            os.dup2(file.fileno(), number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  for as long as it runs
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.argv = ["qchat", *arguments]
    if hasattr(os, "fork"):
        chroma_client.use(chroma_client.NativeProcess(ForkedChroma))
    try:
        status = program.main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    sys.exit(status)
