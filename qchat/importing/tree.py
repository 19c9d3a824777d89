"""A tree of messages becomes a tree of turns: each prompt with one chain of what followed it.

Another answer to a prompt is another turn beside the first, as qchat's own `/retry` makes it.
"""

from collections.abc import Iterator, Sequence

import msgspec

from qchat.importing.records import BrokenEntryError, ForeignConversation, Message
from qchat.protocol.events import Event
from qchat.runtime.language import tr

NO_PROMPT = "(no prompt)"
"""Stands for a prompt where a model spoke first."""
MAX_COPIES = 20
"""How often a message may stand in turns, on average: a tree that asks for more is no chat."""


class ForeignTurn(msgspec.Struct, frozen=True):
    """A turn as the source has it; `key` names it there, however much is added later."""

    key: str
    parent: str | None
    prompt: str
    at: float
    model: str
    events: tuple[Event, ...]
    last: str
    """The message that it ends with."""


class _Chain(msgspec.Struct):
    """A prompt and what followed it so far."""

    key: str
    parent: str | None
    user: Message | None
    replies: tuple[Message, ...] = ()

    def grown(self, message: Message, key: str) -> "_Chain":
        return _Chain(key, self.parent, self.user, (*self.replies, message))

    def turn(self, key: str) -> ForeignTurn:
        first = self.user or self.replies[0]
        events = [*(self.user.events if self.user else ())]
        events += [event for reply in self.replies for event in reply.events]
        times = (message.at for message in (first, *self.replies) if message.at)
        model = next((reply.model for reply in self.replies if reply.model), "")
        prompt = (self.user.text if self.user else "") or NO_PROMPT
        last = (self.replies[-1] if self.replies else first).id
        return ForeignTurn(key, self.parent, prompt, next(times, 0.0), model, tuple(events), last)


def turns(conversation: ForeignConversation) -> list[ForeignTurn]:
    """All turns on all branches, each behind the one that it follows. Raises BrokenEntryError."""
    messages = _unhidden(conversation.messages)
    roots, children = _forest(messages)
    found: list[ForeignTurn] = []
    most = MAX_COPIES * len(messages) + 1_000
    stack = [_begun(message, None) for message in reversed(roots)]
    copies = 0
    while stack:
        message, chain = stack.pop()
        users = [child for child in children[message.id] if child.role == "user"]
        models = [child for child in children[message.id] if child.role == "model"]
        follow: list[tuple[Message, _Chain]] = []
        if users or not models:
            turn = chain.turn(f"{chain.key}={message.id}" if models else chain.key)
            copies += len(chain.replies) + 1
            if copies > most:
                raise BrokenEntryError(tr("branches into more turns than a conversation can have"))
            found.append(turn)
            follow += [_begun(child, turn.key) for child in users]
        for number, child in enumerate(models):
            key = f"{chain.key}/{child.id}" if number else chain.key
            follow.append((child, chain.grown(child, key)))
        stack += reversed(follow)
    return found


def head(conversation: ForeignConversation, found: Sequence[ForeignTurn]) -> str | None:
    """The turn that the conversation stands at."""
    if not found:
        return None
    shown = {message.id for message in conversation.messages}
    if conversation.current in shown:
        parents = {message.id: message.parent for message in conversation.messages}
        ends = {turn.last: turn.key for turn in reversed(found)}
        at: str | None = conversation.current
        seen: set[str] = set()
        while at is not None and at not in seen:
            if at in ends:
                return ends[at]
            seen.add(at)
            at = parents.get(at)
    return max(enumerate(found), key=lambda pair: (pair[1].at, pair[0]))[1].key


def _begun(message: Message, parent: str | None) -> tuple[Message, _Chain]:
    if message.role == "user":
        return message, _Chain(message.id, parent, message)
    return message, _Chain(message.id, parent, None, (message,))


def _unhidden(messages: Sequence[Message]) -> list[Message]:
    """The messages that say something, each below the next one above that does, ids unique."""
    known = {message.id: message for message in reversed(messages)}
    above: dict[str, str | None] = {}

    def shown(id_: str | None) -> str | None:
        passed: list[str] = []
        while id_ is not None and id_ in known and id_ not in above:
            if known[id_].role != "hidden":
                break
            passed.append(id_)
            above[id_] = None  # a circle of hidden ones ends here
            id_ = known[id_].parent
        end = above.get(id_, id_) if id_ is not None and id_ in known else None
        above.update(dict.fromkeys(passed, end))
        return end

    return [
        msgspec.structs.replace(message, parent=shown(message.parent))
        for message in known.values()
        if message.role != "hidden"
    ][::-1]


def _forest(messages: Sequence[Message]) -> tuple[list[Message], dict[str, list[Message]]]:
    """The roots, and the children of each; what goes round in a circle begins at its first."""
    by_id = {message.id: message for message in messages}
    children: dict[str, list[Message]] = {message.id: [] for message in messages}
    roots: list[Message] = []
    for message in messages:
        above = children.get(message.parent) if message.parent is not None else None
        (roots if above is None else above).append(message)
    reached = set(_below(roots, children))
    for message in messages:
        if message.id not in reached:
            children[by_id[message.id].parent or ""].remove(message)
            roots.append(message)
            reached.update(_below([message], children))
    return roots, children


def _below(roots: Sequence[Message], children: dict[str, list[Message]]) -> Iterator[str]:
    stack = [*roots]
    while stack:
        message = stack.pop()
        yield message.id
        stack += children[message.id]
