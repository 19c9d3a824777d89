"""Code that means harm, in a real kernel under bubblewrap: nothing outside is read or changed."""

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from qchat_tools.kernel.kernel import Kernel
from qchat_tools.parts import as_text
from qchat_tools.sandbox import sandbox as sandboxes
from qchat_tools.sandbox.sandbox import find_sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")
needs_sandbox = pytest.mark.skipif(
    find_sandbox("auto") is None, reason="bubblewrap is missing or forbidden on this machine"
)

PARENT = """
import asyncio, sys
from pathlib import Path
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.sandbox.sandbox import find_sandbox

async def main():
    folder = Path(sys.argv[1])
    kernel = Kernel(folder, files_dir=folder, sandbox=find_sandbox(sys.argv[2]))
    async for part in kernel.execute("1"):
        print(kernel.live.pid, kernel.live.folder, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kernel(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kernel]:
    folder = tmp_path_factory.mktemp("sandbox")
    kernel = Kernel(
        folder / "work", files_dir=folder / "files", sandbox=find_sandbox("auto"), timeout_s=30
    )
    yield kernel
    await kernel.aclose()


@pytest.fixture
def short_folder() -> Iterator[str]:
    """What a killed parent leaves behind goes here; a short path, for the sockets in it."""
    with tempfile.TemporaryDirectory(prefix="q") as folder:
        yield folder


async def text(kernel: Kernel, code: str) -> str:
    return as_text([part async for part in kernel.execute(code)])


@needs_sandbox
async def test_the_work_folder_can_be_written_and_is_the_current_one(kernel: Kernel) -> None:
    code = "open('made.txt', 'w').write('hi'); open('made.txt').read()"
    assert await text(kernel, code) == "'hi'\n[new file: made.txt, 2 bytes]"
    assert (kernel.work_dir / "made.txt").read_text() == "hi"


@needs_sandbox
async def test_no_file_of_the_host_is_there(kernel: Kernel, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a-secret")
    home = str(Path.home())
    assert "FileNotFoundError" in await text(kernel, f"open({str(secret)!r}).read()")
    assert "FileNotFoundError" in await text(kernel, f"open({home!r} + '/.ssh/config')")
    assert await text(kernel, "import os; os.listdir(os.path.expanduser('~'))") == "['work']"
    assert "FileNotFoundError" in await text(kernel, "open('/etc/passwd')")


@needs_sandbox
@pytest.mark.parametrize(
    "path",
    ["/usr/x", "/x", "/etc/x", "/proc/sys/kernel/core_pattern", sys.prefix + "/x", "/home/x"],
)
async def test_nothing_outside_can_be_written(kernel: Kernel, path: str) -> None:
    result = await text(kernel, f"open({path!r}, 'a')")
    assert result.startswith(("Error: OSError: [Errno 30]", "Error: PermissionError"))


@needs_sandbox
async def test_a_link_out_of_the_folder_leads_nowhere(kernel: Kernel, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("a-secret")
    code = f"import os; os.symlink({str(secret)!r}, 'link'); open('link').read()"
    assert "FileNotFoundError" in await text(kernel, code)


@needs_sandbox
async def test_there_is_no_network_not_even_the_host_itself(kernel: Kernel) -> None:
    async def hello(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hello, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
    try:
        assert "Error: ConnectionRefusedError" in await text(kernel, code)
    finally:
        server.close()
        await server.wait_closed()
    # An address set aside for documentation: no packet could go anywhere even by mistake.
    code = "import socket; socket.create_connection(('192.0.2.1', 80), 2)"
    assert "Network is unreachable" in await text(kernel, code)


@needs_sandbox
async def test_the_network_is_a_switch(tmp_path: Path) -> None:
    async def hello(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    server = await asyncio.start_server(hello, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2).recv(5)"
    kernel = Kernel(tmp_path / "work", files_dir=tmp_path, sandbox=find_sandbox("auto"))
    try:
        assert "ConnectionRefusedError" in await text(kernel, code)
        await kernel.restart(network=True)
        assert (await text(kernel, code)).endswith("b'hello'")
        await kernel.restart(network=False)
        assert "ConnectionRefusedError" in await text(kernel, code)
    finally:
        await kernel.aclose()
        server.close()
        await server.wait_closed()


@needs_sandbox
async def test_no_other_process_can_be_seen_or_signalled(kernel: Kernel) -> None:
    code = f"import os; os.path.exists('/proc/{os.getpid()}/cmdline') and {os.getpid()} > 9"
    assert await text(kernel, code) == "False"
    assert "ProcessLookupError" in await text(kernel, f"import os; os.kill({os.getpid()}, 0)")


@needs_sandbox
async def test_there_are_no_privileges_and_no_way_to_new_ones(kernel: Kernel) -> None:
    status = await text(kernel, "print(open('/proc/self/status').read())")
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status


@needs_sandbox
async def test_limits_hold(kernel: Kernel) -> None:
    code = "import resource as r; x = bytearray(r.getrlimit(r.RLIMIT_AS)[0])"
    assert "MemoryError" in await text(kernel, code)
    code = "f = open('big', 'wb'); f.truncate(1 << 40)"
    assert "File too large" in await text(kernel, code)
    assert "Too many open files" in await text(
        kernel, "fs = [open('/dev/null') for _ in range(5000)]"
    )
    await text(kernel, "fs = None")


@needs_sandbox
async def test_the_kernel_is_as_good_as_before(kernel: Kernel) -> None:
    assert await text(kernel, "print(127*45)") == "5715"


@pytest.mark.parametrize("setting", [pytest.param("auto", marks=needs_sandbox), "off"])
async def test_the_kernel_dies_with_its_parent(
    setting: str, tmp_path: Path, short_folder: str
) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(tmp_path), setting),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": short_folder},
    )
    assert parent.stdout is not None
    pid, folder = (await parent.stdout.readline()).decode().split()
    channel = Path(folder) / "kernel-1"
    assert channel.is_socket()
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(10):  # without a sandbox the kernel looks once a second
        while await answers(channel) or alive(int(pid)):  # noqa: ASYNC110 (no child of ours)
            await asyncio.sleep(0.05)


async def answers(channel: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(str(channel))
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def alive(pid: int) -> bool:
    """A process that nobody waits for stays as a zombie where the machine has no proper init."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


async def test_off_means_off_and_a_missing_or_forbidden_program_means_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_sandbox("off") is None
    forbidden = tmp_path / "bwrap"
    forbidden.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
    forbidden.chmod(0o755)
    for path in (tmp_path, tmp_path / "empty"):
        monkeypatch.setenv("PATH", f"{path}:/nowhere")
        sandboxes.probe.cache_clear()
        assert find_sandbox("auto") is None
    monkeypatch.undo()
    sandboxes.probe.cache_clear()
