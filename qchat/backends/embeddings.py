"""Vectors from a model: a GGUF file through the local engine, or an `/embeddings` endpoint."""

import asyncio
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from qchat.local.engine import Engine
from qchat.local.gguf import read_contents
from qchat.protocol.errors import QchatError
from qchat.runtime import offline
from qchat.runtime.language import tr
from qchat_memory.errors import MemoryStoreError
from qchat_memory.storage.embed import unit

if TYPE_CHECKING:
    from qchat_memory.storage.embed import Vectors

BATCH = 64
TIMEOUT_S = 120.0
# As the Qwen3-Embedding model card asks for questions; what is kept goes in as it is.
QUESTION = "Instruct: Given a question, find what the user told before that answers it\nQuery: "
PREFIXES: tuple[tuple[str, str, str], ...] = (
    ("nomic-embed", "search_document: ", "search_query: "),
    ("e5-mistral", "", QUESTION),
    ("e5", "passage: ", "query: "),
    ("mxbai", "", "Represent this sentence for searching relevant passages: "),
    ("bge-m3", "", ""),
    ("bge", "", "Represent this sentence for searching relevant passages: "),
    ("embeddinggemma", "title: none | text: ", "task: search result | query: "),
    ("minilm", "", ""),
    ("text-embedding", "", ""),
    ("gte-qwen", "", QUESTION),
    ("gte", "", ""),
)
"""What stands before a text and before a question, by a part of the model's name: as each was
trained. Others are asked as Qwen's."""
TOO_LONG = re.compile(r"too (?:large|long)|exceed|batch size|context (?:length|size)|maximum", re.I)
MIN_SPLIT = 64
"""Characters that no model refuses as too long."""


class _Item(msgspec.Struct):
    index: int
    embedding: list[float]


class _Answer(msgspec.Struct):
    data: list[_Item]


class _TooLongError(MemoryStoreError):
    """The model takes no text of that length."""


def prefixes(name: str) -> tuple[str, str]:
    """What a model of that name wants before a text, and before a question."""
    low = name.lower()
    return next(((a, b) for part, a, b in PREFIXES if part in low), ("", QUESTION))


class EndpointEmbedder:
    """An OpenAI-compatible `/embeddings` endpoint below `base_url`."""

    def __init__(
        self,
        base_url: str,
        model: str,
        key: str = "",
        *,
        name: str = "",
        leaving: Callable[[str, int], None] = lambda _host, _size: None,
    ) -> None:
        """`leaving` is told of each request before it goes, and may raise QchatError to forbid it.

        It gets the host, with its port if one is named, and the size in bytes.
        """
        self.name = name or f"endpoint:{base_url.rstrip('/')} {model}"
        self._url = f"{base_url.rstrip('/').removesuffix('/embeddings')}/embeddings"
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._leaving = leaving
        self._before, self._asks = prefixes(f"{model} {name}")

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """One unit vector for each text. Raises MemoryStoreError."""
        import numpy as np  # noqa: PLC0415  slow to load

        rows: list[list[float]] = []
        for start in range(0, len(texts), BATCH):
            batch = [f"{self._before}{text}" for text in texts[start : start + BATCH]]
            rows += self._rows(batch)
        return unit(np.asarray(rows, dtype=np.float32))

    def ask(self, question: str, words: Sequence[str]) -> "Vectors":  # noqa: ARG002
        """The whole question: such a model reads it in its context."""
        import numpy as np  # noqa: PLC0415  slow to load

        return unit(np.asarray(self._rows([f"{self._asks}{question}"]), dtype=np.float32))

    def close(self) -> None:
        """Nothing to let go of: each request has its own connection."""

    def _rows(self, texts: Sequence[str]) -> list[list[float]]:
        """Vectors; of a text that is too long for the model, the mean of its halves'."""
        try:
            return self._ask(texts)
        except _TooLongError:
            if len(texts) > 1:
                return [row for text in texts for row in self._rows([text])]
            middle = len(texts[0]) // 2
            if middle < MIN_SPLIT:
                raise
            halves = self._rows([texts[0][:middle]]) + self._rows([texts[0][middle:]])
            return [[(a + b) / 2 for a, b in zip(*halves, strict=True)]]

    def _ask(self, texts: Sequence[str]) -> list[list[float]]:
        asked = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        try:
            body = msgspec.json.encode(asked)
            url = httpx.URL(self._url)
            offline.check(url.host)
            self._leaving(url.netloc.decode(), len(body))
            headers = {"Content-Type": "application/json", **self._headers}
            response = httpx.post(url, content=body, headers=headers, timeout=TIMEOUT_S)
            response.raise_for_status()
            answer = msgspec.json.decode(response.content, type=_Answer)
        except httpx.HTTPStatusError as error:
            detail = " ".join(error.response.text.split())[:200]
            said = tr(
                "the embeddings at {url} answered {status_code}: {detail}",
                url=self._url,
                status_code=error.response.status_code,
                detail=detail,
            )
            long = error.response.status_code in (400, 413, 500) and TOO_LONG.search(detail)
            raise (_TooLongError if long else MemoryStoreError)(said) from error
        except (httpx.HTTPError, httpx.InvalidURL, QchatError, msgspec.MsgspecError) as error:
            raise MemoryStoreError(
                tr(
                    "cannot get embeddings from {url} ({error}): check memory.embedder in the "
                    "settings",
                    url=self._url,
                    error=error,
                )
            ) from error
        if len(answer.data) != len(texts):
            raise MemoryStoreError(
                tr(
                    "{url} returned {data} embeddings for {texts} texts: nothing was kept",
                    url=self._url,
                    data=len(answer.data),
                    texts=len(texts),
                )
            )
        return [item.embedding for item in sorted(answer.data, key=lambda item: item.index)]


