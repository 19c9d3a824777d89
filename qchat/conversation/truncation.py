"""How much of the turns before is sent with a prompt: what fits, by what the server counted."""

import math
from collections.abc import Sequence

import msgspec

from qchat.conversation import context
from qchat.conversation.context import History
from qchat.protocol.events import StepFinished
from qchat.protocol.messages import Message
from qchat.store import Turn


def before_last(
    turns: Sequence[Turn],
    room_tokens: int,
    dropped: int,
    last_step: StepFinished | None,
    *,
    thoughts: bool,
    beside: int = 0,
) -> History:
    """The turns before the running one, as far as they fit a context of so many tokens (0: all).

    `dropped` turns were left out when `last_step` was asked for: its count is of the others.
    `thoughts` tells whether what was thought in them is sent too; `beside` is the length of the
    running one's prompt, in characters.
    """
    past: list[tuple[Message, ...]] = []
    answered: list[bool] = []
    room = room_tokens * context.CHARACTERS_PER_TOKEN or math.inf
    newest_first = reversed(turns)
    next(newest_first)  # it runs
    for turn in newest_first:
        if room < 0:
            break  # what is older cannot fit: it is not even read
        past.insert(0, context.turn_messages(turn.prompt, turn.events))
        answered.insert(0, any(isinstance(event, StepFinished) for event in turn.events))
        room -= context.characters(past[0], thoughts=thoughts)
    unread = len(turns) - 1 - len(past)
    last = max((number for number, yes in enumerate(answered) if yes), default=-1)
    counted = past[max(dropped - unread, 0) : last + 1]  # what failed behind it was never counted
    ratio = context.measured_ratio(counted, last_step, thoughts=thoughts)
    kept = context.history(past, room_tokens, ratio, thoughts=thoughts, beside=beside)
    return msgspec.structs.replace(kept, dropped=kept.dropped + unread)
