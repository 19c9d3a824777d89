"""All the ways in which a run or a kernel ends, and what is left after it."""

import asyncio
import os
import signal
import tempfile
from pathlib import Path

import pytest

from qchat_tools.base import ToolError
from qchat_tools.kernel import kernel as kernels
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.kernel.process import KernelProcess
from qchat_tools.parts import (
    TextPart,
    as_text,
)
from qchat_tools.sandbox.sandbox import Sandbox
from tests.live.kernel.runs import (
    TIME_LIMIT_S,
    begun,
    is_alive,
    left_in,
    process_id,
    run,
    streams,
    text,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_runs_wait_for_each_other(kernel: Kernel) -> None:
    codes = [f"import time; time.sleep(.05); print({n})" for n in range(4)]
    assert await asyncio.gather(*(text(kernel, code) for code in codes)) == ["0", "1", "2", "3"]


async def test_cancelling_interrupts_and_leaves_state_and_kernel(kernel: Kernel) -> None:
    await run(kernel, "kept = 'still here'")
    parts = kernel.execute("print('go', end='', flush=True)\nimport time\ntime.sleep(60)")
    await begun(parts)
    waiting = asyncio.ensure_future(anext(parts))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await text(kernel, "kept") == "'still here'"


async def test_cancelling_before_the_code_began_leaves_no_code_behind(kernel: Kernel) -> None:
    await run(kernel, "kept = 'still here'")
    for _ in range(5):
        task = asyncio.ensure_future(run(kernel, "import time; time.sleep(60)"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await text(kernel, "kept") == "'still here'"


async def test_closing_the_generator_interrupts(kernel: Kernel) -> None:
    parts = kernel.execute("print('go', end='', flush=True)\nwhile True: pass")
    await begun(parts)
    await parts.aclose()
    assert await text(kernel, "1") == "1"


async def test_interrupt_is_an_exception_in_the_code(kernel: Kernel) -> None:
    parts = kernel.execute("print('go', end='', flush=True)\nwhile True: pass")
    await begun(parts)
    await kernel.interrupt()
    assert as_text([part async for part in parts]).startswith("Error: KeyboardInterrupt\nline ")


async def test_interrupts_that_come_late_stop_nothing_that_comes_after(kernel: Kernel) -> None:
    for _ in range(3):
        parts = kernel.execute("print('go', end='', flush=True)\nimport time\ntime.sleep(60)")
        assert await begun(parts) == TextPart("go", "stdout")
        for _ in range(40):
            await kernel.interrupt()
        async for _part in parts:
            pass  # so many may also stop the telling of the first
        assert await text(kernel, "sum(1 for _ in range(300_000))") == "300000"


async def test_the_time_limit_interrupts(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "timeout_s", TIME_LIMIT_S)
    await run(kernel, "kept = 'still here'")
    code = "print('begun')\nimport time\ntime.sleep(60)"
    parts = await asyncio.wait_for(run(kernel, code), TIME_LIMIT_S + 30)
    assert parts == (
        TextPart("begun\n", "stdout"),
        TextPart("Error: stopped after the time limit of 1.5 s (python.timeout_s)", "error"),
    )
    assert await text(kernel, "kept") == "'still here'"


async def test_code_that_will_not_stop_is_killed_and_the_loss_is_told(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "timeout_s", TIME_LIMIT_S)
    monkeypatch.setattr(kernels, "GRACE_S", 0.7)
    deaf = (
        "import time\nwhile True:\n  try:\n    time.sleep(9)\n  except KeyboardInterrupt:\n    pass"
    )
    message = await text(kernel, "kept = 1\n" + deaf)
    assert message.startswith("Error: stopped after the time limit")
    assert message.endswith("it had to be killed, and all variables are gone")
    monkeypatch.setattr(kernel, "timeout_s", 20)
    assert (
        await text(kernel, "kept") == "Error: NameError: name 'kept' is not defined\nline 1: kept"
    )


async def test_cancelling_deaf_code_kills_it_and_the_next_run_is_told(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "GRACE_S", 0.7)
    deaf = "import signal\nreal, signal.signal = signal.signal, lambda *a: None\n"
    parts = kernel.execute(deaf + "real(2, signal.SIG_IGN)\nprint(1, flush=True)\nwhile True: pass")
    await begun(parts)
    await parts.aclose()
    assert await run(kernel, "print(1)") == (
        TextPart("[the Python kernel was restarted: earlier variables are gone]\n", "stderr"),
        TextPart("1\n", "stdout"),
    )
    assert await text(kernel, "2") == "2"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os; os._exit(3)", "exit status 3"),
        ("import ctypes; ctypes.string_at(0)", "killed by SIGSEGV"),
    ],
)
async def test_a_kernel_that_dies_in_a_run_is_noticed_and_replaced(
    kernel: Kernel, code: str, reason: str
) -> None:
    parts = await asyncio.wait_for(run(kernel, code), 15)
    expected = f"Error: the Python kernel died ({reason}); all its variables are gone"
    assert as_text(parts).endswith(expected)
    assert await text(kernel, "1") == "1"


async def test_a_kernel_that_dies_between_runs_is_replaced_and_the_next_run_is_told(
    kernel: Kernel,
) -> None:
    await run(kernel, "kept = 1")
    process = kernel.live
    assert process is not None
    os.kill(process_id(kernel), signal.SIGKILL)
    await process.dead.wait()
    assert streams(await run(kernel, "kept")) == ["stderr", "error"]


async def test_restart_gives_a_fresh_kernel(kernel: Kernel) -> None:
    await run(kernel, "kept = 1")
    old = process_id(kernel)
    await kernel.restart()
    assert not is_alive(old)
    assert streams(await run(kernel, "kept")) == ["stderr", "error"]


async def test_restart_ends_what_runs(kernel: Kernel) -> None:
    parts = kernel.execute("print('go', end='', flush=True)\nwhile True: pass")
    await begun(parts)
    restarting = asyncio.ensure_future(kernel.restart())
    assert streams([part async for part in parts])[-1:] == ["error"]
    await restarting
    assert await text(kernel, "1") == "1"


async def test_closing_while_it_starts_leaves_nothing(
    sandbox: Sandbox | None, tmp_path: Path
) -> None:
    before = left_in(tempfile.gettempdir())
    for pause_s in (0, 0.1, 0.3):
        kernel = Kernel(tmp_path, files_dir=tmp_path, sandbox=sandbox)
        kernel.start()
        await asyncio.sleep(pause_s)
        await kernel.aclose()
        with pytest.raises(ToolError, match="closed"):
            await run(kernel, "1")
    assert left_in(tempfile.gettempdir()) == before


async def test_closing_while_code_runs_ends_the_run(
    sandbox: Sandbox | None, tmp_path: Path
) -> None:
    kernel = Kernel(tmp_path, files_dir=tmp_path, sandbox=sandbox)
    parts = kernel.execute("print('go', end='', flush=True)\nwhile True: pass")
    await begun(parts)
    pid = process_id(kernel)
    await kernel.aclose()
    assert [part async for part in parts] == []
    assert not is_alive(pid)


async def test_one_interrupt_is_on_its_way_so_that_none_stops_what_runs_next(
    kernel: Kernel, sandbox: Sandbox | None
) -> None:
    if sandbox is None:
        pytest.skip("there they are signals, and at once where they go")
    parts = kernel.execute("print('go', end='', flush=True)\nimport time\ntime.sleep(60)")
    await begun(parts)
    for _ in range(50):
        await kernel.interrupt()
    process = kernel.live
    assert isinstance(process, KernelProcess)
    assert [task.get_name() for task in asyncio.all_tasks()].count("kernel-interrupt") == 1
    assert streams([part async for part in parts])[-1:] == ["error"]
    assert await text(kernel, "1") == "1"
