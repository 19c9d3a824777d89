"""Which kernel is started, with what, and what is said where that cannot be."""

import json
import sys
from pathlib import Path

import pytest

from qchat_tools.base import ToolError
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.sandbox.sandbox import Sandbox
from tests.live.kernel.runs import run, text

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_only_what_is_harmless_of_the_environment_reaches_the_kernel(
    sandbox: Sandbox | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "a-secret")
    kernel = Kernel(tmp_path / "work", files_dir=tmp_path, sandbox=sandbox)
    code = "import os; print(dict(os.environ))"
    if sandbox is not None:  # its own process is the parent that can be seen inside
        code += "; print(open(f'/proc/{os.getppid()}/environ').read())"
    try:
        seen = await text(kernel, code)
    finally:
        await kernel.aclose()
    assert "a-secret" not in seen
    assert "PATH" in seen


async def test_a_kernelspec_that_does_not_exist_is_one_clear_line(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path, files_dir=tmp_path, kernelspec="nope")
    kernel.start()
    for _ in range(2):
        with pytest.raises(
            ToolError, match=r"no Jupyter kernel named 'nope' .*python\.kernel"
        ) as caught:
            await run(kernel, "1")
        assert "\n" not in str(caught.value)
    await kernel.aclose()


async def test_an_installed_kernelspec_is_used(
    sandbox: Sandbox | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "jupyter" / "kernels" / "mine"
    spec.mkdir(parents=True)
    described = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Mine",
        "language": "python",
        "env": {"MINE": "yes"},
    }
    (spec / "kernel.json").write_text(json.dumps(described))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    kernel = Kernel(tmp_path / "work", files_dir=tmp_path, kernelspec="mine", sandbox=sandbox)
    try:
        assert await text(kernel, "import os; print(os.environ['MINE'])") == "yes"
    finally:
        await kernel.aclose()


async def test_another_interpreter_is_used_by_its_path(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nMINE=yes exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    kernel = Kernel(tmp_path / "work", files_dir=tmp_path, kernelspec=str(python))
    try:
        assert await text(kernel, "import os; print(os.environ['MINE'])") == "yes"
    finally:
        await kernel.aclose()


@pytest.mark.parametrize(
    ("script", "why"),
    [("exit 1", "has no ipykernel: install it"), (None, "which is not a program")],
)
async def test_an_interpreter_that_cannot_is_one_clear_line(
    script: str | None, why: str, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    if script is not None:
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
    kernel = Kernel(tmp_path / "work", files_dir=tmp_path, kernelspec=str(python))
    with pytest.raises(ToolError, match=why):
        await run(kernel, "1")
    await kernel.aclose()


async def test_a_kernel_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "jupyter" / "kernels" / "broken"
    spec.mkdir(parents=True)
    argv = ["sh", "-c", "echo no luck today >&2; exit 7"]
    described = {"argv": argv, "display_name": "Broken", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(described))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    kernel = Kernel(tmp_path / "work", files_dir=tmp_path, kernelspec="broken")
    with pytest.raises(ToolError, match=r"did not start \(exit status 7\): no luck today"):
        await run(kernel, "1")
    await kernel.aclose()
