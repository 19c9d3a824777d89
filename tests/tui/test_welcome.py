"""The first start, which never stands in the way of trying."""

import shutil
from pathlib import Path

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input

from qchat.config import credentials as keys
from qchat.config.settings import load
from qchat.tui.dialogs.welcome import Welcome
from qchat_assets import demo_model_path
from tests.modelserver import model_server
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, say, screen, wait_until

KEY = "sk-right"


@pytest.fixture
def new(chats: Chats, monkeypatch: pytest.MonkeyPatch) -> Chats:
    """A home in which nothing is set up, on a machine without a keyring."""
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    monkeypatch.setattr(keys, "_to_keyring", lambda _name, _key: False)
    chats.paths.config_file.unlink()
    return chats


def welcomes(pilot: Pilot[int]) -> bool:
    return bool(pilot.app.query(Welcome))


async def test_writing_goes_to_the_prompt_from_the_first_letter(new: Chats) -> None:
    async with new.chat(ScriptedBackend(says("hi there"))) as pilot:
        await wait_until(pilot, lambda: "or choose:" in screen(pilot))
        await say(pilot, "hello you")
        await wait_until(pilot, lambda: "hi there" in screen(pilot))
        assert pilot.app.session.turns[0].prompt == "hello you"
        assert not welcomes(pilot)
    async with new.chat(ScriptedBackend(says("x"))) as pilot:
        assert not welcomes(pilot), "something was said: this is no first start"


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_one_key_and_one_chats(new: Chats, key: str) -> None:
    async with new.chat(ScriptedBackend(says("x")), size=(40, 12)) as pilot:
        await wait_until(pilot, lambda: "Just write" in screen(pilot))
        assert "Ask anything" in screen(pilot)
        await pilot.press(key)
        await wait_until(pilot, lambda: not welcomes(pilot))
        assert pilot.app.focused is pilot.app.layout.prompt


async def test_what_is_pasted_goes_to_the_prompt(new: Chats) -> None:
    async with new.chat(ScriptedBackend(says("x"))) as pilot:
        await wait_until(pilot, lambda: welcomes(pilot) and pilot.app.focused is not None)
        pilot.app.post_message(Paste("some text"))
        await wait_until(pilot, lambda: pilot.app.layout.prompt.text == "some text")


def field(pilot: Pilot[int]) -> Input:
    return pilot.app.screen.query_one(Input)


async def asked(pilot: Pilot[int], text: str) -> None:
    """Wait until the dialogue asks that, and its field has the keys."""
    holds = lambda: text in screen(pilot) and pilot.app.focused is not None  # noqa: E731
    await wait_until(pilot, holds)


async def test_a_wrong_path_is_said_and_a_right_one_answers(new: Chats, tmp_path: Path) -> None:
    model = tmp_path / "Beta.gguf"
    shutil.copy(demo_model_path(), model)
    async with new.chat(ScriptedBackend(says("x"))) as pilot:
        await wait_until(pilot, lambda: welcomes(pilot) and pilot.app.focused is not None)
        await pilot.press("down", "down", "enter")
        await asked(pilot, "Path of a GGUF file")
        field(pilot).value = str(tmp_path / "nothing.gguf")
        await pilot.press("enter")
        await wait_until(pilot, lambda: "File not found" in screen(pilot))
        await pilot.press("escape")
        await wait_until(pilot, lambda: welcomes(pilot) and pilot.app.focused is not None)
        await say(pilot, f"/connect file {model}")
        await asked(pilot, "default")
        await pilot.press("enter")
        await wait_until(pilot, lambda: pilot.app.session.backend.name == "beta")
        await wait_until(pilot, lambda: not welcomes(pilot))
    holds = load(new.paths.config_file)
    assert (holds.backend, holds.backends["beta"].model) == ("beta", str(model))


async def test_connect_opens_it_again_and_a_key_is_not_shown(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("x"))) as pilot:
        assert not welcomes(pilot)
        await say(pilot, "/connect")
        await wait_until(pilot, lambda: "or choose:" in screen(pilot))
        await pilot.press("down", "enter")
        await asked(pilot, "Singapore")
        await pilot.press("enter")
        await asked(pilot, "Key for dashscope-intl.aliyuncs.com")
        assert field(pilot).password


async def test_a_server_is_asked_for_its_models_and_one_is_chosen(new: Chats) -> None:
    with model_server("qwen3-8b", "qwen3.7-plus", key=KEY) as server:
        async with new.chat(ScriptedBackend(says("x"))) as pilot:
            await say(pilot, f"/connect server {server.address}")
            await asked(pilot, "Key for")
            field(pilot).value = KEY
            await pilot.press("enter")
            await asked(pilot, "Which model")
            assert "pictures" in screen(pilot)
            await pilot.press("down", "enter")
            await asked(pilot, "default")
            await pilot.press("down", "enter")
            await wait_until(pilot, lambda: "answers from here on" in screen(pilot))
            assert pilot.app.session.backend.model == "qwen3.7-plus"
    assert load(new.paths.config_file).backend == "demo"
    assert KEY not in new.paths.config_file.read_text()
    assert new.paths.keys_file.stat().st_mode & 0o077 == 0


async def test_a_key_in_the_environment_is_offered_at_the_first_start(
    new: Chats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    async with new.chat(ScriptedBackend(says("x"))) as pilot:
        await wait_until(pilot, lambda: "DASHSCOPE_API_KEY" in screen(pilot))
