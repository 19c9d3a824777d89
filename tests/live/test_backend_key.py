"""A key is tried at its service before it is kept, and shown to nobody."""

import asyncio
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from qchat.backends.models import check_key
from qchat.config.settings import BackendSettings
from qchat.protocol.errors import AuthenticationError, ConnectionFailed
from tests.faulty import http, server, stream
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


SECRETS = """
printf pw | gnome-keyring-daemon --unlock --components=secrets >&2
printf %s "$KEY_FOR_STDIN" | "$@" backends key lan
"$@" backends list
"$@" ask --backend lan --no-tools hello < /dev/null
"$@" backends key lan --forget
"$@" backends list
"""
FINE = stream(
    b'data: {"choices":[{"delta":{"content":"Fine."}}]}\n\n'
    b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
)


@pytest.mark.skipif(
    not (shutil.which("dbus-run-session") and shutil.which("gnome-keyring-daemon")),
    reason="needs dbus-run-session and gnome-keyring-daemon",
)
async def test_a_real_keyring_has_the_key_and_no_file_does(tmp_path: Path):
    """The Secret Service of a session bus of its own, on folders of its own."""
    environment = {
        **os.environ,
        **dict.fromkeys(("QCHAT_HOME", "HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"), str(tmp_path)),
        "KEY_FOR_STDIN": KEY,
    }
    environment.pop("PYTHON_KEYRING_BACKEND", None)
    session = ["dbus-run-session", "--", "sh", "-c", SECRETS, "sh"]
    async with server(MODELS, FINE) as (url, asked):
        (tmp_path / "config.toml").write_text(config(url))
        done = await asyncio.to_thread(
            subprocess.run,
            [*session, sys.executable, "-P", "-m", "qchat"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    lan = [line for line in done.stdout.splitlines() if line.split()[:1] == ["lan"]]
    assert "kept in the system's keyring\n" in done.stdout
    assert [line.rpartition("(")[2] for line in lan] == [
        "key from the system's keyring)",
        "no key)",
    ]
    assert [f"authorization: Bearer {KEY}".encode() in head for head in asked] == [True, True]
    assert "Fine.\n" in done.stdout
    kept = _files(tmp_path)
    assert "login.keyring" in kept
    assert not any(KEY.encode() in data for data in kept.values()), (
        "the keyring's file is encrypted"
    )


def config(url: str) -> str:
    lines = ("[backends.lan]", 'kind = "openai"', 'model = "m"', f'base_url = "{url}"')
    return "\n".join((*lines, 'api_key_env = "LAN_SECRET"')) + "\n"


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads Linux's process list")
async def test_a_key_is_in_no_process_list_error_log_session_or_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LAN_SECRET", KEY)
    seen: list[bytes] = []

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Look who runs while the request is open, then send the key back in an error."""
        seen.extend(_command_lines())
        writer.write(stream(b'data: {"error":{"message":"your key %s"}}\n\n' % KEY.encode()))

    async with server(echo) as (url, asked):
        (tmp_path / "config.toml").write_text(config(url))
        done = await in_thread(tmp_path, "ask", "--backend", "lan", "--no-tools", "hello")
    assert KEY.encode() in asked[0]
    assert "your key ***" in done.stderr
    assert any(b"qchat" in line for line in seen)
    assert not any(KEY.encode() in line for line in seen)
    session = (await in_thread(tmp_path, "sessions", "list")).stdout.split()[0]
    shown = await in_thread(tmp_path, "sessions", "export", session)
    settings_shown = await in_thread(tmp_path, "config", "show")
    for text in (done.stdout, done.stderr, shown.stdout, settings_shown.stdout):
        assert KEY not in text
    kept = _files(tmp_path)
    assert "sessions.db" in kept
    assert not any(KEY.encode() in data for data in kept.values())


def _command_lines() -> list[bytes]:
    """Of every process that runs; one may end while it is looked at."""
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            lines.append((process / "cmdline").read_bytes())
    return lines


def _files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


async def in_thread(
    home: Path, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """The server answers in this loop, so the program is waited for in a thread."""
    return await asyncio.to_thread(qchat, home, *arguments, stdin=stdin)
