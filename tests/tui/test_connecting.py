"""Forty more ways to give a wrong key, file, address or region, in the window: a sentence each."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input

from qchat.config import credentials as keys
from qchat.tui.dialogs.dialogue import DialogueScreen
from tests.engines import write_babbler
from tests.faulty import http, server
from tests.modelserver import model_server
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, screen, wait_until

KEY = "sk-right"
SECRET = "sk-very-secret-123"
NO_NAME = "without the name of its variable"
UNSEEN = "looks like a key"
WAYS: list[tuple[str, list[str], str]] = [
    # What is typed behind /connect, then into the fields that it opens, and what is said.
    ("server KEYED", ["sk right"], "a key has no spaces"),
    ("server KEYED", ["schlüssel"], "no special characters"),
    ("server KEYED", [f"OPENAI_API_KEY={SECRET}"], NO_NAME),
    ("server KEYED", [f"export KEY={SECRET}"], NO_NAME),
    ("server KEYED", ["$OPENAI_API_KEY"], NO_NAME),
    ("server KEYED", ["https://example.org/keys"], "that is an address or a path"),
    ("server KEYED", ["~/key.txt"], "that is an address or a path"),
    ("server KEYED", ["sk-wrong"], "Incorrect API key provided; check the key"),
    ("cloud http://KEYED/v1", ["sk-wrong"], "Incorrect API key provided; check the key"),
    ("cloud http://KEYED/v1 qwen9", [KEY], "has no model 'qwen9'"),
    ("cloud Singapor", [], "Unknown region 'Singapor'. Regions: Singapore"),
    ("cloud cn-shanghai", [], "Unknown region 'cn-shanghai'"),
    ("cloud us-west-2", [], "Unknown region 'us-west-2'"),
    ("cloud dashscope.aliyun.com", [], "Unknown region 'dashscope.aliyun.com'"),
    ("cloud https//dashscope.aliyuncs.com", [], "Unknown region 'https//dashscope"),
    ("cloud http://dashscope.aliyuncs.com/v1", [], "only over https://"),
    (f"cloud {SECRET}", [], UNSEEN),
    ("cloud Frankfurt", ["my workspace"], "Invalid workspace ID 'my workspace'"),
    ("cloud Tokyo", [SECRET], UNSEEN),
    ("server 127.0.0.1:0", [], "Invalid address '127.0.0.1:0'"),
    ("server 127.0.0.1:80:80", [], "Invalid address '127.0.0.1:80:80'"),
    ("server 127.0.0.1;8000", [], "Invalid address '127.0.0.1;8000'"),
    ("server ssh://gpu", [], "Invalid address 'ssh://gpu'"),
    ("server gpu:8000?model=x", [], "Invalid address 'gpu:8000?model=x'"),
    ("server my server at home", [], "Invalid address 'my server at home'"),
    ("server me@gpu:8000", [], "holds no user or password"),
    (f"server {SECRET}", [], UNSEEN),
    ("server FREE onee", [], "has no model 'onee'. It offers one"),
    (f"server FREE {SECRET}", [], UNSEEN),
    ("server EMBEDS", [], "offers no model that one can chat with"),
    ("server GATEWAY", [], "cannot reach it: is it still starting?"),
    ("server PAGE", [], "sent a web page instead of a reply"),
    ("server MAIL", [], "does not speak HTTP: is it the right port?"),
    ("server https://FREE", [], "does not speak TLS"),
    ("file FOLDER/model.safetensors", [], "model.safetensors is not a GGUF file"),
    ("file FOLDER/model.zip", [], "a zip archive"),
    ("file FOLDER/gone.gguf", [], "File not found"),
    ("file $HOME/nothing.gguf", [], "File not found"),
    ("file /dev/null", [], "is a device or a pipe"),
    ("file FOLDER/vectors.gguf", [], "is an embedding model"),
    ("file FOLDER/mmproj.gguf", [], "the part of a model that sees"),
    ("file qwen3:8b", [], "there is no model 'qwen3:8b' here"),
    (f"file {SECRET}", [], UNSEEN),
    ("127.0.0.1:8000", [], "For a server: connect server 127.0.0.1:8000"),
    ("~/model.gguf", [], "For a file: connect file ~/model.gguf"),
    ("beijing", [], "For the cloud: connect cloud beijing"),
    ("clod", [], "Unknown way to connect: 'clod'"),
]


@asynccontextmanager
async def places(folder: Path) -> AsyncIterator[Callable[[str], str]]:
    """Servers and files that are not what one would like them to be; gives a line its addresses."""
    (folder / "model.safetensors").write_bytes(b"\x90\x01\x00\x00")
    (folder / "model.zip").write_bytes(b"PK\x03\x04")
    write_babbler(folder / "vectors.gguf", embeds=True)
    write_babbler(folder / "mmproj.gguf", kind="mmproj")

    async def mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example ready\r\n\r\n")
        writer.close()

    page = http("200 OK", b"<html><title>Router</title></html>", kind="text/html")
    listening = await asyncio.start_server(mail, "127.0.0.1", 0)
    with (
        model_server("one", key=KEY) as keyed,
        model_server("one", "two") as free,
        model_server("bge-m3") as embeds,
    ):
        async with (
            listening,
            server(http("502 Bad Gateway", b"<html>no</html>", kind="text/html")) as (gateway, _),
            server(page) as (web, _),
        ):
            known = {
                "KEYED": keyed.address,
                "FREE": free.address,
                "EMBEDS": embeds.address,
                "GATEWAY": gateway.removesuffix("/v1"),
                "PAGE": web.removesuffix("/v1"),
                "MAIL": f"127.0.0.1:{listening.sockets[0].getsockname()[1]}",
                "FOLDER": str(folder),
            }

            def there(line: str) -> str:
                for name, address in known.items():
                    line = line.replace(name, address)
                return line

            yield there


async def pasted(pilot: Pilot[int], line: str) -> None:
    """Send a line at once: forty of them, letter by letter, would take half a minute."""
    pilot.app.post_message(Paste(line))
    await wait_until(pilot, lambda: pilot.app.layout.prompt.text == line)  # type: ignore[attr-defined]
    await pilot.press("enter")


async def closed(pilot: Pilot[int]) -> None:
    if isinstance(pilot.app.screen, DialogueScreen):
        await pilot.press("escape")
        await wait_until(pilot, lambda: not isinstance(pilot.app.screen, DialogueScreen))


@pytest.mark.slow
async def test_each_is_a_sentence_and_nothing_is_kept(
    chats: Chats, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    monkeypatch.setattr(keys, "_to_keyring", lambda _name, _key: False)
    folder = tmp_path_factory.mktemp("models")
    async with places(folder) as there, chats.chat(ScriptedBackend(says("x"))) as pilot:
        answers_now = pilot.app.session.backend  # type: ignore[attr-defined]
        for line, answers, said in WAYS:
            await pasted(pilot, f"/connect {there(line)}")
            for answer in answers:
                await wait_until(pilot, lambda: isinstance(pilot.app.focused, Input))
                pilot.app.screen.query_one(Input).value = answer
                await pilot.press("enter")
            text = " ".join(said.split())
            await wait_until(
                pilot, lambda text=text: text in " ".join(screen(pilot).replace("▌", " ").split())
            )
            await closed(pilot)
        assert pilot.app.session.backend is answers_now  # type: ignore[attr-defined]
    assert chats.paths.config_file.read_text() == ""
    assert not chats.paths.keys_file.exists()
    kept = [file for file in chats.paths.config_file.parent.rglob("*") if file.is_file()]
    assert [file for file in kept if SECRET.encode() in file.read_bytes()] == []
