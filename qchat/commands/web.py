"""The web, asked by the user."""

from qchat.commands.base import Command, Outcome, Place, Play
from qchat.errors import UsageError


async def _search(place: Place, argument: str) -> Outcome:
    if not argument:
        raise UsageError("/search WORDS searches the web")
    query = {"query": argument}
    return Play(
        f"/search {argument}",
        place.session.call("web_search", query, f"/search {argument}"),
    )


COMMANDS = (Command("search", "WORDS", "search the web; the model sees the results too", _search),)
