"""What a request will have is foretold by the engine's own tokenizer, and agrees with its count."""

from pathlib import Path

from qchat.backends.base import Request
from qchat.backends.local import LocalBackend
from qchat.config.settings import BackendSettings
from qchat.conversation.planner import Past, StepPlanner
from qchat.conversation.window import ContextWindow
from qchat.local.model import read_model
from qchat.protocol.events import StepFinished, Text
from qchat.protocol.messages import Assistant, Message, User
from tests.engines import write_babbler
from tests.kinds_of_text import kinds_of_text

BATCH = 512
"""Tokens that llama.cpp evaluates at a time."""


async def asked(backend: LocalBackend, messages: tuple[Message, ...]) -> StepFinished:
    """What the engine counts of a request."""
    request = Request(messages, think=False, max_tokens=1)
    events = [event async for event in backend.stream(request)]
    return next(event for event in events if isinstance(event, StepFinished))


async def test_every_kind_of_text_is_foretold_within_5_percent() -> None:
    backend = LocalBackend("local", BackendSettings(kind="llama.cpp"))
    await backend.start()
    off: dict[str, float] = {}
    for name, text in kinds_of_text().items():
        window = ContextWindow()
        window.use(backend.context, thoughts=False, overhead=0)
        planner = StepPlanner(window, Past(), 1)
        running = [User("Read this."), Assistant((Text("Gladly."),)), User(text[:3_000])]
        await planner.count(running, backend.count_tokens)
        foretold = window.tokens(planner.messages(running))
        counted = (await asked(backend, tuple(running))).usage.prompt
        off[name] = foretold / counted - 1
    await backend.aclose()
    assert {name: f"{error:+.1%}" for name, error in off.items() if abs(error) > 0.05} == {}


async def test_without_an_engine_that_is_loaded_nothing_is_counted_nor_loaded() -> None:
    backend = LocalBackend("local", BackendSettings(kind="llama.cpp"))
    assert await backend.count_tokens(["text"]) is None
    assert backend.engine is None
    await backend.aclose()


async def test_a_model_that_cannot_be_rewound_reads_only_what_is_new(tmp_path: Path) -> None:
    """By the engine's own count: what came since, and the batch at whose beginning it can go on."""
    model = write_babbler(tmp_path / "hybrid.gguf", hybrid=True)
    assert read_model(model).hybrid
    settings = BackendSettings(kind="llama.cpp", model=str(model), context=16_384)
    backend = LocalBackend("local", settings)
    messages: list[Message] = [User("word " * 1_000)]
    before = 0
    for number in range(4):
        request = Request(tuple(messages), think=False, max_tokens=8)
        events = [event async for event in backend.stream(request)]
        usage = next(event for event in events if isinstance(event, StepFinished)).usage
        if number > 1:
            assert usage.prompt - usage.cached <= usage.prompt - before + BATCH
        before = usage.prompt
        said = "".join(event.text for event in events if isinstance(event, Text))
        messages += [Assistant((Text(said),)), User(f"Go on {number}." + "more " * 40)]
    assert before > 5_000
    await backend.aclose()
