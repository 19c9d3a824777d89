"""What is sent to a model, and what no longer fits."""

import datetime

import pytest

from qchat.conversation.context import system_text
from qchat.protocol.events import (
    ToolFinished,
    ToolStarted,
    TurnFinished,
)
from qchat.protocol.fold import fold
from qchat.protocol.messages import User
from qchat.protocol.soft_switch import soft_switch
from qchat_tools.parts import TextPart


@pytest.mark.parametrize(
    ("prompt", "text", "think"),
    [
        ("hello", "hello", None),
        ("hello /think", "hello", True),
        ("hello /no_think", "hello", False),
        ("/no_think hello", "hello", False),
        ("a /no_think b /think", "a  b", True),
        ("see /thinking and /usr/no_think/x", "see /thinking and /usr/no_think/x", None),
        ("and/no_think", "and/no_think", None),
    ],
)
def test_the_last_switch_wins_and_is_not_sent(prompt: str, text: str, think: bool | None) -> None:
    assert soft_switch(prompt) == (text, think)


def test_code_that_the_user_ran_is_told() -> None:
    events = [
        ToolStarted("u", "python", {"code": "6 * 7"}, caller="user"),
        ToolFinished("u", (TextPart("42", "result"),), True),
        TurnFinished("stop"),
    ]
    (message,) = fold("/run 6 * 7", events)
    assert isinstance(message, User)
    assert "6 * 7" in message.sent
    assert "42" in message.sent


def test_the_system_text_names_the_day() -> None:
    assert "2026-05-04" in system_text(datetime.date(2026, 5, 4))
