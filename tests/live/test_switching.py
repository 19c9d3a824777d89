"""One conversation from server to server: each is told all of it in its own way."""

import importlib.util
from collections.abc import AsyncGenerator
from contextlib import aclosing
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest

from qchat.backends.anthropic import AnthropicBackend
from qchat.backends.base import Request
from qchat.backends.local import LocalBackend
from qchat.backends.openai import OpenAIBackend
from qchat.config.settings import BackendSettings, EngineName, Settings
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.local.engine import Engine
from qchat.local.gguf import read_contents
from qchat.local.template import renderer
from qchat.protocol.events import Event, StepFinished, Thinking, ToolFinished, TurnFinished, joined
from qchat.runtime.paths import Paths
from qchat_assets import DEMO_MODEL_NAME, demo_model_path
from qchat_tools.parts import ImagePart
from tests.recording import Recording

PICTURE = "from PIL import Image\nImage.new('RGB', (8, 6))"
PICTURE_IN_WORDS = "[picture of 8 by 6 pixels"
MEMORY = "My cat is called Minka."


async def send(session: Session, prompt: str) -> list[Event]:
    async with aclosing(session.send(prompt)) as stream:
        events = [event async for event in stream]
    assert events[-1] == TurnFinished("stop", at=events[-1].at), events
    return events


def settings(engine: Engine, kind: Any) -> BackendSettings:
    return BackendSettings(
        kind=kind, base_url=engine.base_url, api_key=engine.api_key, model=DEMO_MODEL_NAME
    )


async def prompt_of(engine: Engine, body: dict[str, Any]) -> tuple[str, int]:
    """What the template makes of a chat request, and how many tokens that are."""
    base = engine.base_url.removesuffix("/v1")
    headers = {"authorization": f"Bearer {engine.api_key}"}
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=60) as client:
        prompt = (await client.post(f"{base}/apply-template", json=body)).json()["prompt"]
        asked = {"content": prompt, "parse_special": True, "add_special": True}
        tokens = (await client.post(f"{base}/tokenize", json=asked)).json()["tokens"]
    return prompt, len(tokens)


def rendered_here(body: dict[str, Any]) -> str:
    """The same prompt as the engine llama-cpp-python makes it."""
    template = read_contents(demo_model_path()).values["tokenizer.chat_template"]
    return renderer(str(template))(body)


def blocks_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Every block that was sent; the sides take turns."""
    roles = [message["role"] for message in body["messages"]]
    assert all(role == ("user", "assistant")[at % 2] for at, role in enumerate(roles)), roles
    return [block for message in body["messages"] for block in message["content"]]


class Noting(AnthropicBackend):
    """Keeps what it was asked, before it stands in any protocol."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.requests: list[Request] = []

    def body(self, request: Request) -> dict[str, Any]:
        self.requests.append(request)
        return super().body(request)


