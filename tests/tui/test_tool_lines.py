"""The line of a tool, and what it opens: the result is seen, code is code and stands once."""

from collections.abc import Sequence

import msgspec
import pytest

from qchat.protocol.events import Event, ToolDraft, ToolFinished, ToolStarted, TurnFinished
from qchat.tui.blocks.arguments import asked, brief, partial_arguments
from qchat.tui.blocks.tool import ToolBlock
from qchat.tui.transcript.conversation import Conversation
from qchat_tools.parts import SavedMemory, TextPart
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, drawn, screen, wait_until

CODE = (
    "import math\nfor number in range(100):\n    print(math.sqrt(number) * 2, 'and more words')\n"
)
RAN: Sequence[Event] = (
    ToolStarted("c", "python", {"code": CODE}, at=1.0),
    ToolFinished("c", (TextPart("the result is 42\n", "stdout"),), True, at=2.0),
)
STEPS = "".join(f"step {number} of many\n" for number in range(30))


@pytest.mark.parametrize("before", ["", STEPS])
@pytest.mark.parametrize("width", [80, 60, 120])
async def test_the_result_is_seen_in_the_line(chats: Chats, width: int, before: str) -> None:
    """Where more was printed than fits, it is what was printed last."""
    began, ended = RAN
    printed = (TextPart(f"{before}the result is 42\n", "stdout"),)
    async with chats.chat(ScriptedBackend(says("")), size=(width, 24)) as pilot:
        conversation = pilot.app.query_one(Conversation)
        conversation.begin("go")
        conversation.feed(began)
        conversation.feed(msgspec.structs.replace(ended, parts=printed))
        conversation.feed(TurnFinished("stop", at=3.0))
        await drawn(pilot)
        assert "the result is 42" in screen(pilot)
        assert "import math" in screen(pilot)


async def test_a_save_shows_what_was_said_of_it(chats: Chats) -> None:
    saved = (TextPart("Saved [1234abcd]: I like owls."), SavedMemory("1234abcd", "I like owls."))
    async with chats.chat(ScriptedBackend(says("")), size=(100, 24)) as pilot:
        conversation = pilot.app.query_one(Conversation)
        conversation.begin("go")
        conversation.feed(ToolStarted("c", "memory_save", {"text": "I like owls."}, at=1.0))
        conversation.feed(ToolFinished("c", saved, True, at=2.0))
        await drawn(pilot)
        assert "→ Saved [1234abcd]" in screen(pilot)


async def test_open_the_code_stands_once(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("")), size=(80, 30)) as pilot:
        conversation = pilot.app.query_one(Conversation)
        conversation.begin("go")
        for event in RAN:
            conversation.feed(event)
        await drawn(pilot)
        conversation.query(ToolBlock).last().folded = False
        await wait_until(pilot, lambda: "for number in range" in screen(pilot))
        assert screen(pilot).count("import math") == 1
        assert screen(pilot).count("the result is 42") == 1


async def test_arguments_are_shown_as_code_while_they_stream(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says(""))) as pilot:
        conversation = pilot.app.query_one(Conversation)
        conversation.begin("go")
        for piece in ('{"co', 'de": "x = 1\\nfor n in', " range(3):\\n    pri", 'nt(n, \\"a'):
            conversation.feed(ToolDraft("c", "python", piece, at=1.0))
        await drawn(pilot)
        lines = [line.strip() for line in screen(pilot).splitlines()]
        assert "x = 1" in lines
        assert 'print(n, "a' in lines
        assert "code" not in screen(pilot)


@pytest.mark.parametrize(
    ("draft", "arguments"),
    [
        ("", {}),
        ('{"a', {}),
        ('{"a": "b', {"a": "b"}),
        ('{"a": "b\\', {"a": "b"}),
        ('{"a": "\\u00e9", "n": 1', {"a": "é"}),
        ("no JSON", {}),
        ("[1, 2]", {}),
    ],
)
def test_what_has_come_of_arguments(draft: str, arguments: dict[str, object]) -> None:
    got = partial_arguments(draft)
    assert {name: value for name, value in got.items() if name in arguments} == arguments


def test_what_is_asked_is_read_as_names_and_values() -> None:
    assert asked({"query": "a tower", "limit": 3}) == ("query: a tower\nlimit: 3", "")
    assert asked({"code": "x = 1", "reset": True}) == ("# reset: true\nx = 1", "python")
    assert asked({}, "{bad") == ("{bad", "")
    assert brief({"query": "a\n tower"}) == "a tower"
