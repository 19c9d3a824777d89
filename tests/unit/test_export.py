"""A conversation as a file for people: nothing that was said or sent along is missing."""

import json
from pathlib import Path

from qchat.export.notebook import notebook
from qchat.export.transcript import markdown
from qchat.protocol.events import Attached, Text, TurnFinished
from qchat.store import Conversation, SessionInfo, Turn

NOTES = Attached("a <b>\nc.txt", "one\n```\ntwo")
TURN = Turn(
    1, "s", None, "chat", "sum this up", 1.0, "x", "m", (NOTES, Text("3"), TurnFinished("stop"))
)
CONVERSATION = Conversation(SessionInfo("s", "t", 1.0, 1.0, 1), [TURN])


def test_what_went_along_with_a_prompt_is_written_too(tmp_path: Path) -> None:
    cells = json.loads(notebook(CONVERSATION, tmp_path))["cells"]
    for text in (markdown(CONVERSATION), "\n".join("".join(cell["source"]) for cell in cells)):
        assert "<summary>Attached: a &lt;b&gt; c.txt</summary>" in text
        assert "````text\none\n```\ntwo\n````" in text
        assert text.index("> sum this up") < text.index("Attached:") < text.rindex("3")
