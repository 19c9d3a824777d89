"""What blocks show of the world outside of their turn: sources, files, memories, branches."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from qchat.conversation.citations import Known
from qchat.conversation.session import Session
from qchat.conversation.workspace import Workspace
from qchat.memory.memories import Memories
from qchat.protocol.events import Notice, Text
from qchat.protocol.permission import Ask, refuse
from qchat.runtime.language import tr
from qchat.tui.blocks.saved_memory import Saved

MAX_THOUGHT = 240
"""Characters of thinking, its end, that stand in a column until there is an answer."""


class RenderContext(msgspec.Struct):
    """Shared by all blocks of a conversation."""

    known: Known = lambda _number: False
    """Which sources an answer may cite."""
    files: Path | None = None
    """Where pictures lie, by their hash."""
    pictures: str = "auto"
    folds: dict[str, bool] = {}
    """Kinds of blocks that the reader has folded (True) or opened, all of them."""
    pattern: re.Pattern[str] | None = None
    """What is looked for, and marked."""
    memories: Memories | None = None
    """Where what was saved can be taken back; without it no save has a line."""
    saved: dict[tuple[str, str], Saved] = {}
    """What the lines of saves say, by the memory's id and what was saved."""
    keep_saved: Callable[[tuple[str, str], Saved], None] = lambda _key, _saved: None
    """Keeps what one of these lines says over the end of the program."""
    beside: Callable[[int], tuple[int, int]] = lambda _turn: (1, 1)
    """For the id of a turn: which one it is, of how many that stand in its place."""
    ask: Ask = refuse
    """Asks the user before something is kept that looks like a secret."""
    trail_text: Callable[[int], str] = lambda _turn: ""
    """What a trail said, by the id of its turn."""


def _said(session: Session, turn: int) -> str:
    """What a trail said, as far as it has come."""
    running = session.steering.saying(turn) if session.steering is not None else None
    if running is not None:
        return running.text.strip() or _quoted(running.thinking)
    trail = session.trail(turn)
    events = trail.events if trail is not None else ()
    said = "".join(event.text for event in events if isinstance(event, Text)).strip()
    failed = [e.text for e in events if isinstance(e, Notice) and e.level == "error"]
    return said or (failed[-1] if failed else tr("no answer"))


def _quoted(thinking: str) -> str:
    """The end of what a trail thinks, as a quotation: it is not the answer."""
    return "\n".join(f"> {line}" for line in thinking[-MAX_THOUGHT:].strip().splitlines()[-3:])


def render_context(session: Session, workspace: Workspace) -> RenderContext:
    """What surrounds the conversation of a session."""
    return RenderContext(
        known=lambda number: session.toolbox.source(number) is not None,
        files=workspace.paths.files_dir,
        pictures="off" if "NO_COLOR" in os.environ else workspace.settings.pictures,
        memories=session.toolbox.memories,
        saved=_read(workspace.store.saved(session.id)),
        keep_saved=lambda key, saved: workspace.store.keep_saved(
            session.id, *key, msgspec.json.encode(saved).decode()
        ),
        ask=session.ask,
        trail_text=lambda turn: _said(session, turn),
        beside=lambda turn: _place_in(session.cursor.siblings(turn), turn),
    )


def _read(kept: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], Saved]:
    return {key: msgspec.json.decode(json, type=Saved) for key, json in kept.items()}


def _place_in(beside: list[int], turn: int) -> tuple[int, int]:
    return (beside.index(turn) + 1 if turn in beside else 1), len(beside)
