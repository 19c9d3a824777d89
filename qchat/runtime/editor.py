"""The user's own editor, for prompts that outgrow a few lines."""

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from qchat.protocol.errors import UsageError
from qchat.runtime.language import tr

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


async def edited(text: str) -> str:
    """What the user makes of the text; the terminal is the editor's until it ends.

    Raises UsageError where it could not be used: the text is as it was then.
    """
    command = editor()
    with tempfile.TemporaryDirectory(prefix="qchat-") as folder:
        file = Path(folder) / "prompt.md"
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            status = await asyncio.to_thread(_run, [*command, str(file)])
            changed = file.read_bytes().decode("utf-8", "replace")
        except OSError as error:
            raise UsageError(
                tr("{command} could not be started: {why}", command=command[0], why=error.strerror)
            ) from error
    if status:
        raise UsageError(
            tr(
                "{command} ended with status {status}; the prompt is as it was.",
                command=command[0],
                status=status,
            )
        )
    changed = changed.replace("\r\n", "\n")
    return changed if text.endswith("\n") else changed.removesuffix("\n")  # editors add one


def _run(command: list[str]) -> int:
    return subprocess.run(command, check=False).returncode
