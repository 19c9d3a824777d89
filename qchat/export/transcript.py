"""A conversation as a file: Markdown to read, JSON lines to keep everything."""

from collections.abc import Iterator

import msgspec

from qchat.egress.ledger import ledger
from qchat.export.blocks import TurnBlocks, left
from qchat.store import Conversation


def markdown(conversation: Conversation) -> str:
    """The whole conversation, thinking and tools folded away where a viewer can fold."""
    written = [f"# {conversation.info.title or conversation.info.id}"]
    for turn in conversation.turns:
        blocks = TurnBlocks(turn, conversation.trails)
        written += [f"## {blocks.head()}", blocks.prompt()]
        written += [text for event in turn.events for text in blocks.of(event)]
        written += blocks.left()
    return "\n\n".join([*written, *left(conversation)]) + "\n"


def json_lines(conversation: Conversation) -> Iterator[bytes]:
    """One line for the session with all that left the machine, then one for each turn.

    First those of the branch that it stands at, up to its `head`; then those of branches that were
    left, each behind the one that it follows; then trails.
    """
    info = msgspec.to_builtins(conversation.info)
    head = conversation.turns[-1].id if conversation.turns else None
    yield msgspec.json.encode(info | {"head": head, "egress": ledger(conversation.senders)})
    every = (*conversation.turns, *conversation.others, *conversation.trails)
    for turn in {turn.id: turn for turn in every}.values():  # a trail may be on a branch by now
        yield msgspec.json.encode(turn)
