"""Databases of the first wave: what stood in ids and sentences is read as the fields of today."""

import pytest

from qchat.protocol.events import Event, Sent, ToolFinished, ToolStarted, decode, encode
from qchat.protocol.legacy import memory_saved, origin_of_tool
from qchat_memory.origin import CODE, QCHAT, Origin
from qchat_tools import wording
from qchat_tools.parts import SavedMemory, TextPart

PAST = wording.Past("2026-01-01", "Saved [00000000]: no")


@pytest.mark.parametrize(
    ("row", "event"),
    [
        (
            '{"type":"tool_started","call_id":"user-7","name":"python","arguments":{}}',
            ToolStarted("user-7", "python", {}, caller="user"),
        ),
        (
            '{"type":"tool_started","call_id":"call_7","name":"python","arguments":{}}',
            ToolStarted("call_7", "python", {}),
        ),
        (
            '{"type":"sent","host":"h","bytes":1,"by":"embeddings","call_id":"memory"}',
            Sent("h", 1, "embeddings", sender="memory"),
        ),
        (
            '{"type":"sent","host":"h","bytes":1,"by":"web_read","call_id":"c"}',
            Sent("h", 1, "web_read", call_id="c", sender="tool"),
        ),
        ('{"type":"sent","host":"h","bytes":1,"by":"cloud"}', Sent("h", 1, "cloud")),
        (
            '{"type":"tool_finished","call_id":"c","ok":true,"parts":'
            '[{"type":"text","text":"Saved [0123abcd]: x"}]}',
            ToolFinished(
                "c", (TextPart("Saved [0123abcd]: x"), SavedMemory("0123abcd", "x")), True
            ),
        ),
    ],
)
def test_a_row_of_the_first_wave_is_read(row: str, event: Event) -> None:
    assert decode(row) == event
    assert decode(encode(event)) == event


def test_the_memory_is_read_from_the_report_of_a_save() -> None:
    assert memory_saved([wording.saved("0123abcd", "x\n[y]")]) == SavedMemory("0123abcd", "x\n[y]")
    assert memory_saved([wording.updated("0123abcd", "x", PAST)]) == SavedMemory("0123abcd", "x")
    assert memory_saved([wording.forgotten("0123abcd", "Saved [00000000]: x")]) is None
    assert memory_saved([wording.error("Saved [00000000]: x")]) is None
    assert memory_saved([]) is None


def test_the_origin_of_old_output_goes_by_its_tool() -> None:
    assert origin_of_tool("python") == CODE
    assert origin_of_tool("web_read") == Origin("web")
    assert origin_of_tool("memory_save") == QCHAT
    assert origin_of_tool("memory_search") == Origin("tool", "memory_search")
