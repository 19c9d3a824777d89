"""Drafts: on for models that are heavy enough, and they change nothing but the speed."""

from pathlib import Path
from typing import Literal

import httpx
import pytest

from qchat.backends.base import Request
from qchat.backends.local import LocalBackend
from qchat.bench.speculation import pad
from qchat.config.settings import BackendSettings
from qchat.local.engine import NGRAM, Engine
from qchat.protocol.events import Event, joined
from qchat.protocol.messages import User
from qchat_assets import demo_model_path


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pad(demo_model_path(), tmp_path_factory.mktemp("model") / "demo-heavy.gguf")


@pytest.mark.parametrize(
    ("wanted", "tiny", "large"), [("auto", "", NGRAM), ("ngram", NGRAM, NGRAM), ("off", "", "")]
)
def test_drafts_are_for_heavy_models(heavy: Path, wanted: str, tiny: str, large: str):
    for model, expected in ((demo_model_path(), tiny), (heavy, large)):
        engine = Engine(model, BackendSettings(kind="llama.cpp", speculation=wanted))
        engine.plan()
        assert engine.config()["speculation"] == expected


async def answer(model: Path, speculation: str) -> list[Event]:
    settings = BackendSettings(
        kind="llama.cpp", model=str(model), threads=1, context=2048, speculation=speculation
    )
    backend = LocalBackend("demo", settings)
    request = Request((User("What is your name?"),), max_tokens=16)
    try:
        return list(joined([event async for event in backend.stream(request)]))[:-1]
    finally:
        await backend.aclose()


async def test_the_padded_model_of_the_bench_says_the_same_with_and_without(heavy: Path):
    said = await answer(demo_model_path(), "off")
    assert said
    assert await answer(heavy, "off") == said
    assert await answer(heavy, "ngram") == said


@pytest.mark.parametrize("wanted", ["ngram", "off"])
async def test_the_engine_drafts_where_it_is_told_to(wanted: Literal["ngram", "off"]):
    settings = BackendSettings(kind="llama.cpp", threads=1, context=2048, speculation=wanted)
    engine = Engine(demo_model_path(), settings)
    await engine.start()
    try:
        headers = {"authorization": f"Bearer {engine.api_key}"}
        async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=60) as client:
            said: list[dict[str, str]] = []
            for _ in range(3):  # the same again and again: what was said before can be guessed from
                said.append({"role": "user", "content": "Write a poem about the sea."})
                body = {"messages": said, "max_tokens": 200, "temperature": 0}
                reply = await client.post(f"{engine.base_url}/chat/completions", json=body)
                content = reply.json()["choices"][0]["message"]["content"]
                said.append({"role": "assistant", "content": content})
        assert (reply.json()["timings"].get("draft_n", 0) > 0) == (wanted == "ngram")
    finally:
        await engine.aclose()
