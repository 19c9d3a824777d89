"""What the user asks of a deep turn, in a line or in the command line's options."""

import re
from typing import TYPE_CHECKING

import msgspec

from qchat.conversation.attachments import sent_along
from qchat.conversation.session import Session
from qchat.depth.numbers import number
from qchat.protocol.errors import UsageError
from qchat.protocol.events import Attached, Delegated, DepthStarted, RoundFinished, TurnFinished
from qchat.protocol.experience import Experience
from qchat.runtime.language import tr
from qchat.store import Turn

if TYPE_CHECKING:
    from qchat.depth.mode import Mode

ROUNDS, WIDTH = 4, 1
"""Where the user says nothing."""
_OPTION = re.compile(r"--(rounds|width|tokens)(?:\s+|=)(\S+)\s*")
_UNKNOWN = re.compile(r"(--[\w-]+)")


class DeepRequest(msgspec.Struct, frozen=True):
    """A question, and how deep to go."""

    question: str
    rounds: int = ROUNDS
    width: int = WIDTH
    tokens: int = 0
    """Most tokens that may be written; 0 for no limit."""

    @property
    def mode(self) -> "Mode":
        """Raises UsageError where rounds or width are out of range."""
        from qchat.depth.kinds.deep import limited  # noqa: PLC0415  the window starts without

        return limited(self.rounds, self.width)


def read_request(line: str) -> DeepRequest:
    """Read `[--rounds N] [--width W] [--tokens N] QUESTION`. Raises UsageError."""
    found: dict[str, int] = {}
    rest = line.strip()
    while (option := _OPTION.match(rest)) is not None:
        found[option[1]] = number(f"--{option[1]}", option[2])
        rest = rest[option.end() :]
    if (unknown := _UNKNOWN.match(rest)) is not None:
        raise UsageError(
            tr(
                "/deep has no option {unknown}. It takes --rounds N, --width W and "
                "--tokens N before the question.",
                unknown=unknown[1],
            )
        )
    return DeepRequest(
        rest, found.get("rounds", ROUNDS), found.get("width", WIDTH), found.get("tokens", 0)
    )


class Stopped(msgspec.Struct, frozen=True):
    """A turn of several trails that did not come to its end."""

    turn: Turn
    mode: "Mode"
    tokens: int
    experience: Experience
    rounds: int
    """How many rounds are over."""

    @property
    def attached(self) -> tuple[Attached | Delegated, ...]:
        return sent_along(self.turn)


def stopped(session: Session) -> Stopped | None:
    """The last turn of the branch, if it is one that can be gone on with."""
    turn = session.turns[-1] if session.turns else None
    if turn is None:
        return None
    # Deep work that is a step of a run goes on with the run, and not by itself.
    begun = next((e for e in turn.events if isinstance(e, DepthStarted) and not e.call), None)
    last = turn.events[-1] if turn.events else None
    done = isinstance(last, TurnFinished) and last.reason in ("stop", "length")
    if begun is None or done:
        return None
    from qchat.depth.modes import parse_mode  # noqa: PLC0415  the window starts without

    try:
        mode = parse_mode(begun.mode)
    except UsageError:  # of a version to come, or no mode at all
        return None
    rounds = [e for e in turn.events if isinstance(e, RoundFinished)]
    known = rounds[-1].experience if rounds else Experience()
    return Stopped(turn, mode, begun.tokens, known, len(rounds))
