"""An engine for a local model: a child process on loopback that speaks the OpenAI protocol.

The parent knows it only by its address and its key; every kind of engine is one child module that
reads the same JSON line and answers with the same one.
"""

import asyncio
import importlib.util
import secrets
import shutil
import subprocess
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from qchat.config.settings import BackendSettings, EngineName
from qchat.local import memory
from qchat.local.fit import SMALL_BYTES, Fit, Wishes, fit
from qchat.local.hardware import MIB, Hardware, look
from qchat.local.model import LocalModel, read_model
from qchat.protocol.errors import EngineError
from qchat.runtime.language import tr

MODULES = {
    "xllamacpp": "xllamacpp",
    "llama-cpp-python": "llama_cpp_python",
    "llama-server": "llama_server",
}
NGRAM = "ngram_map_k"
"""The kind of drafts whose every second one or more was accepted, of those that llama.cpp has."""
NO_DRAFTS = "llama-cpp-python"
"""The engine whose server does not draft by n-grams."""
PARALLEL = 4
LOAD_S = 600.0
STOP_S = 5.0
LOG_LINES = 200
BARE_BYTES = 80 * MIB
"""What a child holds before it reads the model."""
DEFAULTS = BackendSettings(kind="llama.cpp")


def require(engine: EngineName) -> None:
    """Raise EngineError, which says how to get it, where an engine is not installed."""
    if engine == "llama-server" and shutil.which(engine) is None:
        raise EngineError(
            tr("there is no llama-server on the path: install llama.cpp, or use another engine")
        )
    if engine == "llama-cpp-python" and importlib.util.find_spec("llama_cpp") is None:
        raise EngineError(
            tr(
                "the engine llama-cpp-python is not installed: pip install "
                "llama-cpp-python (which compiles it) brings it, or use another engine"
            )
        )


class _Answer(msgspec.Struct):
    """What the child says once: where it listens, or why not."""

    base_url: str = ""
    error: str = ""


