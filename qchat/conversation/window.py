"""How much of the context is used, and what is made shorter before it is full.

Each level is done in one large step, from `START` of the room down to `GOAL`, so that the requests
between begin with the same bytes and an engine's cache of them holds.
"""

from collections.abc import Iterator, Sequence

import msgspec

from qchat.conversation.tokens import MESSAGE_TOKENS, TokenCounter, estimate
from qchat.conversation.view import Cuts, Place, Shortener, TurnMessages, view, view_of_turn
from qchat.protocol.events import Compacted, Usage
from qchat.protocol.messages import Assistant, Message, ToolResult, User
from qchat.protocol.remembered import Remembered

START, START_NOTES, GOAL, GOOD_ENOUGH = 0.8, 0.9, 0.5, 0.7
"""Shares of the room: from where output is made short, and replies; down to where."""
REPLY_SHARE, MAX_REPLY = 4, 8_192
"""One part in so many of the context is kept free for the reply, at most so many tokens."""
KEPT_STEPS = 2
"""The last replies of the running turn, with what came of their calls, are left whole."""


class Account(msgspec.Struct, frozen=True):
    """Where the tokens of the next request go, about; `room` is 0 where nobody knows it."""

    room: int
    total: int
    kinds: tuple[tuple[str, int], ...]
    """What kind of text, and how many tokens of it."""
    shorter: int = 0
    """Tokens that are not sent since what was compacted."""

    def __str__(self) -> str:
        """For a person: a line for each kind, and the sum."""
        lines = [f"{count:>8,}  {kind}" for kind, count in self.kinds if count]
        of = f" of {self.room:,} ({self.total / self.room:.0%})" if self.room else ""
        lines.append(f"{self.total:>8,}{of} tokens in the next request, about")
        if self.shorter:
            lines.append(f"{self.shorter:>8,}  saved by compaction; /compact undo sends them again")
        return "\n".join(lines)