class LocalEmbedder:
    """A GGUF embedding model (Qwen3-Embedding) in an engine of its own, started at first use."""

    def __init__(self, model: Path) -> None:
        size = model.stat().st_size if model.is_file() else 0
        self.name = f"gguf:{size}:{model}"
        self._model = model
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.engine: Engine | None = None
        self._endpoint: EndpointEmbedder | None = None

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """One unit vector for each text. Raises MemoryStoreError."""
        return self._started().embed(texts)

    def ask(self, question: str, words: Sequence[str]) -> "Vectors":
        return self._started().ask(question, words)

    def close(self) -> None:
        """End the engine; the next use starts it again."""
        loop, engine = self._loop, self.engine
        self._loop = self.engine = self._endpoint = None
        if loop is not None and engine is not None:
            asyncio.run_coroutine_threadsafe(engine.aclose(), loop).result()
            loop.call_soon_threadsafe(loop.stop)

    def _started(self) -> EndpointEmbedder:
        with self._lock:
            if self.engine is not None and not self.engine.alive:
                self.close()
            if self._endpoint is None:
                self._endpoint = self._start()
            return self._endpoint

    def _start(self) -> EndpointEmbedder:
        """Start the engine in a loop of its own: who embeds is in a thread, without one."""
        loop = self._loop = asyncio.new_event_loop()
        threading.Thread(target=_serve, args=(loop,), name="embedder", daemon=True).start()
        engine = self.engine = _EmbeddingEngine(self._model)
        try:
            asyncio.run_coroutine_threadsafe(engine.start(), loop).result()
        except QchatError as error:
            self.close()
            raise MemoryStoreError(tr("memory.embedder: {error}", error=error)) from error
        return EndpointEmbedder(engine.base_url, "", engine.api_key, name=self.name)


class _EmbeddingEngine(Engine):
    """The same engine, which gives vectors instead of words."""

    def config(self) -> dict[str, Any]:
        values = read_contents(self._model).values
        says = any(key.endswith(".pooling_type") for key in values)
        if not says and "tokenizer.chat_template" in values:
            raise QchatError(
                tr(
                    "{name} is a chat model, not an embedding model: its vectors do not tell "
                    "what texts mean. Name an embedding model (such as a GGUF of "
                    'Qwen3-Embedding), or set memory.embedder to "static".',
                    name=self._model.name,
                )
            )
        more = {"embedding": True, "speculation": "", "pooling": "" if says else "mean"}
        return super().config() | more


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()
