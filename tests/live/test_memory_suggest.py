"""`/memory suggest`: what the model finds in the user's words, kept at the user's word."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat.commands import execute
from qchat.commands.base import CommandContext, Converse, ShowMessage
from qchat.commands.memory_suggestions import MAX_SUGGESTED, NOTHING, proposed
from qchat.config.settings import Settings, WebSettings
from qchat.conversation.workspace import Workspace
from qchat.protocol.errors import QchatError
from qchat.runtime.language import verbatim
from qchat.runtime.paths import Paths
from tests.live.test_connecting import Answers
from tests.scripted import ScriptedBackend, says

WROTE = "I live in Oslo with my cat Pixel. 我对花生过敏。 Please fix my Makefile."
REPLY = (
    "- I live in Oslo.\n- I have a cat called Pixel.\n* 我对花生过敏。\n"
    "- I won the Nobel prize for chemistry.\n- I live in  Oslo\nThat is all."
)
KEEP, FIRST, SECOND = 0, 1, 2
PROJECT_OF_3, NOTHING_OF_3 = 4, 5


@pytest.fixture
async def context(tmp_path: Path) -> AsyncIterator[CommandContext]:
    paths = Paths(tmp_path, tmp_path, tmp_path / "logs")
    workspace = Workspace(Settings(web=WebSettings(enabled=False)), paths, tools=frozenset())
    yield CommandContext(workspace, workspace.open())
    await workspace.aclose()


async def _suggested(context: CommandContext, reply: str, *answers: int | str) -> str:
    backend = context.session.backend = ScriptedBackend(says("Done."), says(reply))
    async with aclosing(context.session.send(WROTE)) as stream:
        assert [event async for event in stream]
    outcome = await execute("/memory suggest", context)
    assert isinstance(outcome, Converse), "it opens at once, before anything else is typed"
    outcome = await outcome.run(Answers(*answers))
    request = backend.requests[-1]
    (message,) = request.messages
    assert set(message.text.split("\n\n")) == {WROTE}, "the user's words alone"
    assert not request.tools
    assert isinstance(outcome, ShowMessage)
    return outcome.text


async def _kept(context: CommandContext) -> list[str]:
    return sorted(memory.text for memory in await context.session.toolbox.memories.list())


async def test_one_yes_keeps_all_that_the_user_said_and_nothing_made_up(
    context: CommandContext,
) -> None:
    said = await _suggested(context, REPLY, KEEP)
    assert said.count("Remembered") == 3
    assert await _kept(context) == [
        "I have a cat called Pixel.",
        "I live in Oslo.",
        "我对花生过敏。",
    ]
    assert len(context.session.turns) == 1, "no turn comes of it"
    again = await execute("/memory suggest", context)
    assert isinstance(again, Converse)
    assert await again.run(Answers()) == ShowMessage(verbatim(NOTHING)), (
        "what is remembered is not proposed again"
    )


async def test_each_can_be_changed_or_left_out(context: CommandContext) -> None:
    await _suggested(context, REPLY, SECOND, "My cat is Pixel.", FIRST, "", KEEP)
    assert await _kept(context) == ["My cat is Pixel.", "我对花生过敏。"]


async def test_all_can_be_kept_for_the_project_alone(context: CommandContext) -> None:
    await _suggested(context, REPLY, PROJECT_OF_3)
    memories = await context.session.toolbox.memories.list()
    assert {memory.project for memory in memories} == {context.session.toolbox.memories.project}
    assert len(memories) == 3


async def test_no_keeps_nothing_and_so_does_a_reply_without_a_list(context: CommandContext) -> None:
    assert await _suggested(context, REPLY, NOTHING_OF_3) == "Nothing was kept."
    assert await _suggested(context, "none") == NOTHING
    assert await _kept(context) == []


async def test_nothing_written_or_memory_off_is_said(context: CommandContext) -> None:
    with pytest.raises(QchatError, match="nothing here yet"):
        await execute("/memory suggest", context)
    await execute("/memory off", context)
    with pytest.raises(QchatError, match="/memory on"):
        await execute("/memory suggest", context)


def test_secrets_are_not_proposed() -> None:
    wrote = "My door code is 4711 and my password is hunter2secret. I like tea."
    assert proposed("- My password is hunter2secret.\n- I like tea.", wrote) == ["I like tea."]


@given(st.text(), st.text())
def test_whatever_is_replied_at_most_so_many_lines_of_it_come_out(reply: str, wrote: str) -> None:
    found = proposed(reply, wrote)
    assert len(found) <= MAX_SUGGESTED
    assert all(text in reply for text in found)
