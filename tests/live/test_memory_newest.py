"""What a model is given after a change: the newest, since when, and what was before; nothing else.

Any model can answer with that; the demo model is asked too, in the wordings that it knows.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from qchat.config.settings import Settings, WebSettings
from qchat.conversation.workspace import Workspace
from qchat.protocol.event_values import RecalledMemory, RecalledPast
from qchat.protocol.events import Text
from qchat.protocol.messages import User
from qchat.runtime.paths import Paths
from tests.scripted import ScriptedBackend, says

THEN, NOW = "2026-03-04T09:00:00+01:00", "2026-05-31T20:00:00+02:00"

CHANGES = [
    # What was said, what was said later, and questions whose answer is the later.
    (
        ["I live in Berlin.", "I moved from Berlin to Lisbon."],
        ["Where do I live?", "Which city do I live in now?", "where do i live these days"],
    ),
    (
        ["I live in Berlin.", "I live in Graz.", "I live in Lisbon now."],
        ["Where do I live?", "What city am I living in?"],
    ),
    (
        ["My name is Anna Berg.", "My name is now Anna Kowal."],
        ["What is my name?", "Tell me what my name is."],
    ),
    (
        ["My phone number is 0171 2345.", "Correction: my phone number is 0171 2354."],
        ["What is my phone number?", "my phone number please"],
    ),
    (
        ["My rent is 900 euros.", "My rent is 950 euros."],
        ["How much is my rent?", "What is my rent?"],
    ),
    (
        ["My favourite colour is blue.", "My favourite colour is green."],
        ["What is my favourite colour?", "Which colour is my favourite colour?"],
    ),
    (
        ["I love coriander.", "I can't stand coriander."],
        ["Do I like coriander?", "How do I feel about coriander?"],
    ),
    (
        ["I eat meat.", "I no longer eat meat."],
        ["Do I eat meat?", "Is there meat in what I eat?"],
    ),
    (
        [
            "My manager is Priya Raman.",
            "My manager is called Priya Raman.",
            "My manager is now Tom Weiss.",
        ],
        ["Who is my manager?", "What is my manager called?"],
    ),
    (
        ["Ich wohne in Berlin.", "Ich bin nach Graz gezogen."],
        ["Wo wohne ich?", "Wo wohne ich jetzt?"],
    ),
    (["我住在杭州。", "我搬到上海了。"], ["我住在哪里？", "我现在住在哪里？"]),
]


@pytest.fixture
async def workspace(tmp_path: Path) -> AsyncIterator[Workspace]:
    settings = Settings(web=WebSettings(enabled=False))
    workspace = Workspace(settings, Paths(tmp_path, tmp_path, tmp_path / "logs"))
    yield workspace
    await workspace.aclose()


async def test_the_newest_comes_with_its_day_and_its_past(workspace: Workspace) -> None:
    store = workspace.memory
    assert store is not None
    for told, questions in CHANGES:
        days = [THEN, *[NOW] * (len(told) - 1)]
        for text, said_at in zip(told, days, strict=True):
            await asyncio.to_thread(store.keep, text, said_at=said_at)
        for question in questions:
            session = workspace.open()
            session.backend = backend = ScriptedBackend(says("ok"))
            async with aclosing(session.send(question)) as stream:
                assert [event async for event in stream]
            (request,) = backend.requests
            prompt = request.messages[-1]
            assert isinstance(prompt, User)
            lines = prompt.sent.splitlines()
            (newest,) = (line for line in lines if told[-1] in line)
            assert newest.startswith(f"2026-05-31: {told[-1]} (before, "), question
            assert newest.endswith(f": {told[-2]})"), question
            # The old is nowhere else: no line says it as if it held.
            assert all(told[0] not in line for line in lines if line != newest), question
        await asyncio.to_thread(store.forget_all)


async def test_a_thing_changed_twice_keeps_each_step(workspace: Workspace) -> None:
    store = workspace.memory
    assert store is not None
    for text in CHANGES[1][0]:
        await asyncio.to_thread(store.keep, text)
    (memory,) = await asyncio.to_thread(store.list)
    assert [memory.text, *(past.text for past in memory.past)] == CHANGES[1][0][::-1]


def test_what_a_model_reads_says_which_is_newest_and_since_when() -> None:
    """The form that every model gets; the demo model is trained on it: see qchat_tools.wording."""
    past = RecalledPast("2026-03-04", "I live in Berlin.")
    memory = RecalledMemory("0a", "I live in Lisbon.", "2026-05-31", past=past)
    assert User("Where do I live?", (memory,)).sent == (
        "Where do I live?\n\n<recalled_memories>\n"
        "2026-05-31: I live in Lisbon. (before, 2026-03-04: I live in Berlin.)\n"
        "</recalled_memories>"
    )


@pytest.mark.parametrize(
    ("old", "new", "question", "word"),
    [
        ("I live in Berlin.", "I live in Lisbon.", "Where do I live?", "Lisbon"),
        ("My dog is called Rex.", "My dog is called Bello.", "What is my dog called?", "Bello"),
        (
            "My favourite colour is blue.",
            "My favourite colour is green.",
            "What is my favourite colour?",
            "green",
        ),
        (
            "My phone number is 1234.",
            "My phone number is 1243.",
            "What is my phone number?",
            "1243",
        ),
    ],
)
async def test_the_demo_model_answers_with_the_newest(
    workspace: Workspace, old: str, new: str, question: str, word: str
) -> None:
    store = workspace.memory
    assert store is not None
    for text in (old, new):
        await asyncio.to_thread(store.keep, text)
    async with aclosing(workspace.open().send(question)) as stream:
        events = [event async for event in stream]
    answer = "".join(event.text for event in events if isinstance(event, Text))
    assert word in answer
