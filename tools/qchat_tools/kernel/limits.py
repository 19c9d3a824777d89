"""A kernel held to its limits for as long as it lives."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from qchat_tools.kernel.launch import KernelEnvironment
from qchat_tools.kernel.link import LiveKernel
from qchat_tools.sandbox import control_group, guard
from qchat_tools.sandbox.control_group import ControlGroup
from qchat_tools.sandbox.disk_use import DiskUse
from qchat_tools.sandbox.guard import Limits
from qchat_tools.sandbox.memory_use import MemoryScope, family

_LAST_PROCESSES_S = 5.0
"""How long what a kernel had started may take to be gone after it."""


async def enforce_limits(
    kernel: LiveKernel,
    where: KernelEnvironment,
    limits: Limits | None,
    before: DiskUse,
    stop: Callable[[str], None],
    judged: asyncio.Event,
) -> None:
    """Watch a kernel on this machine until it is gone; `stop` is told when it passes a limit.

    `before` is what its folder held before any code could run (see `guard.used_before`).
    `judged` is set when the kernel is gone and it is known whether that was by a limit.
    """
    if limits is None or kernel.folder is None:
        judged.set()
        return
    sandbox = where.sandbox
    scope = MemoryScope(
        kernel.pid,
        sandbox.scratch if sandbox is not None else (),
        private_network=sandbox is not None and not where.network,
    )
    folders = (where.work_dir, kernel.folder)
    async with _grouped(kernel, limits, stop, judged):
        watching = asyncio.ensure_future(guard.watch(scope, folders, limits, before, stop))
        died = asyncio.ensure_future(kernel.dead.wait())
        try:
            await asyncio.wait((watching, died), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in (watching, died):
                waiting.cancel()
            await asyncio.gather(watching, died, return_exceptions=True)


@asynccontextmanager
async def _grouped(
    kernel: LiveKernel, limits: Limits, stop: Callable[[str], None], judged: asyncio.Event
) -> AsyncGenerator[None, None]:
    """Where the system can hold the limit of memory itself, let it; it is looked at all the same.

    A control group is at once where looking takes its time, but few systems give one.
    """
    group = await asyncio.to_thread(_group_for, kernel.pid, limits)
    try:
        yield
        if group is not None and kernel.dead.is_set() and group.burst:
            stop(guard.took_too_much(limits.most_memory))
    finally:
        await kernel.dead.wait()
        judged.set()
        if group is not None:  # one with processes cannot be given back
            await asyncio.to_thread(group.remove, _LAST_PROCESSES_S)


def _group_for(pid: int, limits: Limits) -> ControlGroup | None:
    parent = control_group.delegated()
    if parent is None:
        return None
    try:
        group = ControlGroup(parent, limits.most_memory)
    except OSError:
        return None
    try:
        group.take(lambda: family(pid))
    except OSError:  # the system says no after all: it is looked at, as elsewhere
        return None if group.remove() else group
    return group