class NotingLocal(LocalBackend):
    """The same for an engine of qchat's own."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.requests: list[Request] = []

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        self.requests.append(request)
        async with aclosing(super().stream(request)) as events:
            async for event in events:
                yield event


@pytest.mark.parametrize(
    "engine_name",
    [
        "xllamacpp",
        pytest.param(
            "llama-cpp-python",
            marks=[
                pytest.mark.llama_cpp_python,
                pytest.mark.skipif(
                    importlib.util.find_spec("llama_cpp") is None,
                    reason="llama-cpp-python is not installed",
                ),
            ],
        ),
    ],
)
async def test_a_conversation_goes_from_server_to_server_and_back(
    engine_name: EngineName, tmp_path: Path
):
    engine = Engine(demo_model_path(), alias=DEMO_MODEL_NAME)
    await engine.start()
    openai, anthropic = Recording(), Recording()
    first = OpenAIBackend("first", settings(engine, "openai"), transport=openai)
    second = Noting("second", settings(engine, "anthropic"), transport=anthropic)
    third = NotingLocal("third", BackendSettings(kind="llama.cpp", engine=engine_name))
    paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
    given = {"first": first, "second": second, "third": third}
    workspace = Workspace(Settings(), paths, backends=given)
    try:
        session = workspace.open()
        await session.toolbox.memories.keep(MEMORY)
        async with aclosing(session.run(PICTURE)) as stream:
            ran = [event async for event in stream]
        (result,) = (event for event in ran if isinstance(event, ToolFinished))
        assert any(isinstance(part, ImagePart) for part in result.parts)

        workspace.use_backend(session, "first")
        summed = await send(session, "What is 127 * 45?")
        (first_thought, *_) = (e.text for e in joined(summed) if isinstance(e, Thinking))
        assert any(isinstance(event, ToolFinished) and event.ok for event in summed)
        prompt, _ = await prompt_of(engine, openai.bodies[-1])
        assert first_thought.strip() in prompt, "thinking stays within a tool loop"

        workspace.use_backend(session, "second")
        *_, step, _end = await send(session, "What is my cat called?")
        blocks = blocks_of(anthropic.bodies[-1])
        assert PICTURE_IN_WORDS in blocks[0]["text"]
        assert any(MEMORY in block["text"] for block in blocks if block["type"] == "text")
        uses = [block["id"] for block in blocks if block["type"] == "tool_use"]
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        assert uses == results != []

        # Both protocols make the same prompt of it, token by token as many.
        assert isinstance(step, StepFinished)
        same = deepcopy(
            first.body(second.requests[-1])
        )  # what it made is kept for the next request
        reported, *rest = same["messages"][1:]  # what /run told, and a question: one turn there
        rest[0]["content"] = f"{reported['content']}\n{rest[0]['content']}"
        same["messages"] = [same["messages"][0], *rest]
        prompt, tokens = await prompt_of(engine, same)
        assert step.usage.prompt == tokens
        carried = (MEMORY, PICTURE_IN_WORDS, "5715", "<tool_call>", "<tool_response>")
        assert [text for text in carried if text not in prompt] == []
        assert first_thought.strip() not in prompt, "and is dropped by the next question"
        summed = await send(session, "What is 6 * 9?")
        (thought, *_) = (e.text for e in joined(summed) if isinstance(e, Thinking))
        thoughts = [b["thinking"] for b in blocks_of(anthropic.bodies[-1]) if "thinking" in b]
        assert thoughts == [thought], "that of the tool loop, and no earlier one"

        workspace.use_backend(session, "third")
        *_, step, _end = await send(session, "What is 12 * 12?")
        assert isinstance(step, StepFinished)
        body = first.body(third.requests[-1])
        prompt, tokens = await prompt_of(engine, body)
        assert step.usage.prompt == tokens
        assert prompt == rendered_here(body)
        assert [text for text in carried if text not in prompt] == []
        workspace.use_backend(session, "first")
        await send(session, "What is 3 * 7?")
        said = openai.bodies[-1]["messages"]
        assert [message["role"] for message in said[:2]] == ["system", "user"]
        made = [call["id"] for message in said for call in message.get("tool_calls", ())]
        assert made == [message["tool_call_id"] for message in said if message["role"] == "tool"]
        assert len(made) == len({*made}) >= 3
        prompt, tokens = await prompt_of(engine, openai.bodies[-1])
        assert tokens > step.usage.prompt
        assert [text for text in (*carried, "144") if text not in prompt] == []
        kernel = session.toolbox.kernel
        async with aclosing(session.run("type(Image).__name__")) as stream:
            ran = [event async for event in stream]
        assert "module" in str(ran), "the kernel is the same one"
        assert session.toolbox.kernel is kernel
        asked = [turn.backend for turn in session.turns][1:-1]
        assert asked == ["first", "second", "second", "third", "first"]
    finally:
        await workspace.aclose()
        await engine.aclose()
