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


@pytest.mark.parametrize(
    ("module", "also"),
    [
        ("qchat.cli", ("textual", "rich", "prompt_toolkit", "httpx")),
        ("qchat.tui.app", ("prompt_toolkit", "httpx", "markdown_it", "pygments")),
        ("qchat.console.repl", ("textual", "httpx")),
    ],
)
def test_starting_imports_nothing_heavy(module: str, also: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded & {*HEAVY, *also} == set()
