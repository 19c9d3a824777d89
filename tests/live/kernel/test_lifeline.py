"""Nothing of a kernel outlives its client, whenever that dies; honest code cannot cut its life."""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qchat_tools.kernel.kernel import Kernel
from qchat_tools.sandbox.sandbox import Sandbox
from tests.live.kernel.runs import run, text

pytestmark = pytest.mark.asyncio(loop_scope="module")
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives orphans to a parent")

CLIENTS = """
import asyncio, ctypes, os, random, signal, sys, time
from pathlib import Path
from qchat_tools.kernel import launch
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.kernel.launch import KernelEnvironment
from qchat_tools.sandbox.sandbox import find_sandbox

STARTS = '''
import os, subprocess
for session in (False, True):
    subprocess.Popen(["sleep", "600"], start_new_session=session)
if os.fork() == 0:
    os.setsid()
    os.closerange(0, 256)
    if os.fork() == 0:
        signal_nothing = [__import__("signal").signal(n, 1) for n in (1, 2, 15)]
        __import__("time").sleep(600)
    os._exit(0)
print("started")
'''
folder, setting, rounds, longest_s, seed = Path(sys.argv[1]), *sys.argv[2:]

async def work():
    kernel = Kernel(folder, files_dir=folder, sandbox=find_sandbox(setting))
    async for part in kernel.execute(STARTS):
        pass
    os.write(told, b"x")
    await asyncio.sleep(600)

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
find_sandbox(setting)
launch.prepare(KernelEnvironment(folder))
draw = random.Random(int(seed))
for round in range(int(rounds)):
    hear, told = os.pipe()
    client = os.fork()
    if not client:
        asyncio.run(work())
    os.close(told)
    if round:
        time.sleep(draw.uniform(0, float(longest_s)))  # the moment of the kill
    else:
        os.read(hear, 1)  # the first one may live until all has been started
    os.kill(client, signal.SIGKILL)
    os.close(hear)
    while True:  # what a client leaves comes to this process; it waits for all of it
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            break
    print(round, flush=True)
"""


@pytest.fixture
def short_folder() -> Iterator[str]:
    """What a killed client leaves behind goes here; a short path, for the sockets in it."""
    with tempfile.TemporaryDirectory(prefix="q") as folder:
        yield folder


@linux
async def test_nothing_outlives_a_client_that_is_killed_at_any_moment(
    sandbox: Sandbox | None, tmp_path: Path, short_folder: str
) -> None:
    """By awaiting: a process that stayed would be waited for until the test is given up."""
    setting = "auto" if sandbox else "off"
    rounds, longest_s, seed = 16, 0.3, random.randrange(1 << 30)
    arguments = [str(tmp_path), setting, str(rounds), str(longest_s), str(seed)]
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", CLIENTS, *arguments],
        env={**os.environ, "TMPDIR": short_folder},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.stdout.split() == [str(n) for n in range(rounds)], (seed, done.stderr)


@pytest.mark.skipif(os.name != "posix", reason="there is nothing between there")
@pytest.mark.parametrize(
    "code",
    [
        "import subprocess; subprocess.run('kill 0; true', shell=True, start_new_session=True)",
        "import os, signal\nsignal.signal(15, signal.SIG_IGN)\nos.killpg(os.getpgrp(), 15)",
        "import os\nif os.fork() == 0:\n    os.closerange(0, 256)\n    os._exit(0)\nos.wait()[1]",
        "import io, sys; was, sys.stdout = sys.stdout, io.StringIO(); print(1); sys.stdout = was",
        "import os\nfd = os.dup(1); os.close(1); os.close(0); os.dup2(fd, 1)",
        "import subprocess; subprocess.Popen(['sleep', '600'], close_fds=False); None",
        "import multiprocessing as m\nwith m.get_context('fork').Pool(2) as pool:"
        "\n    pool.map(abs, range(9))",
    ],
)
async def test_honest_code_keeps_its_kernel(kernel: Kernel, code: str) -> None:
    await run(kernel, "kept = 41")
    await run(kernel, code)
    assert await text(kernel, "kept + 1") == "42"
