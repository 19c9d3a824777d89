"""A kernel held to its limits for as long as it lives."""

import asyncio
from collections.abc import Callable

from qchat_tools.kernel.launch import KernelEnvironment
from qchat_tools.kernel.link import LiveKernel
from qchat_tools.sandbox import guard
from qchat_tools.sandbox.guard import Limits
from qchat_tools.sandbox.memory_use import MemoryScope


async def enforce_limits(
    kernel: LiveKernel, where: KernelEnvironment, limits: Limits | None, stop: Callable[[str], None]
) -> None:
    """Watch a kernel on this machine until it is gone; `stop` is told when it passes a limit."""
    if limits is None or kernel.folder is None:
        return
    sandbox = where.sandbox
    scope = MemoryScope(
        kernel.pid,
        sandbox.scratch if sandbox is not None else (),
        private_network=sandbox is not None and not where.network,
    )
    folders = (where.work_dir, kernel.folder)
    watching = asyncio.ensure_future(guard.watch(scope, folders, limits, stop))
    died = asyncio.ensure_future(kernel.dead.wait())
    try:
        await asyncio.wait((watching, died), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiting in (watching, died):
            waiting.cancel()
        await asyncio.gather(watching, died, return_exceptions=True)
