"""The code interpreter: what qchat adds to raw jupyter_client on the same kernel."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from jupyter_client.asynchronous.client import AsyncKernelClient

from qchat.bench.table import Row, middle
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.sandbox.sandbox import Sandbox, find_sandbox

WARM = 40
STARTS = 5
LARGE_BYTES = 150_000_000
PAUSE_S = 0.1
"""Longer, and typing is felt to hang."""
LINES = 100_000
OPEN_S = 3.0
TICK_S = 0.005


async def rows() -> list[Row]:
    """Four measurements, each against the same thing without qchat, or without a part of it."""
    with tempfile.TemporaryDirectory(prefix="q") as name:
        folder = Path(name)
        sandbox = find_sandbox("auto")
        kernel = await _opened(folder, sandbox)
        raw = await _raw(kernel)
        try:
            measured = [await _warm(kernel, raw), *await _flood(kernel, raw)]
        finally:
            raw.stop_channels()
            await kernel.aclose()
        if sandbox is not None:
            measured.append(await _start(folder, sandbox))
        measured.append(await _first_run(folder, sandbox))
    return measured


async def _opened(folder: Path, sandbox: Sandbox | None) -> Kernel:
    kernel = Kernel(folder / "work", files_dir=folder / "files", sandbox=sandbox)
    await _run(kernel, "1+1")
    return kernel


async def _run(kernel: Kernel, code: str) -> float:
    began = time.perf_counter()
    async for _ in kernel.execute(code):
        pass
    return time.perf_counter() - began


async def _raw(kernel: Kernel) -> Any:
    """A second client of the same kernel, as jupyter_client makes them."""
    client = AsyncKernelClient(connection_file=str(kernel.connection_file))
    client.load_connection_file()
    client.start_channels(hb=False)
    await client.wait_for_ready(timeout=30)
    return client


async def _run_raw(client: Any, code: str) -> float:
    began = time.perf_counter()
    request = client.execute(code)
    while True:
        message = await client.get_iopub_msg()
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            break
    await client.get_shell_msg()
    return time.perf_counter() - began


async def _warm(kernel: Kernel, raw: Any) -> Row:
    ours, theirs = [], []
    for _ in range(WARM):  # in turn, so that both see the same machine
        ours.append(await _run(kernel, "1+1"))
        theirs.append(await _run_raw(raw, "1+1"))
    mine, other = middle(ours), middle(theirs)
    against = f"{other * 1000:.1f} ms raw jupyter_client"
    return Row("a warm run of 1+1", f"{mine * 1000:.1f} ms", against, mine / other, 1.2)


async def _flood(kernel: Kernel, raw: Any) -> list[Row]:
    code = f"for i in range({LINES}): print(i)"
    ours, theirs, pauses = [], [], []
    for _ in range(3):
        took, pause = await _run_watched(kernel, code)
        ours.append(took)
        pauses.append(pause)
        theirs.append(await _run_raw(raw, code))
    large = [await _run_watched(kernel, f"print('x' * {LARGE_BYTES:_})") for _ in range(3)]
    mine, other = middle(ours), middle(theirs)
    against = f"{other:.2f} s raw jupyter_client"
    return [
        Row("100,000 lines of output", f"{mine:.2f} s", against, mine / other, 1.5),
        _pause("longest pause of the interface meanwhile", max(pauses)),
        _pause("likewise, in one print of 150 MB", middle([pause for _, pause in large])),
    ]


async def _run_watched(kernel: Kernel, code: str) -> tuple[float, float]:
    """Seconds that code ran, and the longest for which the event loop was held up meanwhile."""
    ticker = asyncio.create_task(_longest_wait())
    took = await _run(kernel, code)
    ticker.cancel()
    return took, max(await asyncio.gather(ticker))


def _pause(what: str, pause: float) -> Row:
    return Row(what, f"{pause * 1e3:.0f} ms", f"{PAUSE_S * 1e3:.0f} ms", pause / PAUSE_S, 1.0)


async def _longest_wait() -> float:
    """How late a task that wants to run all the time was at most; ends when it is cancelled."""
    longest, before = 0.0, time.perf_counter()
    try:
        while True:
            await asyncio.sleep(TICK_S)
            now = time.perf_counter()
            longest, before = max(longest, now - before), now
    except asyncio.CancelledError:
        return longest


async def _start(folder: Path, sandbox: Sandbox) -> Row:
    inside, outside = [], []
    for _ in range(STARTS):
        inside.append(await _time_to_start(folder, sandbox))
        outside.append(await _time_to_start(folder, None))
    mine, other = middle(inside), middle(outside)
    more = (mine - other) * 1000
    against = f"{other:.2f} s without, {more:+.0f} ms of at most 200"
    return Row("kernel start in the sandbox", f"{mine:.2f} s", against, max(more, 0) / 200, 1.0)


async def _time_to_start(folder: Path, sandbox: Sandbox | None) -> float:
    began = time.perf_counter()
    kernel = await _opened(folder, sandbox)
    took = time.perf_counter() - began
    await kernel.aclose()
    return took


async def _first_run(folder: Path, sandbox: Sandbox | None) -> Row:
    """The first run of a session that has been open for three seconds, against one with a start."""
    cold = await _time_to_start(folder, sandbox)
    kernel = Kernel(folder / "first", files_dir=folder / "files", sandbox=sandbox)
    kernel.start()
    await asyncio.sleep(OPEN_S)
    try:
        first = await _run(kernel, "1+1")
    finally:
        await kernel.aclose()
    against = f"{cold * 1000:.0f} ms with a start in it"
    return Row("first run after 3 s", f"{first * 1000:.0f} ms", against, first / cold, 0.5)