class ContextWindow:
    """Of one session: what its backend holds, and what servers said of its requests."""

    def __init__(self) -> None:
        self.counter = TokenCounter()
        self.shortener = Shortener()
        self._refused = 0
        """The limit that a server named, or that its refusal shows; 0 while none did."""
        self._estimates: Remembered[Message, tuple[float, float]] = Remembered(_estimated)
        self._thoughts = True

    def use(self, context: int, *, thoughts: bool, overhead: float) -> None:
        """Work with a context of so many tokens (0: unknown).

        `thoughts` says whether the thinking of earlier turns is sent too; `overhead` is the
        estimate of what goes with every request.
        """
        self.context = min(filter(None, (context, self._refused)), default=0)
        self._thoughts = thoughts
        self._overhead = overhead

    context = 0
    _overhead = 0.0
    ahead = 0.0
    """The estimate of what stands before all turns, since something is compacted."""

    @property
    def room(self) -> int:
        """Tokens that a request may have, so that there is room for the reply; 0: unknown."""
        return self.context - min(self.context // REPLY_SHARE, MAX_REPLY)

    def refused(self, limit: int) -> None:
        """A server refused a request for its length; it named the limit, or 0."""
        sent = self.counter.tokens(self.counter.asked)
        self._refused = limit or max(int(sent * START), 512)
        self.context = min(filter(None, (self.context, self._refused)))

    def estimate(self, messages: Sequence[Message], running_from: int = 0) -> float:
        """The estimate of a request; from `running_from` on the thinking is sent in any case."""
        total, every = self._overhead + self.ahead, 0 if self._thoughts else running_from
        for at, message in enumerate(messages):
            plain, thinking = self._estimates(message)
            total += plain + thinking if at >= every else plain
        return total

    def more(self, messages: Sequence[Message]) -> float:
        """What messages of the running turn add to the estimate of a request."""
        return sum(plain + thinking for plain, thinking in map(self._estimates, messages))

    def has_room(self, estimated: float) -> bool:
        """Whether a request of that estimate needs nothing to be compacted."""
        return not self.room or self.counter.tokens(estimated) <= self.room * START

    def tokens(self, messages: Sequence[Message], running_from: int = 0) -> int:
        """How many tokens a request will have, about."""
        return self.counter.tokens(self.estimate(messages, running_from))

    def forget(self) -> None:
        """A turn is over: its messages are made anew."""
        self._estimates.forget()
        self.shortener.forget()

    def seed(self, turns: Sequence[TurnMessages], held: Cuts, usage: Usage) -> None:
        """After a restart: what the server counted last was of these turns."""
        if turns and usage.prompt:
            self.counter.ask(self.estimate(view(turns, held)))
            self.counter.learn(usage)

    def decide(
        self, turns: Sequence[TurnMessages], held: Cuts, *, at_once: bool = False
    ) -> Compacted | None:
        """What to compact before the next request; None while there is room.

        The last turn is the running one. `at_once` does it although there is room.
        """
        if not turns or not (self.room or at_once):
            return None
        used = self._used(turns, held)
        room = self.room or used
        if used <= room * START and not at_once:
            return None
        goal = min(room, used) * GOAL
        places = _places(turns, held.outputs)
        best = self._earliest(turns, held, places, "outputs", goal)
        if best is not None and best.tokens_after <= room * GOOD_ENOUGH:
            return best
        if used <= room * START_NOTES and not at_once:
            return best
        noted = self._earliest(turns, held, _places(turns, held.notes), "notes", goal)
        if noted is not None and noted.tokens_after <= room:
            return noted
        dropped = self._dropped(turns, held, noted, goal)
        return dropped or noted or best

    def _earliest(
        self,
        turns: Sequence[TurnMessages],
        held: Cuts,
        places: Sequence[Place],
        level: str,
        goal: float,
    ) -> Compacted | None:
        """The first place that saves enough, else the last, if it saves anything worth it."""
        before = self._used(turns, held)
        low, high = 0, len(places) - 1
        if high < 0:
            return None
        while low < high:
            middle = (low + high) // 2
            if self._used(turns, _with(held, level, places[middle])) <= goal:
                high = middle
            else:
                low = middle + 1
        after = self._used(turns, _with(held, level, places[low]))
        if after > before * 0.95:
            return None
        place = places[low]
        return Compacted(
            "outputs" if level == "outputs" else "notes",
            turns[place.turn].id,
            place.message,
            before,
            after,
        )

    def _dropped(
        self, turns: Sequence[TurnMessages], held: Cuts, noted: Compacted | None, goal: float
    ) -> Compacted | None:
        """Leave out the oldest turns, where their words alone are too many."""
        before = self._used(turns, held)
        for number in range(held.dropped + 1, len(turns)):
            cut = msgspec.structs.replace(held, dropped=number)
            after = self._used(turns, cut)
            if after <= goal or number == len(turns) - 1:
                if noted is not None and after >= noted.tokens_after:
                    return None
                return Compacted("dropped", turns[number].id, 0, before, after)
        return None

    def _used(self, turns: Sequence[TurnMessages], held: Cuts) -> int:
        sent = view(turns[:-1], held, self.shortener)
        running = view_of_turn(turns[-1], len(turns) - 1, held, self.shortener)
        return self.tokens([*sent, *running], len(sent))

    def account(self, turns: Sequence[TurnMessages], held: Cuts) -> Account:
        """Where the tokens of the next request go."""
        sent = view(turns, held, self.shortener)
        total = self.tokens(sent)
        kinds: dict[str, float] = {"system text and tools": self._overhead}
        for message in sent:
            for kind, count in _by_kind(message, self._thoughts):
                kinds[kind] = kinds.get(kind, 0.0) + count
        scale = total / (sum(kinds.values()) or 1)
        whole = self.tokens(view(turns, Cuts()))
        listed = tuple((kind, round(count * scale)) for kind, count in kinds.items())
        return Account(self.room, total, listed, max(whole - total, 0))


def _with(held: Cuts, level: str, place: Place) -> Cuts:
    outputs = max(held.outputs, place)
    notes = place if level == "notes" else held.notes
    return msgspec.structs.replace(held, outputs=outputs, notes=notes)


def _places(turns: Sequence[TurnMessages], after: Place) -> list[Place]:
    """Where may be cut: before a turn or a reply, and not among the last steps."""
    last = len(turns) - 1
    places = [Place(number, 0) for number in range(1, last + 1)]
    replies = [at for at, m in enumerate(turns[last].messages) if isinstance(m, Assistant)]
    places += [Place(last, at) for at in replies[1 : len(replies) - KEPT_STEPS + 1]]
    if len(replies) <= KEPT_STEPS and replies:
        places += [Place(last, at) for at in replies[1:]]
    if replies:
        places.append(Place(last, len(turns[last].messages)))
    return [place for place in places if place > after]


def _estimated(message: Message) -> tuple[float, float]:
    plain = sum(count for kind, count in _by_kind(message, thoughts=False))
    thinking = estimate(message.thinking) if isinstance(message, Assistant) else 0.0
    return plain + MESSAGE_TOKENS, thinking


def _by_kind(message: Message, thoughts: bool) -> Iterator[tuple[str, float]]:
    match message:
        case User():
            yield "your words", estimate(message.text)
            files = sum(estimate(file.text) for file in message.attachments)
            memories = sum(estimate(memory.text) + MESSAGE_TOKENS for memory in message.recalled)
            yield "attachments", files
            yield "memories", memories
            told = sum(estimate(word.text) + MESSAGE_TOKENS for word in message.told)
            yield "told by qchat", told
            if message.tool_reports:
                yield "tool output", estimate(message.sent) - estimate(message.text) - files - told
        case Assistant():
            yield "answers", estimate(message.text)
            yield "calls", sum(estimate(str(c.sent)) + MESSAGE_TOKENS for c in message.calls)
            if thoughts:
                yield "thinking", estimate(message.thinking)
        case ToolResult():
            yield "tool output", estimate(message.sent)
