"""Tokens by the model's own tokenizer: of a server on this machine, or of Qwen's vocabulary."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import httpx

from qchat.backends import vocabulary
from qchat.backends.endpoint import Endpoint
from qchat.config.profile import Server
from qchat.protocol.errors import QchatError

TIMEOUT_S = 2.0
"""A server that takes longer for so small a thing is not asked again."""
TOGETHER = 4
"""Texts that are counted at the same time."""


class Tokenizers:
    """Of one backend; one that has failed once is not asked again."""

    def __init__(
        self, endpoint: Endpoint, model: str, vocabulary: str, server: Callable[[], Server]
    ) -> None:
        """`server` gives what is known of the server by now."""
        self._endpoint = endpoint
        self._model = model
        self._vocabulary = vocabulary
        self._server = server
        self._refused = False

    async def count(self, texts: Sequence[str]) -> list[int] | None:
        """How many tokens each text has; None where nobody can say. Never raises.

        Only a server on this machine is asked: else words would leave it before they are sent.
        """
        field = self._server().tokenize
        if field and self._endpoint.local and not self._refused:
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    return await self._by_server(field, texts)
            except (QchatError, httpx.HTTPError, TimeoutError, ValueError):
                self._refused = True
        return await vocabulary.count(self._vocabulary, texts)

    async def _by_server(self, field: str, texts: Sequence[str]) -> list[int]:
        counts: list[int] = []
        for at in range(0, len(texts), TOGETHER):
            asked = (self._one(field, text) for text in texts[at : at + TOGETHER])
            counts += await asyncio.gather(*asked)
        return counts

    async def _one(self, field: str, text: str) -> int:
        body = {field: text.encode(errors="replace").decode(), "model": self._model}
        answer = await self._endpoint.post_beside("tokenize", body)
        if isinstance(answer, Mapping):
            count, tokens = answer.get("count"), answer.get("tokens")
            if isinstance(count, int):
                return count
            if isinstance(tokens, list):
                return len(tokens)
        raise ValueError("the server does not say how many tokens there are")
