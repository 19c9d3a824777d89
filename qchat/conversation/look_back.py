"""The model's way back to what was made shorter: originals by handle, or found by words."""

import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Annotated, Protocol

import msgspec

from qchat.conversation.view import TurnMessages, handle, pieces, read
from qchat.protocol.messages import ToolResult
from qchat_memory.origin import QCHAT, Origin
from qchat_tools.base import Call, ToolError, parse, spec
from qchat_tools.parts import Part, TextPart
from qchat_tools.passages import best, split

PART_CHARACTERS = 6_000
"""Of an original that are shown at once."""
PASSAGE_CHARACTERS = 700
"""Of what is found by words; its handle reads the rest."""
MAX_FOUND = 6


class LookBackArguments(msgspec.Struct, forbid_unknown_fields=True):
    words: Annotated[str, msgspec.Meta(description="Words to look for in this conversation")] = ""
    handle: Annotated[str, msgspec.Meta(description="A handle such as 12.3, to read it whole")] = ""
    part: Annotated[int, msgspec.Meta(description="Which part of a long text, from 1", ge=1)] = 1


class Originals(Protocol):
    """A conversation as it was, with nothing left out."""

    def turn(self, id_: int) -> TurnMessages | None:
        """One turn by its id; None where there is none."""
        ...

    def with_words(self, words: str) -> Sequence[TurnMessages]:
        """The turns in which words may be found."""
        ...


class AllOf:
    """Turns that are few, and at hand."""

    def __init__(self, turns: Sequence[TurnMessages]) -> None:
        self._turns = turns

    def turn(self, id_: int) -> TurnMessages | None:
        return next((turn for turn in self._turns if turn.id == id_), None)

    def with_words(self, words: str) -> Sequence[TurnMessages]:  # noqa: ARG002
        return self._turns


class LookBackTool:
    """Reads earlier parts of the conversation, which are kept whole however little is sent."""

    spec = spec(
        "look_back",
        "Read what was said or given back earlier in this conversation and is no longer shown in "
        "full: by the handle that stands in its place, or by words.",
        LookBackArguments,
    )
    origin = QCHAT

    def __init__(self, originals: Originals, running: int = 0) -> None:
        """`running` is the id of the turn that asks."""
        self._originals = originals
        self._running = running

    async def run(self, call: Call) -> AsyncGenerator[Part, None]:
        """Find it. Raises ToolError for a handle or words that lead nowhere."""
        asked = parse(LookBackArguments, call.arguments)
        if asked.handle:
            for part in self._read(asked.handle, asked.part):
                yield part
        elif asked.words.strip():
            for part in self._found(asked.words.strip()):
                yield part
        else:
            raise _Own("say words to look for, or a handle")

    def _read(self, by: str, number: int) -> list[Part]:
        found = read(self._originals.turn, by)
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
        texts = list(self._passages(self._originals.with_words(words)))
        order = best(words, [passage for _, passage, _ in texts])
        phrase = _phrase(words)
        order.sort(key=lambda at: phrase.search(texts[at][1]) is None)  # stable: else as they were
        if not order:
            raise _Own(f"nothing in this conversation has {words[:80]!r}")
        shown: list[Part] = []
        for at in order[:MAX_FOUND]:
            heading, passage, origin = texts[at]
            shown.append(TextPart(heading, origin=QCHAT))
            shown.append(TextPart(passage, origin=origin))
        return shown

    def _passages(self, turns: Sequence[TurnMessages]) -> Iterator[tuple[str, str, Origin]]:
        """All that was said, in parts, but for the question itself and what was found before."""
        for turn in turns:
            for at, message in enumerate(turn.messages):
                asks = turn.id == self._running and at == 0
                found = isinstance(message, ToolResult) and message.name == self.spec.name
                for text, origin, what in () if asks or found else pieces(message):
                    for passage in split(text, PASSAGE_CHARACTERS):
                        yield f"[{handle(turn, at)}: {what}]", passage, origin


def _phrase(words: str) -> re.Pattern[str]:
    """The words as they stand, not inside a longer word or number."""
    before, after = (
        r"\b" if end.isascii() and end.isalnum() else "" for end in (words[0], words[-1])
    )
    return re.compile(before + r"\s+".join(map(re.escape, words.split())) + after, re.IGNORECASE)


class _Own(ToolError):
    """qchat says it: nothing was read."""

    origin = QCHAT
