"""The engine's child: real llama.cpp on loopback, with a key, never outliving its parent."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from qchat.config.settings import BackendSettings
from qchat.local.engine import Engine
from qchat.local.gguf import read_head
from qchat.protocol.errors import EngineError, ModelFileError
from tests.engines import CONTEXT, eventually, write_babbler

PARENT = """
import asyncio, sys
from pathlib import Path
from qchat.local.engine import Engine

async def main():
    engine = Engine(Path(sys.argv[1]))
    await engine.start()
    print(engine.base_url, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_babbler(tmp_path_factory.mktemp("model") / "babbler.gguf")


@pytest.fixture
async def engine(model: Path) -> AsyncIterator[Engine]:
    started = Engine(model)
    await started.start()
    yield started
    await started.aclose()


async def test_it_listens_on_loopback_and_wants_its_key(engine: Engine):
    assert engine.base_url.startswith("http://127.0.0.1:")
    assert (engine.alive, engine.context) == (True, CONTEXT)
    async with httpx.AsyncClient(base_url=engine.base_url, trust_env=False) as client:
        for key, status in ((engine.api_key, 200), ("guess", 401)):
            ask = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}
            headers = {"authorization": f"Bearer {key}"}
            answer = await client.post("/chat/completions", json=ask, headers=headers)
            assert answer.status_code == status


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="no /proc on this system")
async def test_the_key_stands_in_no_process_list(engine: Engine):
    process = f"/proc/{engine.pid}"
    shown = await asyncio.to_thread(
        lambda: [Path(process, name).read_bytes() for name in ("cmdline", "environ")]
    )
    assert all(shown)
    assert all(engine.api_key.encode() not in text for text in shown)


async def test_it_is_gone_after_close(engine: Engine):
    assert await engine.died(within_s=0.01) == ""
    await engine.aclose()
    assert not engine.alive
    with pytest.raises(ProcessLookupError):
        os.kill(engine.pid, 0)


async def test_it_tells_how_it_died(engine: Engine):
    os.kill(engine.pid, signal.SIGKILL)
    assert await engine.died(within_s=5) == "signal 9"
    assert not engine.alive


async def test_it_ends_with_a_parent_that_is_killed(model: Path):
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(model)), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    address = (await parent.stdout.readline()).decode().strip()
    port = urlsplit(address).port
    assert await _listens(port)
    parent.kill()
    await parent.wait()
    await eventually(lambda: _is_silent(port))


async def _listens(port: int | None) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.close()
    return True


async def _is_silent(port: int | None) -> bool:
    return not await _listens(port)


async def test_the_context_is_never_longer_than_the_models(model: Path):
    for wanted, given in ((512, 512), (10**6, CONTEXT)):
        engine = Engine(model, BackendSettings(kind="llama.cpp", context=wanted))
        await engine.start()
        await engine.aclose()
        assert engine.context == given


@pytest.fixture
def cut_model(model: Path, tmp_path: Path) -> Path:
    path = tmp_path / "cut.gguf"
    path.write_bytes(model.read_bytes()[:100_000])
    return path


async def test_a_cut_file_is_refused(cut_model: Path):
    engine = Engine(cut_model)
    with pytest.raises(ModelFileError, match=r"cut\.gguf is (a broken or )?incomplete"):
        await engine.start()
    assert not engine.alive


async def test_an_engine_that_dies_while_loading_says_so(model: Path):
    engine = Engine(model, module="no_such_engine")
    with pytest.raises(EngineError, match=r"it ended with exit status 1 .*no_such_engine"):
        await engine.start()


@pytest.mark.parametrize(
    ("library", "says"),
    [
        ("raise ImportError('no such wheel')", "xllamacpp cannot be loaded: no such wheel"),
        ("import os; print('odd CPU', flush=True); os.abort()", "ended with signal 6 odd CPU"),
    ],
)
async def test_a_library_that_is_missing_or_crashes(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, says: str
):
    (tmp_path / "xllamacpp.py").write_text(library)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(EngineError, match=says) as caught:
        await Engine(model).start()
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
async def test_ctrl_c_in_the_terminal_is_not_for_it(engine: Engine):
    assert os.getpgid(engine.pid) != os.getpgrp()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not a GGUF file$"),
        (b"<!doctype html><html>", "but a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"PK\x03\x04", "convert it to GGUF"),
        (b"GGUF\x01\0\0\0" + bytes(16), "of version 1"),
        (b"GGUF\x03\0\0\0", "broken or incomplete"),
        (b"GGUF\x03\0\0\0" + bytes(8) + b"\xff" * 8, "broken or incomplete"),
        (b"GGUF\x03\0\0\0" + bytes(16), "does not say which kind"),
    ],
)
def test_a_file_that_is_no_model(tmp_path: Path, content: bytes, says: str):
    path = tmp_path / "wrong.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=says) as caught:
        read_head(path)
    assert "\n" not in str(caught.value)


def test_no_file_and_a_folder(tmp_path: Path):
    with pytest.raises(ModelFileError, match="there is no model file"):
        read_head(tmp_path / "none.gguf")
    with pytest.raises(ModelFileError, match="is a folder"):
        read_head(tmp_path)


def test_every_cut_of_a_head_is_refused_or_read(model: Path, tmp_path: Path):
    head = model.read_bytes()[:400]
    path = tmp_path / "cut.gguf"
    for length in range(0, len(head), 3):
        path.write_bytes(head[:length])
        try:
            assert read_head(path).context == CONTEXT
        except ModelFileError:
            continue
