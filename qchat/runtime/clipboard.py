"""Copied text, on the ways that reach the reader's own clipboard from where qchat runs."""

import os
import shutil
import subprocess
from collections.abc import Mapping

TMUX_TIMEOUT_S = 2.0


def copy(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Hand a text on besides the terminal's OSC 52, and say how; empty where there is no way.

    tmux by default ignores what programs in it send by OSC 52, but takes a buffer from its own
    command and hands that to the terminal. Over SSH a clipboard of this machine would be the wrong
    one. Blocks: use a thread.
    """
    if environment.get("TMUX") and shutil.which("tmux"):
        return _to_tmux(text)
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return ""
    return _to_system(text)


def _to_tmux(text: str) -> str:
    try:
        subprocess.run(
            ["tmux", "load-buffer", "-w", "-"],
            input=text.encode("utf-8", "replace"),
            capture_output=True,
            timeout=TMUX_TIMEOUT_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return "tmux"


def _to_system(text: str) -> str:
    import pyperclip  # noqa: PLC0415  looks for programs when it is loaded

    try:
        pyperclip.copy(text)
    except (pyperclip.PyperclipException, OSError):
        return ""
    return "clipboard"
