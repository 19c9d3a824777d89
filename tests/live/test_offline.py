"""`--offline` is kept: by every request, and by the conversation that was begun with it."""

import socket
import subprocess
import sys
from pathlib import Path

from tests.program import answer, lines, qchat

FAR = """
[backends.far]
kind = "openai"
base_url = "http://192.0.2.1/v1"
model = "m"
"""


def test_offline_is_obeyed_and_kept(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(FAR)
    refused = qchat(tmp_path, "ask", "--offline", "--backend", "far", "hello", "--no-tools")
    assert refused.returncode == 1
    assert "offline, so 192.0.2.1 is not asked" in refused.stderr
    session = qchat(tmp_path, "sessions", "list").stdout.split()[0]
    again = qchat(tmp_path, "ask", "--session", session, "--backend", "far", "hello")
    assert "offline, so 192.0.2.1 is not asked" in again.stderr

    here = qchat(tmp_path, "ask", "--offline", "--json", "Hello!", "--no-tools")
    assert answer(lines(here))  # the model on this machine is reached all the same


FORBIDDEN = """
import asyncio, socket
from qchat.runtime import offline
offline.forbid()
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80), 1),
    lambda: socket.getaddrinfo("qchat.example", 80),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
    lambda: asyncio.run(asyncio.open_connection("192.0.2.1", 80)),
):
    try:
        attempt()
        print("reached")
    except OSError as error:
        print(error)
socket.create_connection(("127.0.0.1", PORT), 5).close()
socket.create_connection(("localhost", PORT), 5).close()
offline.forbid(False)
print("here is reached")
"""


def test_offline_forbids_every_socket_but_loopback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        code = FORBIDDEN.replace("PORT", str(listening.getsockname()[1]))
        command = [sys.executable, "-W", "ignore", "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    *refused, last = done.stdout.splitlines()
    assert len(refused) == 4
    assert all(line.startswith("offline: ") for line in refused), refused
    assert last == "here is reached"
