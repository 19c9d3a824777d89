"""Lets the model write the notes of what will no longer be sent, and believes only what is so."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from qchat.backends.base import Backend, Request
from qchat.conversation import notes
from qchat.conversation.view import Cuts, TurnMessages, handle, note_of, pieces
from qchat.protocol.errors import QchatError
from qchat.protocol.event_values import Notes, Usage
from qchat.protocol.events import Event, Notice, Sent, StepFinished, Text, Thinking
from qchat.protocol.messages import Message, ToolResult, User
from qchat.runtime.language import tr
from qchat_memory.origin import Origin

MAX_TOKENS = 1_500
"""Of notes; a small context holds no more beside what they are of."""
MAX_HANDLES, MAX_HANDLE = 20, 60
"""Results that are named with their handles, and characters of each."""
TIMEOUT_S = 180.0
USELESS = "The notes that the model wrote say nothing that stands in the conversation"


class NoteWriter:
    """Asks once, with what was sent before and one more prompt: an engine's cache of it holds."""

    def __init__(self, backend: Backend, request: Request) -> None:
        """`request` is what the next step would be asked with."""
        self._backend = backend
        self._request = request
        self.notes: Notes | None = None
        """What came of it; None where it is of no use."""
        self.why_none = ""
        self.usage: Usage | None = None
        """Tokens that it cost; None where nobody said so."""

    async def write(
        self, sent: Sequence[Message], covered: Sequence[TurnMessages], what_matters: str = ""
    ) -> AsyncGenerator[Event, None]:
        """Yields what is written as it comes. Never raises: without use there are no notes."""
        prompt = User(_prompt(covered, what_matters))
        request = msgspec.structs.replace(
            self._request,
            messages=(*sent, prompt),
            think=False,
            budget=0,
            max_tokens=MAX_TOKENS,
            search=False,
        )
        written: list[str] = []
        try:
            async with (
                asyncio.timeout(TIMEOUT_S),
                aclosing(self._backend.stream(request)) as reply,
            ):
                async for event in reply:
                    if isinstance(event, Text):
                        written.append(event.text)
                    if isinstance(event, StepFinished):
                        self.usage = event.usage
                    if isinstance(event, Text | Thinking | Sent | Notice):
                        yield event
        except (QchatError, TimeoutError) as error:
            self.why_none = str(error) or tr("The model took too long to write notes")
            return
        self.notes = await asyncio.to_thread(_checked, "".join(written), covered)
        self.why_none = USELESS if self.notes is None else ""


def untrusted(covered: Sequence[TurnMessages], held: Cuts) -> tuple[Origin, ...]:
    """Whose words a writer of notes reads that are not the user's, in notes of before too."""
    every = (o for turn in covered for m in turn.messages for o in m.origins if not o.trusted)
    return tuple(dict.fromkeys((*held.origins, *every)))


def _prompt(covered: Sequence[TurnMessages], what_matters: str) -> str:
    results = [
        note_of(handle(turn, at), m)[:MAX_HANDLE]
        for turn in covered
        for at, m in enumerate(turn.messages)
        if isinstance(m, ToolResult)
    ]
    handles = "\n".join(["Handles of the last results:", *results[-MAX_HANDLES:]])
    matters = f"What matters most: {what_matters}" if what_matters else ""
    return "\n\n".join(filter(None, [notes.PROMPT, handles if results else "", matters]))


def _checked(text: str, covered: Sequence[TurnMessages]) -> Notes | None:
    """What stands in the conversation of these notes; None where that is nothing."""
    originals = [
        original
        for turn in covered
        for at, message in enumerate(turn.messages)
        for original in (handle(turn, at), *(piece for piece, _, _ in pieces(message)))
    ]
    kept = notes.grounded(notes.from_text(text), originals)
    if notes.empty(kept):
        return None
    first = (m.text for turn in covered for m in turn.messages if isinstance(m, User) and m.text)
    return msgspec.structs.replace(kept, goal=next(first, "")[: notes.MAX_GOAL])
