"""An engine for a local model: a child process on loopback that speaks the OpenAI protocol.

The parent knows it only by its address and its key; every kind of engine is one child module that
reads the same JSON line and answers with the same one.
"""

import asyncio
import os
import secrets
import subprocess
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from qchat.errors import EngineError
from qchat.local.gguf import read_head

DEFAULT_CONTEXT = 32_768
"""Tokens, where the model would take more: its cache would not fit an ordinary machine."""
PARALLEL = 4
SMALL_BYTES = 64 * 1024 * 1024
LOAD_S = 600.0
STOP_S = 5.0
LOG_LINES = 200


class _Answer(msgspec.Struct):
    """What the child says once: where it listens, or why not."""

    base_url: str = ""
    error: str = ""


class Engine:
    """One model, served by one child process; `start` it once, and make a new one when it died."""

    def __init__(
        self, model: Path, *, context: int = 0, alias: str = "", module: str = "xllamacpp"
    ) -> None:
        self.base_url = ""
        self.api_key = secrets.token_urlsafe(32)
        self.context = context
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        """The last lines that the engine wrote; they never reach the terminal."""
        self._model = model
        self._alias = alias or model.stem
        self._module = f"qchat.local.{module}"
        self._process: asyncio.subprocess.Process | None = None
        self._logging: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The child's process id; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    @property
    def alive(self) -> bool:
        """True from the start until the child ends."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Load the model. Raises ModelFileError for a file that is none, and EngineError."""
        head = await asyncio.to_thread(read_head, self._model)
        longest = head.context or DEFAULT_CONTEXT
        self.context = min(self.context or DEFAULT_CONTEXT, longest)
        try:
            answer = await asyncio.wait_for(self._launch(), LOAD_S)
        except TimeoutError as error:
            await self.aclose()
            raise EngineError(f"the local engine did not load {self._model} in time") from error
        except BaseException:
            await self.aclose()
            raise
        if not answer.base_url:
            reason = await self._reason(answer)
            raise EngineError(f"the local engine cannot load {self._model.name}: {reason}")
        self.base_url = answer.base_url

    async def died(self, within_s: float) -> str:
        """Say how the child ended, waiting so long for it; empty while it lives."""
        if self._process is None:
            return "it was never started"
        try:
            status = await asyncio.wait_for(self._process.wait(), within_s)
        except TimeoutError:
            return ""
        return f"signal {-status}" if status < 0 else f"exit status {status}"

    async def aclose(self) -> None:
        """End the child: its stdin closes, which it obeys at once; else it is killed."""
        process, logging = self._process, self._logging
        if process is None or logging is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        await logging

    async def _launch(self) -> _Answer:
        """Start the child in a group of its own, so that Ctrl-C in the terminal is not for it."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", self._module),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        if stdin is None or stdout is None or stderr is None:
            raise EngineError("the local engine has no pipes")
        self._logging = asyncio.create_task(self._keep_log(stderr), name="engine log")
        stdin.write(msgspec.json.encode(self._config()) + b"\n")
        with suppress(BrokenPipeError, ConnectionResetError):  # dead at once: its log says why
            await stdin.drain()
        line = await stdout.readline()
        try:
            return msgspec.json.decode(line, type=_Answer)
        except msgspec.DecodeError:
            return _Answer()

    def _config(self) -> dict[str, Any]:
        return {
            "model": str(self._model),
            "alias": self._alias,
            "key": self.api_key,
            "context": self.context,
            "parallel": PARALLEL,
            "threads": _threads(self._model),
        }

    async def _keep_log(self, stderr: asyncio.StreamReader) -> None:
        """Keep the last lines; read in blocks, since a line may be of any length."""
        rest = ""
        while block := await stderr.read(65_536):
            *lines, rest = (rest + block.decode("utf-8", "replace")).split("\n")
            rest = rest[-1000:]
            self.log.extend(line[:1000] for line in lines)
        if rest:
            self.log.append(rest)

    async def _reason(self, answer: _Answer) -> str:
        """Why the load failed: llama.cpp's first error, else the child's own words."""
        await self.aclose()
        errors = [line.partition(" E ")[2] for line in self.log if " E " in line]
        if errors:
            return " ".join(errors[0].split())
        status = await self.died(STOP_S)
        last = next((line.strip() for line in reversed(self.log) if line.strip()), "")
        return answer.error or " ".join((f"it ended with {status}", last)).strip()


def _threads(model: Path) -> int:
    """Threads for a model; 0 lets llama.cpp choose (one for each physical core).

    A small model does little between two barriers: measured with 2 busy cores, one thread wrote
    3,900 tokens a second where two wrote 10 to 1,000. A process that may use only some of the
    cores must not start a thread for each of the others.
    """
    if model.stat().st_size < SMALL_BYTES:
        return 1
    if not hasattr(os, "sched_getaffinity"):
        return 0
    allowed = len(os.sched_getaffinity(0))
    return 0 if allowed == os.cpu_count() else allowed
