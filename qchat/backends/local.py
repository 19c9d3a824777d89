"""A model on this machine: an engine in a child process, asked over loopback."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import qchat_assets
from qchat.backends.base import Request
from qchat.errors import ConnectionFailed, EngineError, ModelFileError
from qchat.events import Event, Notice
from qchat.local.engine import Engine
from qchat.settings import BackendSettings

if TYPE_CHECKING:
    from qchat.backends.openai import OpenAIBackend

SILENCE_S = 1800.0
"""A long prompt on a slow machine is silent for long; a dead engine shows at once."""
DEATH_S = 2.0


class LocalBackend:
    """A GGUF file, or the demo model where none is named; the engine starts when first needed."""

    def __init__(self, name: str, settings: BackendSettings) -> None:
        path = Path(settings.model).expanduser() if settings.model else None
        self.name = name
        self.model = path.stem if path else qchat_assets.DEMO_MODEL_NAME
        self.context = settings.context
        self._path = path
        self._settings = settings
        self.engine: Engine | None = None
        """The child process, once it is loaded; for status lines and tests."""
        self._served: OpenAIBackend | None = None
        self._loading: asyncio.Task[OpenAIBackend] | None = None

    async def start(self) -> None:
        """Load the model and come back when it is ready; run it as a task to go on meanwhile.

        Whoever stops waiting does not stop the loading. Raises ModelFileError and EngineError.
        """
        await self._ready()

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        """Ask the engine once; one that died since the last time is started again first."""
        if self.engine is not None and self._served is not None and not self.engine.alive:
            how = await self.engine.died(DEATH_S)
            yield Notice(f"the local engine had died ({how}) and starts again", "warning")
        served = await self._ready()
        engine = self.engine
        try:
            async with aclosing(served.stream(request)) as events:
                async for event in events:
                    yield event
        except ConnectionFailed as error:
            how = await engine.died(DEATH_S) if engine is not None else ""
            if not how:
                raise
            raise EngineError(
                f"the local engine died ({how}); what it had written is kept, "
                "and it starts again with the next message"
            ) from error

    async def answer_now(self) -> bool:
        """End the thinking of the replies that are running."""
        return await self._served.answer_now() if self._served is not None else False

    async def aclose(self) -> None:
        """Stop the engine, also in the middle of loading."""
        if self._loading is not None:
            self._loading.cancel()
            await asyncio.gather(self._loading, return_exceptions=True)
        await self._stop()

    async def _ready(self) -> "OpenAIBackend":
        """The backend in front of a living engine; everyone waits for the same loading."""
        if self._served is not None and self.engine is not None and self.engine.alive:
            return self._served
        if self._loading is None or self._loading.done():
            self._loading = asyncio.create_task(self._load(), name="load a local model")
            self._loading.add_done_callback(_seen)
        return await asyncio.shield(self._loading)

    async def _load(self) -> "OpenAIBackend":
        await self._stop()
        engine = Engine(
            self._path or qchat_assets.demo_model_path(),
            context=self._settings.context,
            alias=self.model,
        )
        await engine.start()
        settings = msgspec.structs.replace(
            self._settings,
            model=self.model,
            base_url=engine.base_url,
            api_key=engine.api_key,
            api_key_env="",
            context=engine.context,
        )
        from qchat.backends.openai import OpenAIBackend  # noqa: PLC0415  httpx is slow to load

        served = OpenAIBackend(self.name, settings, silence_s=SILENCE_S)
        self.engine, self._served, self.context = engine, served, engine.context
        return served

    async def _stop(self) -> None:
        engine, served = self.engine, self._served
        self.engine = self._served = None
        if served is not None:
            await served.aclose()
        if engine is not None:
            await engine.aclose()


def _demo_model() -> Path:
    try:
        return qchat_assets.demo_model_path()
    except FileNotFoundError as error:
        raise ModelFileError(str(error)) from error


def _seen(task: asyncio.Task["OpenAIBackend"]) -> None:
    """Take note of a failure that nobody waits for any more; the next request shows it anew."""
    if not task.cancelled():
        task.exception()
