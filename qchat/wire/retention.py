"""What of a conversation goes back to a model: its thinking, and pictures as such."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from qchat.protocol.messages import Assistant, Message, User
from qchat_tools.parts import ImagePart

ReasoningRetention = Literal["all", "turn", "none"]


class InlineImage(msgspec.Struct, frozen=True):
    """A picture as it goes over: `data` in base64."""

    media_type: str
    data: str


InlineImages = Mapping[tuple[int, str], InlineImage]
"""The pictures that are sent as such, by the place of their message and their hash."""
NO_IMAGES: InlineImages = {}


def thinking_since(messages: tuple[Message, ...], earlier: ReasoningRetention) -> int:
    """The place of the first message whose thinking goes back with it."""
    match earlier:
        case "all":
            return 0
        case "none":
            return len(messages)
        case "turn":
            asked = (at for at in reversed(range(len(messages))) if isinstance(messages[at], User))
            return next(asked, -1) + 1


def thoughts_sent(messages: tuple[Message, ...], earlier: ReasoningRetention) -> list[str]:
    """For each message the thinking that goes back with it; empty for none."""
    since = thinking_since(messages, earlier)
    return [
        message.thinking if isinstance(message, Assistant) and at >= since else ""
        for at, message in enumerate(messages)
    ]


def sent_images(
    at: int, message: Message, images: InlineImages
) -> list[tuple[ImagePart, InlineImage]]:
    """The pictures of the message at a place that go along, each once."""
    if isinstance(message, Assistant):
        return []
    unlike = {part.sha256: part for part in message.pictures}
    return [(p, images[at, sha256]) for sha256, p in unlike.items() if (at, sha256) in images]
