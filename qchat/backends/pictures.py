"""Which pictures of a conversation go to a model that sees them, and their bytes."""

import base64
from collections.abc import Callable, Sequence

from qchat.protocol.messages import Assistant, Message
from qchat.wire.retention import InlineImage, InlineImages
from qchat_tools.files import picture_kind

MAX_PICTURES = 6
MAX_PICTURE_BYTES = 3 * 1024 * 1024
"""Of one picture, which base64 makes a third longer: six are within every known request's limit."""

SIDES = range(11, 8001)
"""Pixels that a side may have: the cloud wants more than 10, Anthropic's protocol up to 8,000."""

KINDS = frozenset({"image/png", "image/jpeg"})

Load = Callable[[str, int], bytes]
"""Reads a kept file by its hash. Raises OSError or ValueError, also where it has more bytes."""


def inline_images(messages: Sequence[Message], load: Load) -> InlineImages:
    """The newest pictures; what is missing, too large or no picture stays words."""
    read = {place: _picture(place[1], load) for place in _newest(messages)}
    return {place: picture for place, picture in read.items() if picture is not None}


def _newest(messages: Sequence[Message]) -> list[tuple[int, str]]:
    """Where the pictures stand that may go along, by message and hash.

    When there are too many, the older half goes at once: every change costs the server what it
    had kept of the prompt, so there should be few.
    """
    places: list[tuple[int, str]] = []
    for at, message in enumerate(messages):
        drawn = () if isinstance(message, Assistant) else message.pictures
        for sha256 in dict.fromkeys(part.sha256 for part in drawn if part.media_type in KINDS):
            if len(places) == MAX_PICTURES:
                del places[: MAX_PICTURES // 2]
            places.append((at, sha256))
    return places


def _picture(sha256: str, load: Load) -> InlineImage | None:
    """A kept picture, by what its bytes say that it is."""
    try:
        data = load(sha256, MAX_PICTURE_BYTES)
    except (OSError, ValueError):
        return None
    kind = picture_kind(data)
    if kind is None or kind[1] not in SIDES or kind[2] not in SIDES:
        return None
    return InlineImage(kind[0], base64.b64encode(data).decode())
