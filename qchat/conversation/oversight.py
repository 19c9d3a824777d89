"""Who watches over a turn that works towards a goal while nobody looks.

The loop asks it: what else the model may call, what it is told of time and budgets, whether it may
go on, and, where it stops by itself, whether the goal is reached.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Protocol

from qchat.protocol.event_values import TurnReason
from qchat.protocol.events import Event
from qchat.protocol.messages import Message
from qchat.protocol.permission import Ask
from qchat_tools.base import Tool
from qchat_tools.parts import TextPart


class Oversight(Protocol):
    """Given to a session for the length of a run; the interfaces know nothing of it."""

    @property
    def tools(self) -> Mapping[str, Tool]:
        """What the model may call beside the session's own tools."""
        ...

    @property
    def ask(self) -> Ask:
        """Takes a question that a tool has for the user, and does not keep the others waiting."""
        ...

    @property
    def figures(self) -> str:
        """How far it is, in a few words: steps, time, tokens, the tracked number."""
        ...

    def standing(self) -> tuple[Message, ...]:
        """What stands before all else once something is compacted: the goal and the notebook."""
        ...

    def note(self) -> TextPart:
        """What the model is told beside the last result of a step: the time, what is left."""
        ...

    def words(self) -> Sequence[Event]:
        """What the user has said to the run since it was asked for last."""
        ...

    @property
    def reply_limit(self) -> int:
        """Tokens that the next reply may have at most; 0 sets no limit."""
        ...

    def why_to_stop(self) -> str:
        """Why no further step may begin, in one line; empty while one may."""
        ...

    def check(self, lacking: str) -> AsyncGenerator[Event, None]:
        """A reply made no call: is the goal reached? `lacking` is what the reply lacks.

        Ends with TurnFinished where the turn is over; else the model is told to go on.
        """
        ...

    def closing(self, reason: TurnReason) -> Iterable[Event]:
        """What is said at the end of the turn, however it ends."""
        ...
