"""A turn as a pipe sees it."""

import io

from qchat.ask import Printer
from qchat.events import Notice, StepFinished, Text, ToolFinished, ToolStarted, TurnFinished


def test_what_is_said_before_and_behind_a_call_stays_apart() -> None:
    out, err = io.StringIO(), io.StringIO()
    show = Printer(out, err)
    show(Text("Let me see."))
    show(StepFinished(reason="tool_calls"))
    show(ToolStarted("c", "python", {}))
    show(ToolFinished("c", (), True))
    show(Text("It is 5."))
    show(Notice("again", "warning"))
    show(Notice("cut off", "error"))
    show(TurnFinished("length"))
    assert out.getvalue() == "Let me see.\nIt is 5.\n"
    assert err.getvalue() == "qchat: cut off\n"
