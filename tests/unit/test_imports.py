"""What is heavy is imported when it is needed, and not before."""

import subprocess
import sys

import pytest

HEAVY = (
    "chromadb",
    "jupyter_client",
    "ipykernel",
    "trafilatura",
    "ddgs",
    "tokenizers",
    "xllamacpp",
    "numpy",
)

NOT_FIRST = (
    *("textual", "rich", "prompt_toolkit", "httpx", "asyncio", "sqlite3"),
    *(
        "qchat_memory.memory",
        "qchat_memory.store",
        "qchat_tools.base",
        "qchat.conversation.session",
        "qchat.store",
    ),
)
"""A prompt takes keys before any of these is read: half a second of a processor and more."""


@pytest.mark.parametrize(
    ("module", "also"),
    [
        ("qchat.cli", NOT_FIRST),
        ("qchat.tui.app", ("prompt_toolkit", "httpx", "markdown_it", "pygments")),
        ("qchat.console.repl", ("textual", "httpx")),
        ("qchat_tools.kernel.python", ("zmq",)),
    ],
)
def test_starting_imports_nothing_heavy(module: str, also: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert {*done.stdout.split()} & {*HEAVY, *also} == set()
