"""Conversations: this one and earlier ones."""

from qchat.commands.base import Command, Open, Outcome, Place, Say, Show
from qchat.protocol.errors import UsageError


async def _find(place: Place, argument: str) -> Outcome:
    if not argument:
        raise UsageError("/find WORDS searches all sessions")
    found = place.workspace.search(argument)
    if not found:
        return Say(f"Nothing in your sessions has {argument!r}.")
    lines = [f"{hit.session}  {hit.kind:8}  {hit.snippet}  ({hit.title})" for hit in found]
    return Say("\n".join(lines))


async def _sessions(place: Place, argument: str) -> Outcome:
    if argument:
        return Open(place.workspace.store.session(place.workspace.user, argument).id)
    lines = [f"{info.id}  {info.length:>9}  {info.title}" for info in place.workspace.sessions()]
    return Show("sessions", "\n".join(lines) or "There are no sessions yet.")


async def _new(_place: Place, _argument: str) -> Outcome:
    return Open(None)


def _session_ids(place: Place) -> list[str]:
    return [info.id for info in place.workspace.sessions()]


COMMANDS = (
    Command("find", "WORDS", "find words in all your sessions, thinking and tools too", _find),
    Command(
        "sessions", "[ID]", "list earlier conversations, or continue one", _sessions, _session_ids
    ),
    Command("new", "", "begin a new conversation", _new),
)
