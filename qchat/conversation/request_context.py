"""What of a conversation the next request holds, and what that costs."""

import datetime
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from qchat.backends.base import Backend, Request, assumes_context
from qchat.conversation.context import system_text
from qchat.conversation.cursor import BranchCursor
from qchat.conversation.history import History
from qchat.conversation.planner import Past
from qchat.conversation.tool_runner import Confirm
from qchat.conversation.toolbox import Toolbox
from qchat.conversation.view import TurnMessages, cuts
from qchat.conversation.window import Account, ContextWindow, NextRequest
from qchat.protocol.event_values import Usage
from qchat.protocol.events import Attached
from qchat.protocol.fold import fold
from qchat.protocol.messages import Message
from qchat.protocol.soft_switch import soft_switch


class ConversationContext(msgspec.Struct, frozen=True):
    """What a turn beside the running one is answered with: the same past, and the same rights."""

    past: Past
    request: Request
    confirm: Confirm


class Talk(Protocol):
    """A conversation, as far as what is sent of it goes by it."""

    cursor: BranchCursor
    backend: Backend
    toolbox: Toolbox
    limit: Callable[[], int]
    """The longest request in tokens that the backend has said it takes; 0: it said nothing."""


class RequestContext:
    """Of one conversation; what it was asked for last is not worked out again."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.history = History(talk.cursor.turns)
        self.window = ContextWindow()
        self._foretold: tuple[object, float] = (None, 0.0)
        """Where the conversation stands, and the estimate of a request there without a prompt."""

    @property
    def system(self) -> str:
        """What goes before everything else."""
        return system_text(datetime.date.today())

    @property
    def room(self) -> int:
        """Tokens that a request may have, as far as it was asked for by now; 0: unknown."""
        return self.window.room

    @property
    def finished(self) -> int:
        """How many turns are over."""
        cursor = self._talk.cursor
        return len(cursor.turns) - cursor.running

    @property
    def assumed(self) -> bool:
        """Whether the length of the context is only what is known of models of that name."""
        backend = self._talk.backend
        return assumes_context(backend) and self.window.context == backend.context

    def past(self, length: int) -> Past:
        """The first turns as messages, as far as a request could hold them."""
        talk, window = self._talk, self.window
        specs = msgspec.json.encode(talk.toolbox.specs).decode()
        count = window.counts.of
        window.use(
            talk.backend.context,
            thoughts=talk.backend.recalls_thinking,
            overhead=count(self.system) + count(specs),
            model=self._model,
            limit=talk.limit(),
            pictures=talk.backend.sees,
        )
        past = self.history.before(length, window.context)
        last = talk.cursor.turns.last_step if window.counter.fresh else None
        if last is not None and last.usage.prompt:
            usage = Usage(prompt=last.usage.prompt + last.usage.completion)
            held = cuts([turn.id for turn in past.turns], past.compactions)
            window.seed(past.turns, held, usage)
        return past

    def account(self, prompt: str = "", attached: Sequence[Attached] = ()) -> Account:
        """Where the tokens of the next request go, with this prompt and what goes along.

        While a turn runs, that is its next step.
        """
        if self._talk.cursor.running and self.window.running is not None:
            sent, now = self.window.running()
            new = _unsent(prompt, attached)
            return self.window.account([*sent, TurnMessages(0, new)] if new else sent, now)
        past = self.past(self.finished)
        turns = [*past.turns, TurnMessages(0, _unsent(prompt, attached))]
        held = cuts([turn.id for turn in turns], past.compactions)
        return self.window.account(turns, held)

    def next_request(self, prompt: str = "", attached: Sequence[Attached] = ()) -> NextRequest:
        """What the next request will cost, by the same count; asked for as often as one likes."""
        turns, finished = self._talk.cursor.turns, self.finished
        last = turns.heads[finished - 1].id if finished else 0
        stands = (last, finished, self._model, self._talk.backend.context)
        if stands != self._foretold[0]:
            past = self.past(finished)
            held = cuts([turn.id for turn in past.turns], past.compactions)
            self._foretold = (stands, self.window.estimate_of(past.turns, held))
        more = self.window.more(_unsent(prompt, attached))
        return self.window.next_request(self._foretold[1] + more)

    @property
    def _model(self) -> str:
        return f"{self._talk.backend.name}/{self._talk.backend.model}"


def _unsent(prompt: str, attached: Sequence[Attached]) -> tuple[Message, ...]:
    """A prompt that is not sent yet, as messages."""
    return fold(soft_switch(prompt)[0], attached) if prompt or attached else ()
