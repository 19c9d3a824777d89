"""SVG as a picture that a terminal can draw. It is drawn in a process of its own, in the sandbox.

The library reads files that a drawing names, holds up everything while it draws, and ends its
process where memory runs out: with foreign drawings none of that may happen in the chat.
"""

import asyncio
import contextlib
import re
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import msgspec

from qchat_tools.files import keep, path_of, picture_kind
from qchat_tools.kernel.lifeline import Lifeline
from qchat_tools.parts import FilePart, ImagePart, Part
from qchat_tools.sandbox.command import SandboxedCommand
from qchat_tools.sandbox.sandbox import Sandbox, clean_environment, python_folders

WIDTH_PIXELS = 1200
"""Pixels of the picture from left to right."""
TIMEOUT_S = 5.0
MAX_SVG_BYTES = 2 * 1024 * 1024
_MEMORY = 2 * 1024 * 1024 * 1024
_REACHES_OUT = re.compile(rb"<\s*(?:\w+:)?(?:image|feImage)\b|<!|@import", re.IGNORECASE)

_CHILD = f"""
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({_MEMORY}, {_MEMORY}))
except (ImportError, ValueError, OSError):
    pass
import resvg_py
svg = sys.stdin.buffer.read().decode("utf-8", "replace")
sys.stdout.buffer.write(bytes(resvg_py.svg_to_bytes(svg_string=svg, width={WIDTH_PIXELS})))
"""


async def drawn(part: Part, files_dir: Path, sandbox: Sandbox | None) -> tuple[Part, ...]:
    """Give an SVG among the files as a picture that a terminal can draw, and itself as a file.

    Every other part is given as it is.
    """
    if not (isinstance(part, ImagePart) and part.media_type == "image/svg+xml"):
        return (part,)
    source = path_of(part.sha256, files_dir)
    file = FilePart("picture.svg", source.stat().st_size, part.sha256, part.media_type)
    png = await rasterised(source.read_bytes(), sandbox)
    kind = picture_kind(png) if png is not None else None
    if png is None or kind is None:
        return (part, file)
    media_type, width, height = kind
    sha256 = await asyncio.to_thread(keep, png, files_dir)
    picture = msgspec.structs.replace(
        part, sha256=sha256, media_type=media_type, width=width, height=height
    )
    return (picture, file)


async def rasterised(svg: bytes, sandbox: Sandbox | None) -> bytes | None:
    """Draw an SVG as PNG; None where it is no SVG, too large, or too long in the making.

    Without a sandbox a drawing that names other files is not drawn.
    """
    if len(svg) > MAX_SVG_BYTES or (sandbox is None and _REACHES_OUT.search(svg)):
        return None
    argv = [sys.executable, "-P", "-c", _CHILD]
    environment = clean_environment()
    confined: AbstractContextManager[SandboxedCommand] = nullcontext(
        SandboxedCommand(argv, environment)
    )
    if sandbox is not None:
        readable = python_folders(sys.executable)
        confined = sandbox.confine(argv, readable=readable, environment=environment)
    lifeline = Lifeline()
    try:
        with confined as plain, lifeline.tie(plain) as command:
            child = await asyncio.create_subprocess_exec(
                *command.argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=command.environment,
                pass_fds=command.pass_fds,
            )
    except OSError:
        lifeline.cut()
        return None
    try:
        async with asyncio.timeout(TIMEOUT_S):
            png, _ = await child.communicate(svg)
    except TimeoutError:
        return None
    finally:
        lifeline.cut()
        if sys.platform == "win32" and child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
        await child.wait()
    return png if picture_kind(png) else None
