"""The command palette: every slash command and every key's action, found by a few letters."""

from collections.abc import Iterator
from functools import partial

import msgspec
from textual.app import App
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from qchat.commands import COMMANDS
from qchat.config.keymap import ACTIONS, named
from qchat.protocol.draft import Draft
from qchat.runtime.language import tr
from qchat.tui.input.composer import Composer


class Entry(msgspec.Struct, frozen=True):
    """A line of the palette; it runs `action`, sends `line`, or puts that into the prompt."""

    name: str
    help: str
    line: str = ""
    action: str = ""
    needs_more: bool = False


def entries() -> Iterator[Entry]:
    """All of them, commands first."""
    for command in COMMANDS.values():
        needs_more = bool(command.usage) and not command.usage.startswith("[")
        head = f"/{command.name} {command.usage}".strip()
        yield Entry(head, tr(command.help), f"/{command.name}", needs_more=needs_more)
    for action in ACTIONS:
        if action.does and action.scope == "chat" and action.id != "palette":
            yield Entry(tr(action.help).capitalize(), named(action.keys), action=action.does)


class CommandList(Provider):
    """What Textual's palette asks."""

    async def discover(self) -> Hits:
        for entry in entries():
            yield DiscoveryHit(_plain(entry.name), partial(_run, self.app, entry), help=entry.help)

    async def search(self, query: str) -> Hits:
        matcher, found = self.matcher(query), False
        for entry in entries():
            score = max(matcher.match(entry.name), matcher.match(entry.help) * 0.8)
            if score > 0:
                found = True
                run = partial(_run, self.app, entry)
                yield Hit(score, matcher.highlight(entry.name), run, help=entry.help)
        if not found:  # Textual's own words for it are English whatever is spoken
            nothing = tr("No command or key is called so.")
            yield Hit(1, nothing, _do_nothing, text=nothing)


def _do_nothing() -> None:
    """What a line that only says something does."""


def _plain(text: str) -> Content:
    return Content(text)


async def _run(app: App[object], entry: Entry) -> None:
    if entry.action:
        await app.run_action(entry.action)
    elif entry.needs_more:
        app.post_message(Composer.Begin(f"{entry.line} "))
    else:
        app.post_message(Composer.Drafted(Draft(entry.line)))
