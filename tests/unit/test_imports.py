"""What is heavy is imported when it is needed, and not before."""

import subprocess
import sys
import tomllib
from pathlib import Path

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
        ("qchat_tools.web.read", ("lxml", "tinycss2", "hishel")),
        ("qchat_tools.web.search_tool", ("lxml", "tinycss2", "hishel")),
    ],
)
def test_starting_imports_nothing_heavy(module: str, also: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert {*done.stdout.split()} & {*HEAVY, *also} == set()


ROOT = Path(__file__).parents[2]
MODULES = {
    "grpcio": "grpc",
    "opentelemetry-exporter-otlp-proto-grpc": "opentelemetry.exporter",
}
"""Where a module is not called as its package is."""


def _left_out() -> list[str]:
    lines = (ROOT / "slim.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_what_is_left_out_is_one_list() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert settings["tool"]["uv"]["override-dependencies"] == _left_out()


def test_what_slim_leaves_out_is_never_loaded(tmp_path: Path) -> None:
    """Chroma, extraction, kernel, vectors, search: each package refused, where it is there."""
    names = [line.split(" ")[0] for line in _left_out()]
    refused = [MODULES.get(name, name.replace("-", "_")) for name in names]
    code = f"""
import sys
for name in {refused!r}:
    sys.modules[name] = None  # importing it fails
from qchat_memory.storage.library import chromadb, settings
client = chromadb().PersistentClient(path={str(tmp_path)!r}, settings=settings())
collection = client.get_or_create_collection("words", embedding_function=None)
collection.add(ids=["1"], embeddings=[[1.0, 2.0]], documents=["owls"])
print(collection.query(query_embeddings=[[1.0, 2.0]])["documents"])
from qchat_tools.web import html_article
assert not any(name.partition(".")[0] == "babel" for name in sys.modules if sys.modules[name])
import ddgs.engines, ipykernel.kernelapp, jupyter_client, nbformat, pypdf, tokenizers, xllamacpp
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "[['owls']]\n", done.stderr


def test_httpx_comes_without_its_command_line() -> None:
    code = (
        "import sys; from qchat.runtime import unused_imports as unused; unused.leave_out();"
        "import httpx; print(*sys.modules); import click"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert {*done.stdout.split()} & {"click", "rich", "pygments"} == set()
