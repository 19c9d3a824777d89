"""How a memory becomes another: what takes its place, and what taking back leaves of it."""

from collections.abc import Iterable, Sequence

import msgspec

from qchat_memory.language.words import sameness
from qchat_memory.memory import MAX_PAST, Memory, Past


def met(found: Sequence[Memory], said: Memory) -> Memory | None:
    """Which of the memories that may say the same is the one that a new one takes the place of.

    What holds in one project says nothing of another, or of everywhere else.
    """
    same = sameness(said.text)
    found = [memory for memory in found if memory.project == said.project]
    exactly = [memory for memory in found if sameness(memory.text) == same]
    # Among several about one thing, the newest is what still holds.
    return max(exactly or found, key=lambda memory: memory.moment, default=None)


def after(old: Memory, said: Memory) -> Memory:
    """The old memory when it says something new: its id, pin and use stay, its text is past."""
    past = (old.then(), *old.past)[:MAX_PAST]
    return msgspec.structs.replace(
        said,
        id=old.id,
        project=old.project,
        pinned=old.pinned or said.pinned,
        used_at=old.used_at,
        uses=old.uses,
        past=past,
    )


def before(memory: Memory) -> Memory | None:
    """The memory as it was before it said what it says; None if it said nothing."""
    if not memory.past:
        return None
    last, *rest = memory.past
    return _saying(memory, last, rest)


def without(memory: Memory, session: str, turns: Iterable[str]) -> Memory | None:
    """The memory without what these turns told; None if nothing is left of it."""
    gone = {(session, turn) for turn in turns}
    here = [past for past in memory.past if (past.session, past.turn) not in gone]
    if (memory.session, memory.turn) not in gone:
        return msgspec.structs.replace(memory, past=tuple(here))
    if not here:
        return None
    return _saying(memory, here[0], here[1:])


def _saying(memory: Memory, past: Past, rest: Sequence[Past]) -> Memory:
    return msgspec.structs.replace(
        memory,
        text=past.text,
        said_at=past.said_at,
        session=past.session,
        turn=past.turn,
        past=tuple(rest),
        source=past.source,
        origins=past.origins,
    )
