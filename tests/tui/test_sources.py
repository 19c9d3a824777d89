"""From a page that was read to the answer that cites it, and back, after a restart and offline."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets import Static

from qchat.commands import CommandContext, RunTurn, ShowMessage, ShowSource, execute
from qchat.config.settings import WebSettings
from qchat.conversation.workspace import Workspace
from qchat.export import transcript as export
from qchat.protocol.errors import UsageError
from qchat.protocol.event_values import SourceName
from qchat.protocol.events import Cited, Event, ToolFinished
from qchat.tui.blocks.sources import Source, SourcesBlock
from qchat.tui.input.prompt import Prompt
from qchat_tools.parts import as_text
from tests.live.web_pages import LEAD, SECOND, TEXT, html
from tests.live.web_site import Site, page, serving
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, say, screen, wait_until

ANSWER = "The channel now holds eleven metres at low tide. [1] Whales are fish. [9]"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving() as site:
        site.answers["/harbour"] = page(
            html(f"<article>{TEXT}</article>", title="Harbour"),
            headers=["Cache-Control: max-age=600"],
        )
        yield site


class Talk:
    """A conversation in which the user reads a page, and the model answers from it."""

    def __init__(self, chats: Chats) -> None:
        web = WebSettings(allow_hosts=("127.0.0.1",))
        chats.settings = msgspec.structs.replace(chats.settings, web=web)
        self.workspace = Workspace(chats.settings, chats.paths)
        self.workspace.pool.give("demo", ScriptedBackend(says(ANSWER)))
        self.session = self.workspace.open()
        self.place = CommandContext(self.workspace, self.session)

    async def run(self, line: str) -> list[Event]:
        outcome = await execute(line, self.place)
        assert isinstance(outcome, RunTurn)
        return [event async for event in outcome.events]

    async def ask(self, prompt: str) -> list[Event]:
        return [event async for event in self.session.send(prompt)]


async def test_an_answer_gets_its_sources_and_keeps_them(
    chats: Chats, site: Site, tmp_path: Path
) -> None:
    talk = Talk(chats)
    url = site.url("/harbour", "127.0.0.1")
    read = await talk.run(f"/read {url}")
    (result,) = (event for event in read if isinstance(event, ToolFinished))
    assert result.ok, as_text(result.parts)
    assert LEAD in as_text(result.parts)
    again = await talk.run("/read 1")
    assert f"{url}: 1 kB, kept from " in str(again[-2]), "a fresh page comes from the disk"
    assert len(site.requests) == 1
    await talk.run("/read --fresh 1")
    assert len(site.requests) == 2

    events = await talk.ask("How deep is it?")
    (cited,) = (event for event in events if isinstance(event, Cited))
    assert cited.sources == (SourceName(1, url, "Harbour"),)
    assert cited.unknown == (9,)
    info = talk.workspace.store.session("default", talk.session.id)
    text = export.markdown(talk.workspace.store.conversation(info))
    assert "Whales are fish. [9?]" in text
    assert f"- [1] Harbour: <{url}>" in text
    assert LEAD in text, "an export has what the sources said"
    session = talk.session.id
    await talk.workspace.aclose()

    later = Workspace(chats.settings, chats.paths)  # nothing is fetched from here on
    later.pool.give("demo", ScriptedBackend(says("x")))
    place = CommandContext(later, later.open(session))
    shown = await execute("/source [1]", place)
    assert isinstance(shown, ShowSource)
    start = shown.text.index("»")
    assert "eleven metres of water at low tide" in shown.text[start : shown.text.index("«")]
    assert SECOND in shown.text
    listed = await execute("/source", place)
    assert isinstance(listed, ShowMessage)
    assert listed.text.startswith("[1] Harbour")
    for line, message in (("/source 9", r"no source \[9\]"), ("/source x", "/source N")):
        with pytest.raises(UsageError, match=message):
            await execute(line, place)
    for line in ("/read", "/read two words", "/search --fresh"):
        with pytest.raises(UsageError):
            await execute(line, place)
    await later.aclose()
    assert len(site.requests) == 2


def marked(pilot: Pilot[int]) -> list[str]:
    """What stands in reverse on the screen of a source."""
    body = pilot.app.screen.query_one("#source-text", Static).render()
    assert isinstance(body, Content)
    return [body.plain[s.start : s.end] for s in body.spans if getattr(s.style, "reverse", None)]


async def test_a_source_opens_on_the_screen(chats: Chats, site: Site) -> None:
    talk = Talk(chats)
    await talk.run(f"/read {site.url('/harbour', '127.0.0.1')}")
    await talk.ask("How deep is it?")
    session = talk.session.id
    await talk.workspace.aclose()
    async with chats.chat(ScriptedBackend(says("x")), session) as pilot:
        await wait_until(pilot, lambda: "[9] is no source of this conversation" in screen(pilot))
        assert "[9?]" in screen(pilot)
        block = pilot.app.query_one(SourcesBlock)
        block.focus()
        await pilot.press("right", "enter")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Source))
        await wait_until(pilot, lambda: any("eleven metres" in text for text in marked(pilot)))
        await pilot.press("escape")
        await wait_until(pilot, lambda: not isinstance(pilot.app.screen, Source))
        pilot.app.query_one(Prompt).focus()
        await say(pilot, "/source 7")
        await wait_until(pilot, lambda: "There is no source [7]" in screen(pilot))
        await say(pilot, "/source 1")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Source))
