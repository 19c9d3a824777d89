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
    """One line for the session with all that left the machine, then one for each turn and trail."""
    info = msgspec.to_builtins(conversation.info)
    yield msgspec.json.encode(info | {"egress": ledger(conversation.senders)})
    for turn in conversation.turns:
        yield msgspec.json.encode(turn)
    for trail in conversation.trails:
        yield msgspec.json.encode(trail)
