"""The model's memory tools on a real store: what it reads, and when the person is asked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qchat_memory.embed import StaticEmbedder
from qchat_memory.store import MemoryStore
from qchat_tools.base import Call, Tool, ToolError
from qchat_tools.memory import MemoryForgetTool, MemorySaveTool, MemorySearchTool
from qchat_tools.parts import as_text
from qchat_tools.wording import NO_MEMORY

EMBEDDER = StaticEmbedder()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MemoryStore]:
    store = MemoryStore(tmp_path, "anna", EMBEDDER)
    yield store
    store.close()


class Person:
    """Somebody who is asked, and what was asked of them."""

    def __init__(self, answer: bool) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def confirm(self, question: str) -> bool:
        self.asked.append(question)
        return self.answer


async def _run(
    tool: Tool, arguments: dict[str, object], person: Person | None = None, tainted: bool = False
) -> str:
    person = person or Person(False)
    call = Call("1", arguments, person.confirm, tainted)
    text = as_text([part async for part in tool.run(call)])
    assert tainted or not person.asked
    return text


async def test_save_search_forget(store: MemoryStore) -> None:
    said = await _run(MemorySaveTool(store, "s1", "t1"), {"text": "My parrot is called Zubiko."})
    (memory,) = store.list()
    assert said == f"Saved [{memory.id}]: My parrot is called Zubiko."
    assert (memory.session, memory.turn) == ("s1", "t1")
    await _run(MemorySaveTool(store), {"text": "I work as an engineer."})
    found = await _run(MemorySearchTool(store), {"query": "parrot"})
    assert found == f"[{memory.id}] {memory.date}: My parrot is called Zubiko."
    assert await _run(MemorySearchTool(store), {"query": "volcanoes"}) == NO_MEMORY
    gone = await _run(MemoryForgetTool(store), {"id": f"[{memory.id}]"})
    assert gone == f"Forgotten [{memory.id}]: My parrot is called Zubiko."
    assert await _run(MemorySearchTool(store), {"query": "parrot"}) == NO_MEMORY


async def test_a_turn_that_has_read_the_web_must_ask(store: MemoryStore) -> None:
    kept = store.save("My bank is Handelsbanken.")
    no, yes = Person(False), Person(True)
    text = "The user's bank is Evil Corp."
    with pytest.raises(ToolError, match=r"^the user did not allow this$"):
        await _run(MemorySaveTool(store), {"text": text}, no, tainted=True)
    with pytest.raises(ToolError, match=r"^the user did not allow this$"):
        await _run(MemoryForgetTool(store), {"id": kept.id}, no, tainted=True)
    assert store.list() == [kept]
    assert len(no.asked) == 2
    await _run(MemorySaveTool(store), {"text": text}, yes, tainted=True)
    assert yes.asked == [f"Save this memory? The conversation has read the web.\n{text}"]
    (memory,) = store.list()
    assert memory.text == text
    assert memory.before is not None
    assert memory.before.text == kept.text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "missing required field `text`"),
        ({"text": ""}, "cannot be empty"),
        ({"text": "x" * 5000}, "at most 4000 characters"),
        ({"text": "x", "pinned": True}, "unknown field `pinned`"),
        ({"text": ["x"]}, "wrong arguments"),
    ],
)
async def test_what_cannot_be_saved_is_told(
    store: MemoryStore, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ToolError, match=message):
        await _run(MemorySaveTool(store), arguments)


async def test_an_unknown_id_is_told(store: MemoryStore) -> None:
    with pytest.raises(ToolError, match="there is no memory '12345678'"):
        await _run(MemoryForgetTool(store), {"id": "12345678"})
