"""Steps with memories taken back: the last one, and those that turns of a conversation made."""

from collections.abc import Iterable, Sequence

from qchat_memory.errors import MemoryStoreError
from qchat_memory.localized_text import tr
from qchat_memory.memory import Kept
from qchat_memory.storage import history, last_step
from qchat_memory.storage.last_step import Changed
from qchat_memory.storage.repository import Repository


def undo_last(repository: Repository) -> list[Changed]:
    """Take back the last step, whoever made it; again, and it is made again. What was done.

    Raises MemoryStoreError where there is none, or where its memories say something else now.
    """
    if not repository.vectors.exists():
        raise MemoryStoreError(tr("Nothing is remembered, so there is no step to take back."))
    with repository.change() as change:
        step = [changed.turned() for changed in last_step.last(repository.last_step)]
        for changed in step:
            old, new = changed.before, changed.after
            named = old or new
            here = repository.index.get(named.id) if named is not None else None
            if (here.text if here else None) != (old.text if old else None):
                raise MemoryStoreError(
                    tr("The last step cannot be taken back: its memories were changed since.")
                )
            if new is not None:
                change.put([new])
            elif old is not None:
                change.delete([old.id])
    return step


def take_back(repository: Repository, session: str, turns: Iterable[str]) -> list[Kept]:
    """Undo what these turns of a conversation made: the memory before and after; None: gone."""
    wanted = frozenset(turns)
    if not wanted or not repository.read(lambda: repository.index.of_turns(session, wanted)):
        return []
    done = []
    with repository.change() as change:
        for memory in repository.index.of_turns(session, wanted):
            left = history.without(memory, session, wanted)
            done.append(Kept(memory, left))
            if left is None:
                change.delete([memory.id])
            else:
                change.put([left])
    return done


def give_back(repository: Repository, taken: Sequence[Kept]) -> None:
    """Undo what `take_back` did, but for memories that say something else by now."""
    with repository.change(*(kept.memory.text for kept in taken)) as change:
        for kept in taken:
            here = repository.index.get(kept.memory.id)
            left = kept.before.text if kept.before is not None else None
            if left == (here.text if here is not None else None):
                change.put([kept.memory])
