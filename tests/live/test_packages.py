"""Packages in an environment of their own, from an index that is a folder of this test."""

import zipfile
from pathlib import Path

import pytest

from qchat_tools.base import ToolError
from qchat_tools.kernel import packages
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.parts import as_text
from qchat_tools.sandbox.sandbox import find_sandbox


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pip looks, and nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tinyfacts-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tinyfacts.py", "ANSWER = 42\n")
        about = "Metadata-Version: 2.1\nName: tinyfacts\nVersion: 1.0\n"
        wheel.writestr("tinyfacts-1.0.dist-info/METADATA", about)
        tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr("tinyfacts-1.0.dist-info/WHEEL", tag)
        wheel.writestr("tinyfacts-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", folder.as_uri())
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


@pytest.mark.usefixtures("index")
async def test_a_package_is_there_for_kernels_and_for_nobody_else(tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    assert await packages.install(["tinyfacts"], environment)
    assert not await packages.install(["tinyfacts"], environment)
    for sandbox in {find_sandbox("auto"), None}:
        kernel = Kernel(
            tmp_path / "work", files_dir=tmp_path, sandbox=sandbox, environment=environment
        )
        try:
            code = "import tinyfacts, numpy; print(tinyfacts.ANSWER)"
            assert as_text([part async for part in kernel.execute(code)]) == "42"
        finally:
            await kernel.aclose()
    with pytest.raises(ModuleNotFoundError):
        __import__("tinyfacts")


@pytest.mark.usefixtures("index")
async def test_what_is_not_to_be_had_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="pip could not install nosuchthing: ") as caught:
        await packages.install(["nosuchthing"], tmp_path / "environment")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "--index-url=http://a.example", "-r x", "git+https://a.example/x", "../x", "a;b"]
)
async def test_only_names_of_packages_are_taken(text: str) -> None:
    with pytest.raises(ToolError):
        packages.requirements(text)


async def test_names_may_have_versions_and_extras() -> None:
    names = ["numpy", "pandas[excel]>=2", "x==1.*"]
    assert packages.requirements(" ".join(names)) == names
