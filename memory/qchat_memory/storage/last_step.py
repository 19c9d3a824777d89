"""The last step that was made with memories, so that it can be taken back, and made again.

In a file beside them. What is forgotten is in no file, so a step that forgets cannot be taken back.
"""

import logging
from contextlib import suppress
from pathlib import Path

import msgspec

from qchat_memory.errors import MemoryStoreError
from qchat_memory.localized_text import tr
from qchat_memory.memory import Memory
from qchat_memory.storage.transaction import Change

log = logging.getLogger(__name__)

MAX_CHANGED = 1_000
"""A larger step, an import, is not kept: it would be a second copy of all."""


class Changed(msgspec.Struct, frozen=True):
    """One memory before and after the step; None where there was none."""

    before: Memory | None
    after: Memory | None

    def turned(self) -> "Changed":
        return Changed(self.after, self.before)


def note(file: Path, step: "list[Changed]") -> None:
    """Keep this step as the last one; an empty one: there is none that can be taken back."""
    if not step or len(step) > MAX_CHANGED:
        file.unlink(missing_ok=True)
        return
    new = file.with_suffix(".new")
    try:
        new.touch(mode=0o600)
        new.write_bytes(msgspec.json.encode(step))
        new.replace(file)
    except OSError:  # the step itself is made: an earlier one must not be taken back for it
        log.warning("the last step cannot be taken back", exc_info=True)
        with suppress(OSError):
            file.unlink(missing_ok=True)


def last(file: Path) -> "list[Changed]":
    """The last step. Raises MemoryStoreError where there is none that can be taken back."""
    step: list[Changed] = []
    with suppress(OSError, msgspec.MsgspecError):
        step = msgspec.json.decode(file.read_bytes(), type=list[Changed])
    if not step:
        raise MemoryStoreError(
            tr("There is no step to take back. (What was forgotten is in no file any longer.)")
        )
    return step


def of(change: Change, before: "dict[str, Memory | None]") -> "list[Changed]":
    """What a change did, by what there was before."""
    after = {id_: change.updated.get(id_) or change.added.get(id_) for id_ in before}
    return [Changed(before[id_], after[id_]) for id_ in before if before[id_] != after[id_]]
