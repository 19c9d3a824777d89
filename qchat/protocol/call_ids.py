"""Ids of tool calls: no two calls that a model or a view tells apart have the same."""

from collections.abc import Callable, Collection, Iterable
from uuid import uuid4


def new_id() -> str:
    """An id that no other call has."""
    return f"call_{uuid4().hex[:16]}"


class CallIds:
    """Ids that are taken: a reply's reader keeps one for it, the agent one for the conversation.

    Servers leave ids out, give two calls of a reply the same, or count from 0 in each reply.
    """

    def __init__(self, make_id: Callable[[], str] = new_id) -> None:
        self._taken: set[str] = set()
        self._make_id = make_id

    def add(self, ids: Iterable[str]) -> None:
        """Note ids as taken."""
        self._taken.update(ids)

    def free(self, wanted: str, besides: Collection[str] = ()) -> str:
        """The id that is wanted, or one like it that is not taken; a made one where none is wanted.

        Nor is it one of those `besides`, which are not taken for good.
        Only letters, digits, "-" and "_" are added: Anthropic's protocol allows no others.
        """
        while not wanted:
            made = self._make_id()
            wanted = "" if made in self._taken else made
        numbered, number = wanted, 1
        while numbered in self._taken or numbered in besides:
            number += 1
            numbered = f"{wanted}_{number}"
        return numbered

    def take(self, wanted: str = "") -> str:
        """The id that is free for what is wanted; it is taken from now on."""
        id_ = self.free(wanted)
        self._taken.add(id_)
        return id_
