"""What left the machine: noted before it goes, folded into lines, shown and exported."""

from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from qchat.conversation.tool_runner import run_calls
from qchat.egress import ledger as egress
from qchat.egress.ledger import Line
from qchat.export.formats import FORMATS
from qchat.export.transcript import markdown
from qchat.protocol.event_values import RecalledMemory, ToolCall, Usage
from qchat.protocol.events import (
    Event,
    Recalled,
    Sent,
    StepFinished,
    Text,
    ToolFinished,
    TurnFinished,
    decode,
    encode,
)
from qchat.protocol.fold import fold
from qchat.runtime.offline import loopback
from qchat.store import Conversation, SessionInfo, Store, Turn
from qchat_memory.origin import QCHAT
from qchat_tools.base import Call, ToolSpec
from qchat_tools.parts import Part, TextPart

CLOUD = "dashscope-intl.aliyuncs.com"


def turn(id_: int, prompt: str, *events: Event) -> Turn:
    return Turn(id_, "s", None, "chat", prompt, 1.0, "cloud", "m", events)


TEA = Recalled((RecalledMemory("m1", "likes tea", "2026-01-01"),))
FIRST = turn(
    1,
    "what do I drink?",
    TEA,
    Sent(CLOUD, 1000, "cloud", ("m1",)),
    StepFinished(Usage(prompt=250), reason="tool_calls"),
    Sent("duckduckgo.com", 40, "web_search", call_id="c1", sender="tool"),
    Sent(CLOUD, 1500, "cloud", ("m1",)),
    Text("Tea"),
    StepFinished(Usage(prompt=400)),
    TurnFinished("stop"),
)
SECOND = turn(2, "and\nnow?", Sent(CLOUD, 2000, "cloud", ("m1",)), TurnFinished("cancelled"))
INFO = SessionInfo("s", "t", 1.0, 1.0, 1)
HERE = turn(3, "here", Sent("127.0.0.1:8000", 5, "lan"), StepFinished(), TurnFinished("stop"))


def test_a_line_for_each_turn_host_and_sender() -> None:
    tea = ("likes tea",)
    assert egress.ledger([FIRST, SECOND]) == [
        Line(1, CLOUD, "cloud", 2, 2500, 650, tea),
        Line(1, "duckduckgo.com", "web_search", 1, 40),
        Line(2, CLOUD, "cloud", 1, 2000, 0, tea),
    ]
    assert egress.totals(egress.ledger([FIRST, SECOND]))[0] == Line(
        2, CLOUD, "cloud", 3, 4500, 650, tea
    )


def test_the_report_for_a_person() -> None:
    report = egress.report([FIRST, SECOND, HERE]).splitlines()
    assert report[0] == "what do I drink?"
    assert report[1] == f"  {CLOUD} (cloud): 2 requests, 2,500 bytes, 650 tokens"
    assert report[2] == "    memory: likes tea"
    assert "and now?" in report
    assert "  127.0.0.1:8000 (lan): 1 request, 5 bytes  (this machine)" in report
    assert egress.report([]) == egress.NOTHING


def test_a_note_changes_nothing_of_what_is_said_and_can_be_stored() -> None:
    without = [event for event in FIRST.events if not isinstance(event, Sent)]
    assert fold(FIRST.prompt, FIRST.events) == fold(FIRST.prompt, without)
    sent = Sent(CLOUD, 1, "cloud", ("m1",), at=2.0)
    assert decode(encode(sent)) == sent
    assert msgspec.json.decode(encode(sent))["type"] == "sent"


def test_the_export_says_what_left() -> None:
    text = markdown(Conversation(INFO, [FIRST]))
    assert f"*left the machine: {CLOUD} (cloud): 2 requests, 2,500 bytes" in text
    assert "memories: likes tea*" in text


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_the_whole_ledger_also_of_branches_that_were_left(
    form: str, tmp_path: Path
) -> None:
    """FIRST was edited away, and SECOND stands in its place; both left the machine."""
    text = FORMATS[form](Conversation(INFO, [SECOND], [FIRST, SECOND]), tmp_path)
    assert "what do I drink?" in text or form == "jsonl"
    assert "likes tea" in text
    assert "duckduckgo.com" in text
    if form == "jsonl":
        first, *turns = text.splitlines()
        session = msgspec.json.decode(first)
        assert [turn["turn"] for turn in session["egress"]] == [1, 1, 2]
        assert session["egress"][0]["bytes"] == 2500
        assert len(turns) == 1
    else:
        assert f"{CLOUD} (cloud): 3 requests, 4,500 bytes, 650 tokens" in text
    assert "What left" not in FORMATS[form](Conversation(INFO, []), tmp_path)


async def test_a_prompt_that_was_edited_away_stays_in_the_ledger(tmp_path: Path) -> None:
    store = Store(tmp_path / "sessions.db")
    info = store.create_session("me")
    for prompt in ("first words", "other words"):  # both stand at the beginning
        writer = store.begin_turn(info.id, None, prompt)
        writer.add(Sent(CLOUD, 10, "cloud"))
        writer.add(TurnFinished("stop"))
        writer.close()
    conversation = store.conversation(info)
    store.close()
    assert [turn.prompt for turn in conversation.turns] == ["other words"]
    assert "first words" in markdown(conversation)
    assert f"{CLOUD} (cloud): 2 requests, 20 bytes" in markdown(conversation)


class Fetch:
    """A tool that says what it sends."""

    spec = ToolSpec("fetch", "d", {"type": "object"})
    origin = QCHAT

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        call.sent("pages.example", 321)
        yield TextPart("got it")


async def test_a_tool_notes_what_it_sends_before_its_result() -> None:
    async def allow(_topic: str, _question: str) -> bool:
        return True

    calls = [ToolCall("c7", "fetch")]
    events = [event async for event in run_calls(calls, {"fetch": Fetch()}, allow)]
    note = Sent("pages.example", 321, "fetch", call_id="c7", sender="tool")
    assert note in events
    finished = next(event for event in events if isinstance(event, ToolFinished))
    assert events.index(note) < events.index(finished)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.0.0.9", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost.example", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_what_is_this_machine(host: str, here: bool) -> None:
    assert loopback(host) is here
