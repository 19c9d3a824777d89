"""Slash commands: one registry for every interface, which shows what a command gives back."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Literal

import msgspec

from qchat.errors import UsageError
from qchat.events import Event
from qchat.session import Session
from qchat.workspace import Workspace


class Say(msgspec.Struct, frozen=True):
    """Show this text beside the conversation; it is not kept."""

    text: str


class Play(msgspec.Struct, frozen=True):
    """Show this stream as a turn."""

    prompt: str
    events: AsyncGenerator[Event, None]


class Open(msgspec.Struct, frozen=True):
    """Go on with another session; None begins a new one."""

    session_id: str | None


class Show(msgspec.Struct, frozen=True):
    """Open a view of the interface; `text` is for those that have none."""

    view: Literal["sessions", "help"]
    text: str


class Quit(msgspec.Struct, frozen=True):
    """End the program."""


Outcome = Say | Play | Open | Show | Quit


class Place(msgspec.Struct, frozen=True):
    """Where a command is given."""

    workspace: Workspace
    session: Session


class Command(msgspec.Struct, frozen=True):
    """One slash command; `usage` names its arguments, `help` is one line."""

    name: str
    usage: str
    help: str
    run: Callable[[Place, str], Awaitable[Outcome]]
    choices: Callable[[Place], list[str]] = lambda _place: []


def is_command(line: str) -> bool:
    """Whether a line is meant for the client. `/etc/hosts is…` and `//` are not."""
    word = line.split(maxsplit=1)[0] if line.strip() else ""
    return len(word) > 1 and word[0] == "/" and "/" not in word[1:]


async def execute(line: str, place: Place) -> Outcome:
    """Run a line that starts with a slash. Raises QchatError, UsageError for an unknown command."""
    word, _, argument = line.strip().partition(" ")
    name = word.removeprefix("/")
    command = COMMANDS.get(name)
    if command is None:
        near = [f"/{known}" for known in COMMANDS if known.startswith(name[:2])]
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"There is no command /{name}.{hint} /help lists them all.")
    return await command.run(place, argument.strip())


def complete(text: str, place: Place) -> list[str]:
    """What a line that starts with a slash may become: whole lines, best first."""
    word, space, argument = text.partition(" ")
    if not space:
        return [f"/{name}" for name in COMMANDS if f"/{name}".startswith(word)]
    command = COMMANDS.get(word.removeprefix("/"))
    if command is None:
        return []
    return [f"{word} {choice}" for choice in command.choices(place) if choice.startswith(argument)]


def help_text() -> str:
    """Every command, one line each."""
    heads = {name: f"/{name} {command.usage}".strip() for name, command in COMMANDS.items()}
    width = max(len(head) for head in heads.values())
    lines = [f"{heads[name]:{width}}  {command.help}" for name, command in COMMANDS.items()]
    return "\n".join(lines)


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


async def _backend(place: Place, argument: str) -> Outcome:
    if argument:
        place.workspace.use_backend(place.session, argument)
        backend = place.session.backend
        return Say(f"From here on {backend.name} answers ({backend.model}).")
    lines = [
        f"{'*' if name == place.session.backend.name else ' '} {name}: {backend.kind}"
        f" {backend.model or 'demo model'} {backend.base_url}".rstrip()
        for name, backend in sorted(place.workspace.settings.backends.items())
    ]
    return Say("Backends (/backend NAME switches):\n" + "\n".join(lines))


async def _pin(place: Place, argument: str) -> Outcome:
    if not argument:
        raise UsageError("/pin TEXT keeps a memory in front of the model; /pin ID pins one")
    return Say(await place.session.toolbox.pin(argument))


async def _remember(place: Place, argument: str) -> Outcome:
    if not argument:
        raise UsageError("/remember TEXT says what to keep")
    return Say(await place.session.toolbox.remember(argument))


async def _forget(place: Place, argument: str) -> Outcome:
    if not argument:
        raise UsageError("/forget ID says which memory; /memory shows them with their ids")
    return Say(await place.session.toolbox.forget(argument))


async def _memory(place: Place, argument: str) -> Outcome:
    return Say(await place.session.toolbox.memories(argument))


async def _run(place: Place, argument: str) -> Outcome:
    if not argument:
        raise UsageError("/run CODE runs Python in this session's kernel")
    return Play(f"/run {argument}", place.session.run(argument))


async def _kernel(place: Place, argument: str) -> Outcome:
    return Say(await place.session.toolbox.kernel_command(argument))


async def _search(place: Place, argument: str) -> Outcome:
    if not argument:
        raise UsageError("/search WORDS searches the web")
    query = {"query": argument}
    return Play(
        f"/search {argument}",
        place.session.call("web_search", query, f"/search {argument}"),
    )


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


async def _tools(place: Place, _argument: str) -> Outcome:
    lines = [f"{spec.name}: {spec.description}" for spec in place.session.toolbox.specs]
    return Say("\n".join(lines) or "This session has no tools.")


async def _help(_place: Place, _argument: str) -> Outcome:
    return Show("help", help_text())


async def _quit(_place: Place, _argument: str) -> Outcome:
    return Quit()


def _backend_names(place: Place) -> list[str]:
    return sorted(place.workspace.settings.backends)


def _session_ids(place: Place) -> list[str]:
    return [info.id for info in place.workspace.sessions()]


COMMANDS: Mapping[str, Command] = {
    command.name: command
    for command in (
        Command("help", "", "show commands and keys", _help),
        Command("think", "[PROMPT]", "let the model think, from here on or for one prompt", _think),
        Command("no_think", "[PROMPT]", "answer without thinking, likewise", _no_think),
        Command("budget", "[N]", "limit the thinking to N tokens, 0 for no limit", _budget),
        Command(
            "backend", "[NAME]", "list backends, or go on with another", _backend, _backend_names
        ),
        Command("remember", "TEXT", "keep something about you for later sessions", _remember),
        Command("pin", "TEXT|ID", "keep a memory always in front of the model", _pin),
        Command("memory", "[WORDS]", "list what is remembered, or search in it", _memory),
        Command("forget", "ID", "remove a memory", _forget),
        Command("run", "CODE", "run Python in the kernel that the model uses too", _run),
        Command("kernel", "[restart|interrupt]", "show, restart or interrupt the kernel", _kernel),
        Command("search", "WORDS", "search the web; the model sees the results too", _search),
        Command("find", "WORDS", "find words in all your sessions, thinking and tools too", _find),
        Command(
            "sessions",
            "[ID]",
            "list earlier conversations, or continue one",
            _sessions,
            _session_ids,
        ),
        Command("new", "", "begin a new conversation", _new),
        Command("tools", "", "list what the model can call", _tools),
        Command("quit", "", "end qchat", _quit),
    )
}
