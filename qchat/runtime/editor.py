"""The user's own editor, for prompts that outgrow a few lines."""

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr

LOOK_EVERY_S = 0.5
SAVED_AS = ("prompt.md", "prompt.md.save", "#prompt.md#")
"""The file, and where nano and Emacs save it when their terminal is closed."""
FALLBACKS = ("notepad",) if sys.platform == "win32" else ("nano", "vim", "vi")


def editor(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The command that opens a file. Raises UsageError where there is none."""
    wanted = environment.get("VISUAL") or environment.get("EDITOR") or ""
    command = shlex.split(wanted, posix=sys.platform != "win32")
    if not command:
        command = [name for name in FALLBACKS if shutil.which(name)][:1]
    if not command or not shutil.which(command[0]):
        name = command[0] if command else "an editor"
        raise UsageError(
            tr("Could not find {name}. Set EDITOR to the editor that you use.", name=name)
        )
    return command


async def edited(text: str, saved: Callable[[str], None] = lambda _: None) -> str:
    """What the user makes of the text; the terminal is the editor's until it ends.

    `saved` is told of what was saved so far: it can be kept if this process ends first. Raises
    UsageError where the editor could not be used: the text is as it was then.
    """
    command = editor()
    with tempfile.TemporaryDirectory(prefix="qchat-") as folder:
        file = Path(folder) / "prompt.md"
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        watching = asyncio.create_task(_watch(file, text, saved))
        try:
            status = await asyncio.to_thread(_run, [*command, str(file)])
            changed = _read(file, text)
        except OSError as error:
            raise UsageError(
                tr("{command} could not be started: {why}", command=command[0], why=error.strerror)
            ) from error
        finally:
            watching.cancel()
            saved(_newest(file, text))
    if status:
        raise UsageError(
            tr(
                "{command} ended with status {status}; the prompt is as it was.",
                command=command[0],
                status=status,
            )
        )
    return changed


async def _watch(file: Path, text: str, saved: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        saved(_newest(file, text))


def _read(file: Path, before: str) -> str:
    """The text of a file, without the line end that editors add."""
    text = file.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
    return text if before.endswith("\n") else text.removesuffix("\n")


def _newest(file: Path, before: str) -> str:
    """What was saved last: editors whose terminal is closed save beside the file."""
    try:
        files = [path for name in SAVED_AS if (path := file.with_name(name)).exists()]
        return _read(max(files, key=lambda path: path.stat().st_mtime), before)
    except (OSError, ValueError):  # it is being written
        return before


def _run(command: list[str]) -> int:
    return subprocess.run(command, check=False).returncode
