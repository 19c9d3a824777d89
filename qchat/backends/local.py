"""A model on this machine: an engine in a child process, asked over loopback."""

import asyncio
import importlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import qchat_assets
from qchat.backends.base import Request, State
from qchat.backends.profiles import profile_for, remark
from qchat.config.profile import Profile
from qchat.config.settings import BackendSettings, EngineName
from qchat.local import model_folders
from qchat.local.engine import MODULES, Engine, require
from qchat.local.model import read_model
from qchat.protocol.errors import ConnectionFailed, EngineCrashed, ModelFileError, QchatError
from qchat.protocol.events import Event, Notice
from qchat.runtime.language import tr, verbatim

if TYPE_CHECKING:
    from qchat.backends.openai import OpenAIBackend

SILENCE_S = 1800.0
"""A long prompt on a slow machine is silent for long; a dead engine shows at once."""
DEATH_S = 2.0
STOPPED = "the engine was stopped in mid-reply; what it had written is kept: /retry asks once more"


class LocalBackend:
    """A GGUF file, or the demo model where none is named; the engine starts when first needed.

    An engine that dies is started again at once, and waits for the request to be made again; when
    it dies twice in a row, it waits for the user, who is offered another one.
    """

    def __init__(
        self, name: str, settings: BackendSettings, profiles: Mapping[str, Profile] | None = None
    ) -> None:
        self.name = name
        self.model = _shown_name(settings.model)
        self.context = settings.context
        self._profiles = profiles
        self.engine: Engine | None = None
        """The child process, once it is loaded; for status lines and tests."""
        self._settings = settings
        self._served: OpenAIBackend | None = None
        self._starting: Engine | None = None
        self._loading: asyncio.Task[OpenAIBackend] | None = None
        self._running = 0
        self._idle: asyncio.TimerHandle | None = None
        self.unloading: asyncio.Task[None] | None = None
        """The last time that the memory was given back; None before the first."""
        self._crash = ""
        """How the engine died the last time; empty once a request has gone well."""
        self._crashes = 0

    @property
    def engine_name(self) -> EngineName:
        """The kind of engine that serves the model."""
        return self._settings.engine

    @property
    def busy(self) -> bool:
        """Whether it is answering."""
        return self._running > 0

    @property
    def state(self) -> State:
        """Loading and how far, ready, out of memory to save it, or crashed and how."""
        if self._starting is not None:
            return State("loading", self._starting.progress, _plan(self._starting))
        if self.engine is not None and self.engine.alive:
            return State("ready", 1.0, _plan(self.engine))
        return State("crashed", 0.0, self._crash) if self._crash else State("idle")

    @property
    def efforts(self) -> tuple[str, ...]:
        return self._profile.reasoning_effort

    @property
    def recalls_thinking(self) -> bool:
        return self._profile.earlier_thinking == "all"

    @property
    def sees(self) -> bool:
        return False  # no engine here is given a projector

    async def models(self) -> tuple[str, ...]:
        found = await asyncio.to_thread(model_folders.all_models)
        return tuple(model.name for model in found)

    def remark(self, think: bool, budget: int) -> str:
        return remark(self.model, self._profile, think, budget, ends_thinking=True)

    @property
    def _profile(self) -> Profile:
        return profile_for(self.model, self._settings.profile, self._profiles)

    async def check(self) -> None:
        """Look for the engine and at the file. Raises ModelFileError and EngineError."""
        require(self._settings.engine)
        path = await asyncio.to_thread(_file, self._settings.model)
        await asyncio.to_thread(read_model, path)

    async def start(self) -> None:
        """Load the model and come back when it is ready; run it as a task to go on meanwhile.

        Whoever stops waiting does not stop the loading. Raises ModelFileError and EngineError.
        """
        await self._ready()

    async def count_tokens(self, texts: Sequence[str]) -> list[int] | None:
        """By the engine's own tokenizer, while it is loaded."""
        if self._served is None or self.engine is None or not self.engine.alive:
            return None
        return await self._served.count_tokens(texts)

    async def use_engine(self, name: EngineName) -> None:
        """Go on with another kind of engine, from the next request on.

        Raises EngineError where it is not installed.
        """
        require(name)
        await self._cancel_loading()
        await self._stop()
        self._settings = msgspec.structs.replace(self._settings, engine=name)
        self._crash, self._crashes = "", 0

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        """Ask the engine once; one that died since the last time is started again first."""
        if self.engine is not None and not self.engine.alive and not self._is_loading:
            how = await self.engine.died(DEATH_S)
            yield Notice(
                tr("the local engine had died ({how}) and starts again", how=how), "warning"
            )
        self._running += 1
        self._stay()
        try:
            served = await self._ready()
            async with aclosing(self._reply(served, request)) as events:
                async for event in events:
                    yield event
        finally:
            self._running -= 1
            self._rest()
        self._crash, self._crashes = "", 0

    async def answer_now(self) -> bool:
        """End the thinking of the replies that are running."""
        return await self._served.answer_now() if self._served is not None else False

    async def aclose(self) -> None:
        """Stop the engine, also in the middle of loading."""
        self._stay()
        if self.unloading is not None:
            await asyncio.gather(self.unloading, return_exceptions=True)
        await self._cancel_loading()
        await self._stop()

    async def _reply(
        self, served: "OpenAIBackend", request: Request
    ) -> AsyncGenerator[Event, None]:
        engine = self.engine
        try:
            async with aclosing(served.stream(request)) as events:
                async for event in events:
                    yield event
        except ConnectionFailed as error:
            how = await engine.died(DEATH_S) if engine is not None else ""
            if engine is None or not how:
                raise
            if engine.dismissed:
                raise ConnectionFailed(tr(STOPPED)) from error
            raise self._crashed(how) from error

    def _crashed(self, how: str) -> EngineCrashed:
        """Note a crash: after the first one the engine is loaded again while the user reads."""
        self._crash, self._crashes = how, self._crashes + 1
        kept = tr("the local engine died ({how}); what it had written is kept", how=how)
        if self._crashes == 1:
            self._begin_loading()
            return EngineCrashed(
                tr("{kept}, and it starts again: /retry asks once more", kept=kept)
            )
        others = [name for name in MODULES if name != self._settings.engine]
        offer = tr(" or ").join(f"/engine {name}" for name in others)
        if self._crashes == 2:
            said = tr(
                "{kept}. {engine} died twice in a row: try another engine ({offer}), then /retry",
                kept=kept,
                engine=self._settings.engine,
                offer=offer,
            )
        else:
            said = tr(
                "{kept}. {engine} died {times} times in a row: try another engine ({offer}), "
                "then /retry",
                kept=kept,
                engine=self._settings.engine,
                times=self._crashes,
                offer=offer,
            )
        return EngineCrashed(
            said,
            others=tuple(others),
        )

    async def _ready(self) -> "OpenAIBackend":
        """The backend in front of a living engine; everyone waits for the same loading."""
        if self._served is not None and self.engine is not None and self.engine.alive:
            return self._served
        return await asyncio.shield(self._begin_loading())

    @property
    def _is_loading(self) -> bool:
        return self._loading is not None and not self._loading.done()

    def _begin_loading(self) -> "asyncio.Task[OpenAIBackend]":
        if self._loading is None or self._loading.done():
            self._loading = asyncio.create_task(self._load(), name="load a local model")
            self._loading.add_done_callback(_seen)
        return self._loading

    async def _load(self) -> "OpenAIBackend":
        await self._stop()
        require(self._settings.engine)
        path = await asyncio.to_thread(_file, self._settings.model)
        if self._settings.model == model_folders.NEWEST:
            self.model = path.stem
        engine = self._starting = Engine(path, self._settings, alias=self.model)
        try:
            await engine.start()
            served = await self.serving(engine)
        except BaseException:
            await engine.aclose()
            raise
        finally:
            self._starting = None
        self.engine, self._served, self.context = engine, served, engine.context
        self._rest()
        return served

    async def serving(self, engine: Engine) -> "OpenAIBackend":
        """What speaks with an engine that has loaded."""
        settings = msgspec.structs.replace(
            self._settings,
            model=self.model,
            base_url=engine.base_url,
            api_key=engine.api_key,
            api_key_env="",
            context=engine.context,
        )
        # Slow to load: nothing shall wait for it, now or when the first request is sent.
        for module in ("qchat.backends.loopback", "qchat.backends.openai"):
            await asyncio.to_thread(importlib.import_module, module)
        from qchat.backends.openai import OpenAIBackend  # noqa: PLC0415  httpx is slow to load

        return OpenAIBackend(self.name, settings, profile=self._profile, silence_s=SILENCE_S)

    def _rest(self) -> None:
        """Nothing runs: give the memory back after a while without a request."""
        self._stay()
        if not self._running and self._settings.idle_unload_s > 0 and self.engine is not None:
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(self._settings.idle_unload_s, self.unload)

    def _stay(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def unload(self) -> None:
        """Give the memory back, unless a reply runs or the model is just being loaded."""
        if not self._running and not self._is_loading:
            self.unloading = asyncio.create_task(self._stop(), name="unload a local model")

    async def _cancel_loading(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)

    async def _stop(self) -> None:
        engine, served = self.engine, self._served
        self.engine = self._served = None
        if served is not None:
            await served.aclose()
        if engine is not None:
            await engine.aclose()


def _file(model: str) -> Path:
    """The file of a model by its name; the demo model where there is none."""
    if model:
        return model_folders.find(model)
    try:
        return qchat_assets.demo_model_path()
    except FileNotFoundError as error:
        raise ModelFileError(verbatim(str(error))) from error


def _shown_name(model: str) -> str:
    """What people read before the file is opened."""
    if not model:
        return qchat_assets.DEMO_MODEL_NAME
    if model == model_folders.NEWEST:
        with suppress(QchatError, OSError):
            return model_folders.find(model).stem
    return Path(model).stem if model.endswith(".gguf") else model


def _plan(engine: Engine) -> str:
    return engine.fit.text if engine.fit is not None else ""


def _seen(task: asyncio.Task["OpenAIBackend"]) -> None:
    """Take note of a failure that nobody waits for any more; the next request shows it anew."""
    if not task.cancelled():
        task.exception()
