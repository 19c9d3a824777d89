"""How much the model thinks."""

from qchat.commands.base import Command, Outcome, Place, Play, Say
from qchat.errors import UsageError


async def _think(place: Place, argument: str) -> Outcome:
    return _set_thinking(place, argument, on=True)


async def _no_think(place: Place, argument: str) -> Outcome:
    return _set_thinking(place, argument, on=False)


def _set_thinking(place: Place, argument: str, *, on: bool) -> Outcome:
    """Switch for all that follows; with a prompt behind the word, for that prompt alone."""
    if argument:
        prompt = f"{argument} {'/think' if on else '/no_think'}"
        return Play(prompt, place.session.send(prompt))
    place.session.think = on
    return Say(f"Thinking is {'on' if on else 'off'} from here on.")


async def _budget(place: Place, argument: str) -> Outcome:
    session = place.session
    if argument:
        if not argument.isdecimal():
            raise UsageError(f"a budget is a number of tokens (0: no limit), not {argument!r}")
        session.budget = int(argument)
    limit = f"{session.budget} tokens" if session.budget else "without a limit"
    return Say(f"Thinking budget: {limit}.")


COMMANDS = (
    Command("think", "[PROMPT]", "let the model think, from here on or for one prompt", _think),
    Command("no_think", "[PROMPT]", "answer without thinking, likewise", _no_think),
    Command("budget", "[N]", "limit the thinking to N tokens, 0 for no limit", _budget),
)
