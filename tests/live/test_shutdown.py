"""A program that is asked to end closes what it opened, and says by its status who asked."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qchat.runs.goal import Goal
from qchat.runs.verifier import by_command

PROGRAM = """
import asyncio, sys
from qchat.runtime.shutdown import until_asked

async def work():
    try:
        print("ready", flush=True)
        await asyncio.sleep(60)
        return 0
    except asyncio.CancelledError as error:
        print(error, flush=True)
        raise
    finally:
        print("closed", flush=True)

sys.exit(asyncio.run(until_asked(work())))
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_program_that_is_asked_to_end_closes_everything(number: signal.Signals) -> None:
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM), stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    assert await program.stdout.readline() == b"ready\n"
    program.send_signal(number)
    said, _ = await program.communicate()
    assert said.startswith(b"stopped: ")
    assert said.endswith(f"({number.name})\nclosed\n".encode())
    assert program.returncode == 128 + number


def test_work_that_never_ends_does_not_keep_the_program_alive() -> None:
    code = (
        "import asyncio, threading\n"
        "from qchat_tools.web.deadline import within\n"
        "async def main():\n"
        "    try: await within(0.02, threading.Event().wait)\n"
        "    except TimeoutError: print('timed out')\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "timed out\n", "")


async def test_a_command_that_never_ends_is_ended_with_all_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    child = f"import time; time.sleep(2); open({str(mark)!r}, 'w')"
    script = tmp_path / "check.py"
    script.write_text(
        f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {json.dumps(child)}])\n"
    )
    goal = Goal("g", until=f'"{sys.executable}" "{script}"', folder=str(tmp_path))
    checked = await by_command(goal, tmp_path, limit_s=0.3)
    assert not checked.met
    assert "longer than" in checked.evidence
    assert not mark.exists()
