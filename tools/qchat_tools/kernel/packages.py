"""Packages that the user wants for the kernels, in a virtual environment of their own.

It stands on top of the environment that qchat runs in: what that has is found, and never changed.
"""

import asyncio
import re
import sys
import sysconfig
import venv
from pathlib import Path

from qchat_tools.base import ToolError
from qchat_tools.kernel.launch import python_in

TIMEOUT_S = 600.0
_REQUIREMENT = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9._,-]+\])?((==|>=|<=|~=|!=|<|>)[A-Za-z0-9.*+!]+)?"
)


def requirements(text: str) -> list[str]:
    """Split what the user typed into package names with versions. Raises ToolError for others.

    Options, addresses and paths are refused: they could name any other place to install from.
    """
    names = text.replace(",", " ").split()
    for name in names:
        if not _REQUIREMENT.fullmatch(name):
            raise ToolError(f"{name!r} is not the name of a package (like numpy or numpy==2.4)")
    if not names:
        raise ToolError("/kernel install needs the name of a package")
    return names


async def install(names: list[str], environment: Path) -> bool:
    """Install packages; True if the environment is new, and kernels must restart to see it.

    Only built packages: building one would run its code outside of the sandbox. Raises ToolError.
    """
    new = await asyncio.to_thread(_prepare, environment)
    argv = [sys.executable, "-m", "pip", "--python", str(python_in(environment)), "install"]
    argv += ["--only-binary", ":all:", "--no-input", "--disable-pip-version-check", "--quiet"]
    child = await asyncio.create_subprocess_exec(
        *(*argv, *names),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(TIMEOUT_S):
            _, said = await child.communicate()
    except TimeoutError as error:
        raise ToolError(f"pip took more than {TIMEOUT_S:g} s and was stopped") from error
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode:
        raise ToolError(f"pip could not install {' '.join(names)}: {_complaint(said)}")
    return new


def _prepare(environment: Path) -> bool:
    """Make the environment where it is not there yet."""
    if python_in(environment).exists():
        return False
    try:
        venv.EnvBuilder(symlinks=sys.platform != "win32").create(environment)
        site = sysconfig.get_path("purelib", "venv", {"base": str(environment)})
        below = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        (Path(site) / "qchat-below.pth").write_text("\n".join(sorted(below)) + "\n", "utf-8")
    except OSError as error:
        why = error.strerror or error
        raise ToolError(f"cannot make the environment {environment}: {why}") from error
    return True


def _complaint(said: bytes) -> str:
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    if "No module named pip" in " ".join(lines):
        return "this Python has no pip"
    return " ".join((errors or lines or ["it gave no reason"])[:2]).replace("ERROR: ", "")[:400]
