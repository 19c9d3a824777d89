"""A program that is asked to end closes what it opened, and says by its status who asked."""

import asyncio
import os
import signal
import sys

import pytest

PROGRAM = """
import asyncio, sys
from qchat.runtime.ends import until_asked

async def work():
    try:
        print("ready", flush=True)
        await asyncio.sleep(60)
        return 0
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
    assert said == b"closed\n"
    assert program.returncode == 128 + number
