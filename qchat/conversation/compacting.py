"""What the user does about a full context: notes that are shown before they hold, changed, undone.

Each is a turn of which a model is not told, so that it is kept, shown and undone as all others.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from msgspec.structs import replace

from qchat.backends.base import Backend, Request
from qchat.conversation.compaction import covered_by, decide, foreseen
from qchat.conversation.note_writer import NoteWriter, untrusted
from qchat.conversation.planner import Past, said
from qchat.conversation.request_context import RequestContext
from qchat.conversation.view import (
    WHOLE_TURN,
    Cuts,
    TurnMessages,
    cuts,
    drafted,
    in_force,
    view,
)
from qchat.protocol.errors import UsageError
from qchat.protocol.event_values import Notes
from qchat.protocol.events import Compacted, CompactionUndone, Event, Marked, Notice, TurnFinished
from qchat.runtime.language import tr
from qchat.store import TurnKind, TurnWriter

Stages = Callable[[TurnWriter], AsyncGenerator[Event, None]]
"""What a turn does, given where it is kept."""
Turns = Callable[[TurnKind, str, Stages], AsyncGenerator[Event, None]]
"""Begins a turn with what was typed for it."""
Asked = Callable[[], tuple[Backend, Request]]
"""Who writes notes, and what the next step would be asked with."""

DRAFTED = (
    "This is a draft, and nothing is changed yet. /compact edit puts it where prompts are written,"
    " to be changed and sent; /compact puts it in force as it is. Else it holds once the context is"
    " full."
)


class Compacting:
    """Of one conversation."""

    def __init__(self, context: RequestContext, turns: Turns, asked: Asked) -> None:
        self._context = context
        self._begin = turns
        self._asked = asked

    def compact(
        self, what_matters: str = "", *, fast: bool = False, draft: bool = False
    ) -> AsyncGenerator[Event, None]:
        """Send less of what came before from here on; what goes and what stays is said first.

        The model writes notes of it unless it shall be `fast`, or they were drafted before. A
        `draft` is shown and changes nothing. Ended before that is done, nothing is changed.
        """

        async def stages(writer: TurnWriter) -> AsyncGenerator[Event, None]:
            past, turns, held = self._compactable(writer.turn.id)
            event = decide(self._context.window, turns, held, at_once=True)
            if event is None or (draft and event.level != "notes"):
                yield Notice(tr("There is nothing that could be made shorter."))
                yield TurnFinished("stop")
                return
            yield Notice(foreseen(event, turns))
            ready = None if what_matters or fast or draft else drafted(past.compactions)
            if ready is not None:
                event = replace(event, notes=ready.notes, origins=ready.origins)
            elif event.level != "outputs" and not fast:
                covered = covered_by(event, turns)
                notes = NoteWriter(*self._asked())
                async with aclosing(
                    notes.write(view(past.turns, held), covered, what_matters)
                ) as w:
                    async for told in w:
                        yield told
                if notes.notes is None:
                    yield Notice(
                        tr("{why_none}: notes are made without it.", why_none=notes.why_none),
                        "warning",
                    )
                event = replace(
                    event, notes=notes.notes, origins=untrusted(covered, held), usage=notes.usage
                )
            yield replace(event, what_matters=what_matters, draft=draft)
            yield Notice(DRAFTED if draft else said(event))
            yield TurnFinished("stop")

        how = "draft" if draft else "fast" if fast else ""
        typed = " ".join(filter(None, ["/compact", how, what_matters]))
        return self._begin("run", typed, stages)

    @property
    def notes(self) -> Notes | None:
        """What was written of all that is no longer sent, or that is drafted to be so."""
        last = self._last_written()
        return last.notes if last is not None else None

    def change_notes(self, notes: Notes) -> AsyncGenerator[Event, None]:
        """Let these stand in place of the notes that hold or are drafted.

        Raises UsageError without any.
        """
        last = self._last_written()
        if last is None:
            raise UsageError(tr("There are no notes yet: /compact draft makes them."))

        async def stages(_writer: TurnWriter) -> AsyncGenerator[Event, None]:
            yield replace(last, notes=notes, draft=False, usage=None, at=0.0)
            yield Notice(tr("The notes are sent as you changed them from here on."))
            yield TurnFinished("stop")

        return self._begin("run", "/compact notes", stages)

    def undo(self) -> AsyncGenerator[Event, None]:
        """Send again what the last compaction left out."""

        async def stages(writer: TurnWriter) -> AsyncGenerator[Event, None]:
            past, _, _ = self._compactable(writer.turn.id)
            if not in_force(past.compactions)[0]:
                yield Notice(tr("Nothing is compacted here."))
            else:
                yield CompactionUndone()
                yield Notice(tr("The last compaction is undone: what it left out is sent again."))
            yield TurnFinished("stop")

        return self._begin("run", "/compact undo", stages)

    def original(self, turn: int) -> TurnMessages | None:
        """A turn of this branch as it was, with nothing left out; None where there is none."""
        return self._context.history.turn(turn)

    def mark(self, turn: int, message: int, *, on: bool) -> AsyncGenerator[Event, None]:
        """Let a message, or a whole turn, never be made shorter; or as the others again."""
        handle = f"{turn}" if message == WHOLE_TURN else f"{turn}.{message}"

        async def stages(_writer: TurnWriter) -> AsyncGenerator[Event, None]:
            yield Marked(turn, message, on)
            as_ = (
                tr("always sent whole")
                if on
                else tr("made shorter like the others when it must be")
            )
            yield Notice(tr("{handle} is {how} from here on.", handle=handle, how=as_))
            yield TurnFinished("stop")

        return self._begin("run", f"/keep {'' if on else 'off '}{handle}", stages)

    def _compactable(self, turn: int) -> tuple[Past, list[TurnMessages], Cuts]:
        """What is before a turn that has just begun, and what holds for it."""
        past = self._context.past(self._context.finished)
        turns = [*past.turns, TurnMessages(turn, ())]
        return past, turns, cuts([each.id for each in turns], past.compactions)

    def _last_written(self) -> Compacted | None:
        """What is drafted, else the last compaction to notes that holds."""
        changes = self._context.past(self._context.finished).compactions
        if (draft := drafted(changes)) is not None:
            return draft
        held, _ = in_force(changes)
        return next((event for event in reversed(held) if event.level == "notes"), None)
