"""What tests of the kernel do with it, and look at."""

import os
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from qchat_tools.base import AskInput
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.parts import (
    Part,
    RunPart,
    TextPart,
    as_text,
    joined,
)

TIME_LIMIT_S = 1.5


def left_in(folder: str | Path) -> set[Path]:
    return set(Path(folder).glob("qchat-*"))


async def run(kernel: Kernel, code: str, ask_input: AskInput | None = None) -> tuple[Part, ...]:
    """What code gave back, without what is for the reader alone, or stands on every run."""
    parts = [part async for part in kernel.execute(code, ask_input)]
    return joined([p for p in parts if not isinstance(p, RunPart) and not is_traceback(p)])


def is_traceback(part: Part) -> bool:
    return isinstance(part, TextPart) and part.stream == "traceback"


async def begun(parts: AsyncGenerator[Part, None]) -> Part:
    """The first output of a run."""
    part = await anext(parts)
    assert isinstance(part, RunPart)
    return await anext(parts)


async def text(kernel: Kernel, code: str) -> str:
    return as_text(await run(kernel, code))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def process_id(kernel: Kernel) -> int:
    """The outermost process: the sandbox's where there is one."""
    assert kernel.live is not None
    return kernel.live.pid


def streams(parts: Sequence[Part]) -> list[str]:
    return [part.stream for part in parts if isinstance(part, TextPart)]
