"""The child process that runs a `llama-server` of the user's own (a GPU build) and watches it."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from qchat.local import child

BINARY = "llama-server"
READY_S = 600.0
STOP_S = 3.0
HELP_S = 20.0
_LISTENS = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")
_PR_SET_PDEATHSIG = 1

_running: list["subprocess.Popen[str]"] = []


def main() -> None:
    """Serve until stdin ends."""
    child.run(BINARY, _serve, _end)


def command(binary: str, config: child.Config, key_file: Path) -> list[str]:
    """The command line; port 0 lets the system choose one, which the server then tells."""
    options: dict[str, Any] = {
        "--model": config["model"],
        "--alias": config["alias"],
        "--host": "127.0.0.1",
        "--port": 0,
        "--api-key-file": key_file,
        "--ctx-size": config["context"],
        "--parallel": config["parallel"],
        "--threads": config["threads"],
        "--cache-type-k": config["cache"],
        "--cache-type-v": config["cache"],
        "--n-gpu-layers": config["gpu_layers"],
    }
    if config["cpu_experts"]:
        options["--n-cpu-moe"] = config["cpu_experts"]
    if config["speculation"]:
        kind = config["speculation"].replace("_", "-")
        options["--spec-type"] = kind
        options[f"--spec-{kind}-size-n"] = child.DRAFT_AFTER
        options[f"--spec-{kind}-size-m"] = child.DRAFT_LENGTH
    if config.get("hybrid"):
        known = _help(binary)
        wanted = {
            "--ctx-checkpoints": child.CHECKPOINTS,
            "--checkpoint-min-step": child.CHECKPOINT_STEP,
        }
        options |= {flag: value for flag, value in wanted.items() if flag in known}
    pairs = (str(word) for pair in options.items() for word in pair)
    return [binary, *pairs, "--jinja", "--kv-unified", "--no-webui", "--fit", "off"]


def _help(binary: str) -> str:
    """What it says of its flags; a build that does not know one would not start with it."""
    try:
        said = subprocess.run(
            [binary, "--help"],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=HELP_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout + said.stderr


def _serve(config: child.Config) -> str:
    binary = shutil.which(BINARY)
    if binary is None:
        raise OSError(f"there is no {BINARY} on the path: install llama.cpp, or use another engine")
    with tempfile.TemporaryDirectory(prefix="qchat-") as folder:  # 0700: the key is ours alone
        key_file = Path(folder, "key")
        key_file.write_text(config["key"], "ascii")
        server = subprocess.Popen(
            command(binary, config, key_file),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=_environment(),
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )
        _running.append(server)
        address = listening_address(server)
    threading.Thread(target=_end_as_it_ends, args=(server,), daemon=True).start()
    return f"{address}/v1"


def _environment() -> dict[str, str]:
    """Without llama.cpp's own variables, which would change what qchat has chosen."""
    return {key: value for key, value in os.environ.items() if not key.startswith("LLAMA_ARG_")}


def _die_with_parent() -> None:
    """Linux ends the server when this process is killed, who could not do it then."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def listening_address(server: "subprocess.Popen[str]") -> str:
    """Where it listens, from its log, which goes on to ours. Raises RuntimeError when it ends."""
    found: list[str] = []
    ready = threading.Event()

    def copy() -> None:
        for line in server.stdout or ():
            sys.stderr.write(line)
            sys.stderr.flush()
            match = _LISTENS.search(line)
            if match and not found:
                found.append(match[1])
                ready.set()
        ready.set()

    threading.Thread(target=copy, daemon=True).start()
    ready.wait(READY_S)
    if not found:
        raise RuntimeError(_why_not(server))
    return found[0]


def _why_not(server: "subprocess.Popen[str]") -> str:
    """Why it does not listen: it has ended, or goes on without a word."""
    try:
        return _ended(server.wait(STOP_S))
    except subprocess.TimeoutExpired:
        server.kill()
        return f"{BINARY} did not say where it listens"


def _ended(status: int) -> str:
    """Why it did not start, as far as its status tells."""
    said = f"{BINARY} ended with status {status}"
    if hasattr(signal, "SIGILL") and status == -signal.SIGILL:
        return f"{said}: it was built for another processor than this one"
    return said


def _end_as_it_ends(server: "subprocess.Popen[str]") -> None:
    """A crash of the server is a crash of this child, with the same status."""
    status = server.wait()
    if status < 0 and -status != signal.SIGINT:  # which Python would make an exception of
        os.kill(os.getpid(), -status)
        time.sleep(STOP_S)
    os._exit(status if status > 0 else 1)


def _end() -> None:
    for server in _running:
        server.terminate()
        try:
            server.wait(STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()


if __name__ == "__main__":
    main()
