"""The model's way back to what was made shorter: originals by handle, or found by words."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Annotated

import msgspec

from qchat.conversation.view import TurnMessages, handle, pieces, read
from qchat_memory.origin import QCHAT, Origin
from qchat_tools.base import Call, ToolError, parse, spec
from qchat_tools.parts import Part, TextPart
from qchat_tools.passages import best, split

PART_CHARACTERS = 6_000
"""Of an original that are shown at once."""
PASSAGE_CHARACTERS = 1_500
MAX_FOUND = 4


class LookBackArguments(msgspec.Struct, forbid_unknown_fields=True):
    words: Annotated[str, msgspec.Meta(description="Words to look for in this conversation")] = ""
    handle: Annotated[str, msgspec.Meta(description="A handle such as 12.3, to read it whole")] = ""
    part: Annotated[int, msgspec.Meta(description="Which part of a long text, from 1", ge=1)] = 1


class LookBackTool:
    """Reads earlier parts of the conversation, which are kept whole however little is sent."""

    spec = spec(
        "look_back",
        "Read what was said or given back earlier in this conversation and is no longer shown in "
        "full: by the handle that stands in its place, or by words.",
        LookBackArguments,
    )
    origin = QCHAT

    def __init__(self, turns: Callable[[], Sequence[TurnMessages]]) -> None:
        """`turns` gives all of the conversation, whole."""
        self._turns = turns

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Find it. Raises ToolError for a handle or words that lead nowhere."""
        asked = parse(LookBackArguments, call.arguments)
        if asked.handle:
            for part in self._read(asked.handle, asked.part):
                yield part
        elif asked.words.strip():
            for part in self._found(asked.words):
                yield part
        else:
            raise _Own("say words to look for, or a handle")

    def _read(self, by: str, number: int) -> list[Part]:
        found = read(self._turns(), by)
        if not found:
            raise _Own(f"nothing here has the handle {by[:40]!r}")
        shown: list[Part] = []
        for text, origin, what in found:
            parts = [text[at : at + PART_CHARACTERS] for at in range(0, len(text), PART_CHARACTERS)]
            of = f", part {number} of {len(parts)}" if len(parts) > 1 else ""
            if number <= len(parts):
                shown.append(TextPart(f"[{by}: {what}{of}]", origin=QCHAT))
                shown.append(TextPart(parts[number - 1], origin=origin))
        if not shown:
            raise _Own(f"{by} has no part {number}")
        return shown

    def _found(self, words: str) -> list[Part]:
        texts: list[tuple[str, str, Origin]] = []
        for turn in self._turns():
            for at, message in enumerate(turn.messages):
                texts += [
                    (f"[{handle(turn, at)}: {what}]", passage, origin)
                    for text, origin, what in pieces(message)
                    for passage in split(text, PASSAGE_CHARACTERS)
                ]
        order = best(words, [passage for _, passage, _ in texts])[:MAX_FOUND]
        if not order:
            raise _Own(f"nothing in this conversation has {words[:80]!r}")
        shown: list[Part] = []
        for at in order:
            heading, passage, origin = texts[at]
            shown.append(TextPart(heading, origin=QCHAT))
            shown.append(TextPart(passage, origin=origin))
        return shown


class _Own(ToolError):
    """qchat says it: nothing was read."""

    origin = QCHAT
