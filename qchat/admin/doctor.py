"""`qchat doctor`: look at everything that qchat needs, and say what to do where it is missing."""

import argparse
import asyncio
import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from qchat import __version__
from qchat.admin.actions import Actions, Common, action
from qchat.config import settings
from qchat.egress.traffic import Traffic
from qchat.local.gguf import read_head
from qchat.local.hardware import look, unused_gpu
from qchat.memory.opening import open_memory
from qchat.protocol.errors import QchatError
from qchat.runtime.paths import Paths
from qchat.store import Store
from qchat_assets import demo_model_path
from qchat_memory.errors import MemoryStoreError
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.kernel.link import KernelError
from qchat_tools.sandbox.sandbox import find_sandbox

NO_SANDBOX = "none: code of the model is asked for before it runs (on Linux install bubblewrap)"


def add(commands: Actions, common: Common, about: str) -> None:
    action(commands, "doctor", common, _doctor, about)


def _doctor(options: argparse.Namespace, paths: Paths) -> int:
    sys.stdout.write(f"qchat {__version__}, Python {platform.python_version()}\n")
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("settings", lambda: _settings(paths)),
        ("engine", _engine),
        ("others", _other_engines),
        ("machine", lambda: look().text + _unused()),
        ("demo model", lambda: read_head(demo_model_path()).name),
        ("sessions", lambda: _sessions(paths)),
        ("memory", lambda: _memory(paths, options.user)),
        ("sandbox", lambda: _sandbox(paths)),
        ("kernel", lambda: asyncio.run(_kernel(paths))),
    )
    healthy = True
    for name, check in checks:
        try:
            sys.stdout.write(f"  ok  {name:11} {check()}\n")
        except (QchatError, MemoryStoreError, KernelError) as error:
            healthy = False
            sys.stdout.write(f"FAIL  {name:11} {error}\n")
    return 0 if healthy else 1


def _settings(paths: Paths) -> str:
    settings.load(paths.config_file)
    return str(paths.config_file)


def _sandbox(paths: Paths) -> str:
    python = settings.load(paths.config_file).python
    if python.gateway_url:
        return f"none here: code runs at {python.gateway_url}, and is asked for before it does"
    if python.sandbox == "off":
        return 'off: python.sandbox = "off"; code of the model is asked for before it runs'
    found = find_sandbox("auto")
    return found.name if found is not None else NO_SANDBOX


def _engine() -> str:
    try:
        return f"xllamacpp {importlib.metadata.version('xllamacpp')}"
    except importlib.metadata.PackageNotFoundError as error:
        raise QchatError("xllamacpp is not installed: pip install xllamacpp") from error


def _other_engines() -> str:
    """Engines that a backend may name instead; none is needed."""
    found = []
    with suppress(importlib.metadata.PackageNotFoundError):
        found.append(f"llama-cpp-python {importlib.metadata.version('llama-cpp-python')}")
    binary = shutil.which("llama-server")
    found += [f"llama-server at {binary}"] if binary else []
    return ", ".join(found) or "no llama-cpp-python, no llama-server on the path (not needed)"


def _unused() -> str:
    gpu = unused_gpu()
    return f"; xllamacpp as installed cannot use the {gpu}" if gpu and not look().devices else ""


def _sessions(paths: Paths) -> str:
    store = Store(paths.sessions_db)
    store.close()
    return str(paths.sessions_db)


def _memory(paths: Paths, user: str) -> str:
    store = open_memory(settings.load(paths.config_file).memory, paths, user, Traffic())
    if store is None:
        return "off"
    try:
        mended = store.mend()
        known = f"{store.count()} memories of {user}"
        if mended is None:
            return known
        return f"{known}. {mended}"
    finally:
        store.close()


async def _kernel(paths: Paths) -> str:
    work: Path = paths.work_dir / "doctor"
    kernel = Kernel(work, files_dir=paths.files_dir, sandbox=find_sandbox("auto"))
    try:
        printed = [part async for part in kernel.execute("print(6 * 7)")]
    finally:
        await kernel.aclose()
    if "42" not in str(printed):
        raise QchatError(f"the kernel printed something else than 42: {printed}")
    return "computes"
