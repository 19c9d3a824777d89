"""What is made shorter before the context is full.

Each level is done in one large step, from `START` of the room down to `GOAL`, so that the requests
between begin with the same bytes and an engine's cache of them holds.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from qchat.conversation.view import Cuts, Place, TurnMessages
from qchat.conversation.window import START, ContextWindow
from qchat.protocol.events import Compacted
from qchat.protocol.messages import Assistant, ToolResult, User
from qchat.protocol.wording import counted
from qchat.runtime.language import tr

GOAL, GOOD_ENOUGH = 0.5, 0.7
"""Shares of the room: down to where, and with how much short output alone is content."""
MIN_SAVED = 0.05
"""A step that saves less of a request is not worth a new beginning of the cache."""
KEPT_STEPS = 2
"""The last replies of the running turn, with what came of their calls, are left whole."""


def decide(
    window: ContextWindow,
    turns: Sequence[TurnMessages],
    held: Cuts,
    *,
    at_once: bool = False,
    as_if_full: bool = False,
) -> Compacted | None:
    """What to compact before the next request; None while there is room.

    The last turn is the running one. `at_once` does it although there is room, and makes notes of
    all but the last turn before: who asks for it wants much room. `as_if_full` foretells what will
    be done of these.
    """
    if not turns or not (window.room or at_once):
        return None
    used = window.used(turns, held)
    room = window.room or used
    if used <= room * START and not (at_once or as_if_full):
        return None
    goal = min(room, used) * GOAL
    outputs = _earliest(window, turns, held, "outputs", goal)
    enough = min(room, used) * GOOD_ENOUGH
    if outputs is not None and outputs.tokens_after <= enough and not at_once:
        return outputs
    if at_once:
        return _all_but_the_last(window, turns, held) or outputs
    notes = _earliest(window, turns, held, "notes", goal)
    if notes is not None and notes.tokens_after <= room * START:
        return notes
    return _dropped(window, turns, held, notes, goal) or notes or outputs


def _earliest(
    window: ContextWindow,
    turns: Sequence[TurnMessages],
    held: Cuts,
    level: Literal["outputs", "notes"],
    goal: float,
) -> Compacted | None:
    """The first place that saves enough, else the last, if it saves anything worth it."""
    places = _places(turns, held.notes if level == "notes" else held.outputs)
    if not places:
        return None
    before = window.used(turns, held)
    low, high = 0, len(places) - 1
    while low < high:
        middle = (low + high) // 2
        if window.used(turns, _with(held, level, places[middle])) <= goal:
            high = middle
        else:
            low = middle + 1
    place = places[low]
    after = window.used(turns, _with(held, level, place))
    if after > before * (1 - MIN_SAVED):
        return None
    return Compacted(level, turns[place.turn].id, place.message, before, after)


def _all_but_the_last(
    window: ContextWindow, turns: Sequence[TurnMessages], held: Cuts
) -> Compacted | None:
    """Notes of every turn but the last one before this, or of that where it is the only one."""
    last = len(turns) - 1
    place = Place(max(last - 1, min(last, 1)), 0)
    before, after = (window.used(turns, c) for c in (held, _with(held, "notes", place)))
    if place <= held.notes or after > before * (1 - MIN_SAVED):
        return None
    return Compacted("notes", turns[place.turn].id, 0, before, after)


def _dropped(
    window: ContextWindow,
    turns: Sequence[TurnMessages],
    held: Cuts,
    noted: Compacted | None,
    goal: float,
) -> Compacted | None:
    """Leave out the oldest turns, where their words alone are too many."""
    low, high = held.dropped + 1, len(turns) - 1
    if low > high:
        return None
    while low < high:
        middle = (low + high) // 2
        cut = msgspec.structs.replace(held, dropped=middle)
        low, high = (low, middle) if window.used(turns, cut) <= goal else (middle + 1, high)
    after = window.used(turns, msgspec.structs.replace(held, dropped=low))
    if noted is not None and after >= noted.tokens_after:
        return None
    return Compacted("dropped", turns[low].id, 0, window.used(turns, held), after)


def _with(held: Cuts, level: str, place: Place) -> Cuts:
    outputs = max(held.outputs, place)
    notes = place if level == "notes" else held.notes
    return msgspec.structs.replace(held, outputs=outputs, notes=notes)


def _places(turns: Sequence[TurnMessages], after: Place) -> list[Place]:
    """Where may be cut: before a turn or a reply, and not among the last steps."""
    last = len(turns) - 1
    places = [Place(number, 0) for number in range(1, last + 1)]
    replies = [at for at, m in enumerate(turns[last].messages) if isinstance(m, Assistant)]
    places += [Place(last, at) for at in replies[1 : len(replies) - KEPT_STEPS + 1]]
    if len(replies) <= KEPT_STEPS and replies:
        places += [Place(last, at) for at in replies[1:]]
    if replies:
        places.append(Place(last, len(turns[last].messages)))
    return [place for place in places if place > after]


def covered_by(event: Compacted, turns: Sequence[TurnMessages]) -> list[TurnMessages]:
    """The part of these turns that a compaction stands for."""
    number = next(n for n, turn in enumerate(turns) if turn.id == event.turn)
    part = TurnMessages(event.turn, turns[number].messages[: event.message])
    return [*turns[:number], *([part] if event.message else [])]


def foreseen(event: Compacted, turns: Sequence[TurnMessages]) -> str:
    """What goes and what stays, for a user who may still stop it."""
    covered = covered_by(event, turns)
    number = len(covered)
    before = [m for turn in covered for m in turn.messages]
    replies = sum(isinstance(m, Assistant) for m in before)
    results = sum(isinstance(m, ToolResult) for m in before)
    said = sum(isinstance(m, User) for m in before)
    what = {
        "outputs": tr(
            "long output of {results} is sent by its head and tail",
            results=counted(results, "call"),
        ),
        "notes": tr(
            "{replies} and what came of {results} become notes",
            replies=counted(replies, "reply"),
            results=counted(results, "call"),
        ),
        "dropped": tr(
            "{number} will not be sent any more, your words in them too",
            number=counted(number, "turn"),
        ),
    }[event.level]
    stays = (
        tr("your words ({said}), ", said=counted(said, "prompt"))
        if event.level != "dropped"
        else ""
    )
    return tr(
        "What goes: {what}: about {tokens_before:,} tokens become "
        "{tokens_after:,}. What stays as it is: {stays}pinned memories, what you "
        "marked with /keep, and all that came after turn {number}. Nothing is "
        "deleted.",
        what=what,
        tokens_before=event.tokens_before,
        tokens_after=event.tokens_after,
        stays=stays,
        number=number,
    )
