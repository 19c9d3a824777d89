"""Lets a mode answer a question in a conversation of its own."""

import msgspec

from qchat.conversation.session import Session
from qchat.depth.modes import Mode
from qchat.depth.turn import DepthTurn
from qchat.evaluation.reply import read
from qchat.protocol.event_values import ToolCall
from qchat.protocol.events import ToolStarted


class Solved(msgspec.Struct, frozen=True):
    """What a mode gives for a question."""

    answer: str
    calls: tuple[ToolCall, ...] = ()
    """Those of its first trail: what a model does with tools that are never run is seen there."""
    trails: int = 1
    unsure: str = ""
    failure: str = ""


async def solve(mode: Mode, session: Session, question: str, tokens: int, seed: int) -> Solved:
    """Answer with at most so many tokens in all, in the same way whenever the seed is the same.

    Each trail has its own seed by that, whichever of them asks first.
    """
    turn = DepthTurn(session, mode, question, tokens=tokens, seed=seed)
    reply = await read(turn.events())
    outcome = turn.outcome
    if outcome is None or reply.failure:
        return Solved("", failure=reply.failure or "the mode came to no end")
    first = session.trail(outcome.trails[0]) if outcome.trails else None
    made = [e.call for e in (first.events if first else ()) if isinstance(e, ToolStarted)]
    return Solved(reply.answer, tuple(made), len(outcome.trails), outcome.unsure)
