"""What a built-in evaluation is: cases that are played in a conversation, and what they show."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from qchat.conversation.session import Session
from qchat.evaluation.question import Verdict
from qchat_tools.kernel.kernel import Kernel

Play = Callable[[Session, Kernel], Awaitable[Verdict]]
"""Holds the conversation and judges it; the kernel is there for what has to be computed."""


class Case(msgspec.Struct, frozen=True):
    """One conversation."""

    topic: str
    told: str
    """What is drawn for it, in words: by it a case is known again."""
    play: Play


class BuiltIn(msgspec.Struct, frozen=True):
    """One evaluation."""

    name: str
    about: str
    """What is done, in a line."""
    trusted: str
    """What a model that reaches the bar can be trusted with, as the end of a sentence."""
    bar: float
    """The share that the lower end of the interval must reach for that."""
    count: int
    """Cases, where the user names no number: enough to reach the bar if nearly all are right."""
    draw: Callable[[int, int, int], Sequence[Case]]
    """The cases of a seed: how many, and for which context in tokens."""
    tools: frozenset[str] = frozenset()
    """Tools of qchat's own that the conversations have, beside what a case brings."""
    memory: bool = False
    """Whether the conversations remember; the evaluator's memories, and nobody else's."""
    think: bool = False
    reply_tokens: int = 4096
    """The longest reply, thinking included: one that goes in circles ends there."""
