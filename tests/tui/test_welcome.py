"""The first start, which never stands in the way of trying."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input

from qchat.commands.onboarding import CONNECTION_METHODS, with_file, with_key, with_server
from qchat.config import credentials as keys
from qchat.config.settings import load
from qchat.protocol.errors import AuthenticationError, QchatError
from qchat.tui.dialogs.welcome import Connect, Welcome
from tests.engines import write_babbler
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, say, screen, wait_until

KEY = "sk-right"


class _Service(BaseHTTPRequestHandler):
    """Offers two models to whoever has the key, or to all below /open."""

    def do_GET(self) -> None:
        free = self.path.startswith("/open/")
        good = free or self.headers.get("Authorization") == f"Bearer {KEY}"
        found = self.path.endswith("/models")
        body = json.dumps({"data": [{"id": "qwen-one"}, {"id": "qwen-two"}]}).encode()
        self.send_response((200 if good else 401) if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """Its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


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
        assert pilot.app.focused is pilot.app._prompt


async def test_what_is_pasted_goes_to_the_prompt(new: Chats) -> None:
    async with new.chat(ScriptedBackend(says("x"))) as pilot:
        await wait_until(pilot, lambda: welcomes(pilot) and pilot.app.focused is not None)
        pilot.app.post_message(Paste("some text"))
        await wait_until(pilot, lambda: pilot.app._prompt.text == "some text")


async def test_a_wrong_path_is_said_and_a_right_one_answers(new: Chats, tmp_path: Path) -> None:
    babbler = write_babbler(tmp_path / "babbler.gguf")
    async with new.chat(ScriptedBackend(says("x"))) as pilot:
        await wait_until(pilot, lambda: welcomes(pilot) and pilot.app.focused is not None)
        await pilot.press("down", "down", "enter")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Connect))
        field = pilot.app.screen.query_one(Input)
        field.value = str(tmp_path / "nothing.gguf")
        await pilot.press("enter")
        await wait_until(pilot, lambda: "nothing.gguf" in screen(pilot).replace("trying", ""))
        field.value = str(babbler)
        await pilot.press("enter")
        await wait_until(pilot, lambda: pilot.app.session.backend.name == "local")
        await wait_until(pilot, lambda: not welcomes(pilot))
    holds = load(new.paths.config_file)
    assert (holds.backend, holds.backends["local"].model) == ("local", str(babbler))


async def test_connect_opens_it_again(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("x"))) as pilot:
        assert not welcomes(pilot)
        await say(pilot, "/connect")
        await wait_until(pilot, lambda: "or choose:" in screen(pilot))
        await pilot.press("down", "enter")
        await wait_until(pilot, lambda: isinstance(pilot.app.screen, Connect))
        assert pilot.app.screen.query_one(Input).password


async def test_a_key_is_tried_in_each_region_and_kept_apart(new: Chats, service: str) -> None:
    async with new.chat(ScriptedBackend(says("x"))) as pilot:
        workspace, session = pilot.app.workspace, pilot.app.session
        regions = {"Nowhere": f"{service}/first/v1", "Here": f"{service}/open/v1"}
        with pytest.raises(AuthenticationError, match="Nowhere"):
            await with_key(workspace, session, "sk-wrong", {"Nowhere": regions["Nowhere"]})
        assert not new.paths.config_file.exists()
        said = await with_key(workspace, session, KEY, regions)
        assert said.startswith("Nowhere: the service takes the key, and offers 2 models")
        assert session.backend.name == "cloud"
    assert KEY not in new.paths.config_file.read_text()
    assert keys.find("cloud", load(new.paths.config_file).backends["cloud"], new.paths.keys_file)
    assert new.paths.keys_file.stat().st_mode & 0o077 == 0


async def test_a_server_is_asked_for_its_models(new: Chats, service: str) -> None:
    async with new.chat(ScriptedBackend(says("x"))) as pilot:
        workspace, session = pilot.app.workspace, pilot.app.session
        said = await with_server(workspace, session, f"{service}/open/v1")
        assert said.startswith("qwen-one at")
        assert "qwen-two" in said
        for wrong in ("127.0.0.1:1", "ftp://x", "http://", "http://[::1"):
            with pytest.raises(QchatError):
                await with_server(workspace, session, wrong)
        with pytest.raises(QchatError):
            await with_file(workspace, session, str(new.paths.data_dir))
    holds = load(new.paths.config_file)
    assert (holds.backend, holds.backends["server"].model) == ("server", "qwen-one")


def test_no_way_but_the_key_is_typed_openly() -> None:
    assert [way.name for way in CONNECTION_METHODS if way.secret] == ["cloud"]
