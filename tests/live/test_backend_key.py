"""A key is tried at its service before it is kept, and shown to nobody."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from qchat.backends.models import check_key
from qchat.errors import AuthenticationError, ConnectionFailed
from qchat.settings import BackendSettings
from tests.faulty import http, server
from tests.program import qchat

KEY = "sk-very-secret-7"
MODELS = http("200 OK", b'{"data":[{"id":"qwen3.7-plus"},{"id":"qwen3.8-max"}]}')
REFUSED = http("401 No", b'{"error":{"code":"invalid_api_key","message":"Wrong: %s"}}' % b"sk-no")


def settings(url: str) -> BackendSettings:
    return BackendSettings(kind="openai", base_url=url, model="qwen3.7-plus")


async def test_a_key_that_the_service_takes():
    async with server(MODELS) as (url, asked):
        assert "offers 2 models" in await check_key("cloud", settings(url), f" {KEY}\n")
    assert asked[0].startswith(b"GET /v1/models ")
    assert f"authorization: Bearer {KEY}".encode() in asked[0]


async def test_a_key_that_the_service_refuses():
    async with server(REFUSED) as (url, _):
        with pytest.raises(AuthenticationError, match=r"Wrong: \*\*\*; check the key"):
            await check_key("cloud", settings(url), "sk-no")


async def test_a_service_without_a_list_is_no_failure():
    async with server(http("404 Not Found", b"")) as (url, _):
        assert "first question will tell" in await check_key("cloud", settings(url), KEY)


async def test_no_service():
    with pytest.raises(ConnectionFailed):
        await check_key("cloud", settings("http://127.0.0.1:9/v1"), KEY)


async def test_it_is_entered_by_a_pipe_and_kept_in_a_file_where_there_is_no_keyring(
    tmp_path: Path,
):
    async with server(MODELS) as (url, _):
        (tmp_path / "config.toml").write_text(
            f'[backends.lan]\nkind = "openai"\nmodel = "m"\nbase_url = "{url}"\n'
        )
        done = await in_thread(tmp_path, "backends", "key", "lan", stdin=f"{KEY}\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "offers 2 models" in done.stdout
    assert KEY not in done.stdout
    assert KEY in (tmp_path / "keys.json").read_text()
    listed = await in_thread(tmp_path, "backends", "list")
    assert KEY not in listed.stdout
    assert "(no key)" not in next(line for line in listed.stdout.splitlines() if "lan" in line)
    gone = await in_thread(tmp_path, "backends", "key", "lan", "--forget")
    assert gone.stdout == "removed lan\n"
    assert KEY not in (tmp_path / "keys.json").read_text()


async def in_thread(
    home: Path, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """The server answers in this loop, so the program is waited for in a thread."""
    return await asyncio.to_thread(qchat, home, *arguments, stdin=stdin)
