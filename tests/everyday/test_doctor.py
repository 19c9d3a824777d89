"""`qchat doctor` tries what is configured: each thing that does not work is a line that says so."""

import asyncio
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from qchat.store import Store
from qchat_assets import demo_model_path
from tests.live.web_site import page, serving
from tests.modelserver import model_server
from tests.program import environment, qchat

TOKEN = "a-token-of-ten-users"


def lines(home: Path, config: str, *options: str) -> tuple[int, dict[str, str]]:
    """The exit status, and what was said of each part."""
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(config)
    done = qchat(home, "doctor", *options)
    assert "Traceback" not in done.stderr
    said = {}
    for line in done.stdout.splitlines()[1:]:
        verdict, name, text = line[:4].strip(), line[6:18].strip(), line[18:].strip()
        said[name] = f"{verdict}: {text}"
    return done.returncode, said


def config(name: str, **fields: str) -> str:
    values = "".join(f'{key} = "{value}"\n' for key, value in fields.items())
    return f"[backends.{name}]\n{values}"


@pytest.mark.slow
def test_backends_are_asked_with_their_keys_and_models(tmp_path: Path) -> None:
    with model_server("qwen-one", key="sk-right") as server:
        url = f"http://{server.address}/v1"
        good = config("good", kind="openai", base_url=url, model="qwen-one", api_key="sk-right")
        wrong = config("wrong", kind="openai", base_url=url, model="qwen-one", api_key="sk-no")
        other = config("other", kind="openai", base_url=url, model="qwen-two", api_key="sk-right")
        closed = config("closed", kind="openai", base_url="http://127.0.0.1:9/v1", model="m")
        broken = tmp_path / "broken.gguf"
        data = demo_model_path().read_bytes()
        broken.write_bytes(data[: len(data) // 2])
        file = config("file", kind="llama.cpp", model=str(broken))
        rest = '[web]\nsearch = "brave"\n[memory]\nembedder = "/nowhere/e.gguf"\n'
        status, said = lines(
            tmp_path / "home",
            'backend = "good"\ntheme = "nope"\n' + good + wrong + other + closed + file + rest,
        )
    assert status == 1
    assert said["*good"].startswith("ok: qwen-one at ")
    assert said["wrong"].startswith("FAIL")
    assert "sk-no" not in str(said)
    assert "has no model 'qwen-two'" in said["other"]
    assert said["closed"].startswith("FAIL")
    assert "incomplete" in said["file"]
    assert "no model file /nowhere/e.gguf" in said["embedder"]
    assert "BRAVE_API_KEY" in said["web"]
    assert "Unknown theme 'nope'" in said["theme"]
    assert said["kernel"].startswith("ok")


@pytest.mark.slow
async def test_vectors_and_a_word_are_asked_for_and_both_are_in_the_list_of_what_left(
    tmp_path: Path,
) -> None:
    home, word = tmp_path / "home", "/search?q=Qwen&format=json"
    async with serving() as site:
        base = site.url("", "127.0.0.1")
        vector = {"data": [{"index": 0, "embedding": [0.6, 0.8, 0.0]}]}
        row = {"url": "https://a.test/", "title": "A", "content": "x", "engine": "e"}
        site.answers["/v1/embeddings"] = page(json.dumps(vector).encode(), "application/json")
        site.answers[word] = page(json.dumps({"results": [row]}).encode(), "application/json")
        both = (
            f'[memory]\nembedder = "{base}/v1"\nembedder_model = "e"\n'
            f'[web]\nsearch = "searxng"\nsearch_url = "{base}"\n'
        )
        _, knocked = await asyncio.to_thread(lines, home, both)
        asked = [head.split(" ")[:2] for head in site.requests if head]
        _, searched = await asyncio.to_thread(lines, home, both, "--search")
        site.answers[word] = page(b"<html>no</html>")
        site.answers["/v1/embeddings"] = page(b"no", status="401 Unauthorized")
        status, refused = await asyncio.to_thread(lines, home, both, "--search")
        requests = [head.split(" ")[:2] for head in site.requests]
    assert "vectors of 3 numbers" in knocked["embedder"]
    assert asked == [["POST", "/v1/embeddings"]]  # only knocked at where words are searched for
    assert "can be reached" in knocked["web"]
    assert searched["web"].endswith("searxng finds 1 page")
    assert status == 1
    assert (refused["embedder"][:4], refused["web"][:4]) == ("FAIL", "FAIL")
    assert "401" in refused["embedder"]
    assert ["GET", word] in requests
    with closing(Store(home / "sessions.db")) as store:
        turn = store.sendings.elsewhere("default", "")
    assert turn is not None
    assert {event.host for event in turn.events} == {f"127.0.0.1:{site.port}", "127.0.0.1"}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Jupyter server with a token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("jupyter")
    env = environment(home) | {"JUPYTER_TOKEN": TOKEN, "HOME": str(home)}
    child = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root",
         "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"],
        cwd=home, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{url}/api", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        child.terminate()
        child.wait()


@pytest.mark.slow
def test_a_gateway_computes_and_says_that_it_is_shared(gateway: str, tmp_path: Path) -> None:
    python = f'[python]\ngateway_url = "{gateway}"\ngateway_token = "{TOKEN}"\n'
    status, said = lines(tmp_path / "home", python)
    assert (status, said["kernel"][:4]) == (0, "note")
    assert "Everyone who has its token" in said["kernel"]


@pytest.mark.slow
def test_a_wrong_token_of_a_gateway_is_no_kernel(gateway: str, tmp_path: Path) -> None:
    python = f'[python]\ngateway_url = "{gateway}"\ngateway_token = "wrong"\n'
    status, said = lines(tmp_path / "home", python)
    assert (status, said["kernel"][:4]) == (1, "FAIL")
    assert "token" in said["kernel"]
    assert "wrong" not in said["kernel"].replace("refuses", "")


def test_another_program_of_that_name_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qchat.admin import checks  # noqa: PLC0415

    other = tmp_path / "qchat"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    verdict = checks.on_the_path()
    assert isinstance(verdict, checks.Remark)
    assert str(other) in verdict.text
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert isinstance(checks.on_the_path(), str)
