"""What this machine has for a model: memory, cores, and the devices that an engine can use."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from qchat.protocol.wording import counted
from qchat.runtime.language import tr

ASK_S = 20.0
CGROUP = Path("/sys/fs/cgroup")
_LISTED = re.compile(r"^\s*(\w+\d): (.+) \((\d+) MiB, (\d+) MiB free\)")
MIB = 1024 * 1024


class Device(msgspec.Struct, frozen=True):
    """A graphics processor as an engine sees it; `shared` takes its memory from the machine's."""

    name: str
    total_bytes: int
    free_bytes: int
    shared: bool = False


class Hardware(msgspec.Struct, frozen=True):
    """Bytes of memory, all and free, cores that may be used, and devices."""

    ram_bytes: int
    free_bytes: int
    cores: int
    devices: tuple[Device, ...] = ()
    moves_experts: bool = True
    """Whether the engine can keep experts in RAM while the rest of a layer is on a device."""

    @property
    def text(self) -> str:
        """One line for people."""
        parts = [
            tr(
                "{ram_bytes} RAM ({free_bytes} free)",
                ram_bytes=size(self.ram_bytes),
                free_bytes=size(self.free_bytes),
            )
        ]
        parts.append(counted(self.cores, "core"))
        parts += [
            tr(
                "{name} {total_bytes} ({free_bytes} free)",
                name=d.name,
                total_bytes=size(d.total_bytes),
                free_bytes=size(d.free_bytes),
            )
            for d in self.devices
        ]
        return tr(", ").join(parts)


def look(engine: str = "xllamacpp") -> Hardware:
    """Look at this machine now; the devices are those that this engine can use."""
    import psutil  # noqa: PLC0415  slow to load, and not needed before a model is

    memory = psutil.virtual_memory()
    total, free = memory.total, memory.available
    limit = _number(CGROUP / "memory.max")
    if limit and limit < total:  # in a container the machine's figures are not ours
        used = _number(CGROUP / "memory.current") or 0
        total, free = limit, min(free, max(0, limit - used))
    return Hardware(total, free, cores(), devices(engine), engine != "llama-cpp-python")


def cores() -> int:
    """Physical cores that this process may use: a second thread on a core does not help."""
    import psutil  # noqa: PLC0415  as above

    affinity = getattr(os, "sched_getaffinity", None)
    allowed = len(affinity(0)) if affinity else (os.cpu_count() or 1)
    physical = psutil.cpu_count(logical=False) or allowed
    quota = (_text(CGROUP / "cpu.max") or "max").split()
    if len(quota) == 2 and quota[0].isdecimal() and quota[1].isdecimal():
        allowed = min(allowed, max(1, int(quota[0]) // int(quota[1])))
    return max(1, min(allowed, physical))


@cache
def devices(engine: str) -> tuple[Device, ...]:
    """Devices of an engine, asked once: it loads drivers, and so runs in a process of its own."""
    match engine:
        case "xllamacpp" | "llama-cpp-python":
            return _from_json(_output([sys.executable, "-P", "-m", "qchat.local.devices", engine]))
        case "llama-server":
            binary = shutil.which("llama-server")
            return _from_list(_output([binary, "--list-devices"])) if binary else ()
        case _:
            return ()


def unused_gpu() -> str:
    """The name of an NVIDIA card that the system knows, whether or not an engine can use it."""
    binary = shutil.which("nvidia-smi")
    if not binary:
        return ""
    return _output([binary, "--query-gpu=name", "--format=csv,noheader"]).partition("\n")[0].strip()


def size(count: float) -> str:
    """Bytes as people read them: 18.6 GB, 640 MB."""
    for unit, worth in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= worth:
            return (
                f"{count / worth:.1f} {unit}"
                if count < 100 * worth
                else f"{count / worth:.0f} {unit}"
            )
    return f"{count / 1e3:.0f} kB"


def _output(command: Sequence[str]) -> str:
    """What a program prints, on whichever stream; nothing where it fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=ASK_S, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return f"{done.stdout}\n{done.stderr}" if done.returncode == 0 else ""


def _from_json(output: str) -> tuple[Device, ...]:
    try:
        return tuple(msgspec.convert(json.loads(output.partition("\n")[0]), list[Device]))
    except (ValueError, msgspec.ValidationError):
        return ()


def _from_list(output: str) -> tuple[Device, ...]:
    """Lines such as `  CUDA0: NVIDIA H200 (143156 MiB, 142500 MiB free)`."""
    found = (_LISTED.match(line) for line in output.splitlines())
    shared = sys.platform == "darwin"
    return tuple(
        Device(m[2], int(m[3]) * MIB, int(m[4]) * MIB, shared) for m in found if m is not None
    )


def _number(path: Path) -> int:
    text = _text(path)
    return int(text) if text and text.isdecimal() else 0


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