class Engine:
    """One model, served by one child process; `start` it once, and make a new one when it died.

    `settings` say which engine, and what the user wants of it; `module` names another child.
    """

    def __init__(
        self,
        model: Path,
        settings: BackendSettings = DEFAULTS,
        *,
        alias: str = "",
        module: str = "",
    ) -> None:
        self.base_url = ""
        self.api_key = secrets.token_urlsafe(32)
        self.fit: Fit | None = None
        """What was chosen for this machine, once the file has been read."""
        self.dismissed = False
        """Whether it was ended from here while it lived: that is no crash."""
        self.log: deque[str] = deque(maxlen=LOG_LINES)
        """The last lines that the engine wrote; they never reach the terminal."""
        self._model = model
        self._settings = settings
        self._alias = alias or model.stem
        self._module = f"qchat.local.{module or MODULES[settings.engine]}"
        self._process: asyncio.subprocess.Process | None = None
        self._logging: asyncio.Task[None] | None = None
        self._weights_bytes = 0
        self._hybrid = False
        self._ended_by_system = 0

    @property
    def context(self) -> int:
        """Context length in tokens; 0 until it is chosen."""
        return self.fit.context if self.fit is not None else 0

    @property
    def pid(self) -> int:
        """The child's process id; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    @property
    def alive(self) -> bool:
        """True from the start until the child ends."""
        return self._process is not None and self._process.returncode is None

    @property
    def progress(self) -> float:
        """How much is loaded, from 0 to 1: the model's pages that the child has in memory."""
        if self.base_url:
            return 1.0
        if not self.pid or not self._weights_bytes:
            return 0.0
        held = memory.resident_bytes(self.pid) - BARE_BYTES
        return min(max(held / self._weights_bytes, 0.0), 0.99)

    async def start(self) -> None:
        """Load the model. Raises ModelFileError, OutOfMemory and EngineError."""
        model, machine = await asyncio.to_thread(self.plan)
        if self._settings.fit and self.fit is not None and not self.fit.fits:
            raise memory.too_large(model, machine, self.fit)
        try:
            answer = await asyncio.wait_for(self._launch(), LOAD_S)
        except TimeoutError as error:
            await self.aclose()
            raise EngineError(
                tr("the local engine did not load {model} in time", model=self._model)
            ) from error
        except BaseException:
            await self.aclose()
            raise
        if not answer.base_url:
            await self._raise_failure(answer, model, machine)
        self.base_url = answer.base_url

    async def died(self, within_s: float) -> str:
        """Say how the child ended, waiting so long for it; empty while it lives."""
        if self._process is None:
            return tr("it was never started")
        try:
            status = await asyncio.wait_for(self._process.wait(), within_s)
        except TimeoutError:
            return ""
        if status < 0 and memory.ended_by_system() > self._ended_by_system:
            return tr("the system ended it: out of memory")
        return f"signal {-status}" if status < 0 else tr("exit status {status}", status=status)

    async def aclose(self) -> None:
        """End the child: its stdin closes, which it obeys at once; else it is killed."""
        process, logging = self._process, self._logging
        if process is None or logging is None or process.stdin is None:
            return
        self.dismissed = self.dismissed or self.alive
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        await logging

    def plan(self) -> tuple[LocalModel, Hardware]:
        """Read the file, look at the machine, and choose; reads the disk and asks drivers."""
        model = read_model(self._model)
        self._weights_bytes, self._hybrid = model.weights_bytes, model.hybrid
        wishes = msgspec.convert(self._settings, Wishes, from_attributes=True)
        # For a tiny model that nobody wants there, devices are not worth the time to ask for them.
        here = model.weights_bytes < SMALL_BYTES and max(wishes.gpu_layers, wishes.cpu_experts) <= 0
        machine = look("" if here else self._settings.engine)
        self.fit = fit(model, machine, wishes)
        if self._settings.engine == NO_DRAFTS and self._settings.speculation == "ngram":
            unkept = f'speculation = "ngram" has no effect: {NO_DRAFTS} cannot'
            remark = "; ".join(filter(None, [self.fit.remark, unkept]))
            self.fit = msgspec.structs.replace(self.fit, remark=remark)
        return model, machine

    async def _launch(self) -> _Answer:
        """Start the child in a group of its own, so that Ctrl-C in the terminal is not for it."""
        self._ended_by_system = memory.ended_by_system()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", self._module),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        if stdin is None or stdout is None or stderr is None:
            raise EngineError(tr("the local engine has no pipes"))
        self._logging = asyncio.create_task(self._keep_log(stderr), name="engine log")
        stdin.write(msgspec.json.encode(self.config()) + b"\n")
        with suppress(BrokenPipeError, ConnectionResetError):  # dead at once: its log says why
            await stdin.drain()
        line = await stdout.readline()
        try:
            return msgspec.json.decode(line, type=_Answer)
        except msgspec.DecodeError:
            return _Answer()

    def config(self) -> dict[str, Any]:
        """What the process of the engine is told. Raises EngineError before there is a plan."""
        chosen = self.fit
        if chosen is None:
            raise EngineError(tr("the local engine was started without a plan"))
        return {
            "model": str(self._model),
            "alias": self._alias,
            "key": self.api_key,
            "context": chosen.context,
            "cache": chosen.cache,
            "gpu_layers": chosen.gpu_layers,
            "cpu_experts": chosen.cpu_experts,
            "threads": chosen.threads,
            "parallel": PARALLEL,
            "speculation": NGRAM if self._drafts else "",
            "hybrid": self._hybrid,
        }

    @property
    def _drafts(self) -> bool:
        """A tiny model writes faster than its drafts are checked."""
        wanted = self._settings.speculation
        return wanted == "ngram" or (wanted == "auto" and self._weights_bytes >= SMALL_BYTES)

    async def _keep_log(self, stderr: asyncio.StreamReader) -> None:
        """Keep the last lines; read in blocks, since a line may be of any length."""
        rest = ""
        while block := await stderr.read(65_536):
            *lines, rest = (rest + block.decode("utf-8", "replace")).split("\n")
            rest = rest[-1000:]
            self.log.extend(line[:1000] for line in lines)
        if rest:
            self.log.append(rest)

    async def _raise_failure(self, answer: _Answer, model: LocalModel, machine: Hardware) -> None:
        """Say why the load failed: memory, llama.cpp's first error, or the child's own words."""
        await self.aclose()
        how = await self.died(STOP_S)
        if self.fit is not None and memory.ran_out([*self.log, answer.error, how]):
            raise memory.ran_out_of(model, machine, self.fit)
        errors = [line.partition(" E ")[2] for line in self.log if " E " in line]
        last = next((line.strip() for line in reversed(self.log) if line.strip()), "")
        reason = " ".join(errors[0].split()) if errors else answer.error
        reason = reason or " ".join((tr("it ended with {how}", how=how), last)).strip()
        raise EngineError(
            tr(
                "the local engine cannot load {name}: {reason}",
                name=self._model.name,
                reason=reason,
            )
        )
