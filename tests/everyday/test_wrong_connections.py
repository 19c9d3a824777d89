"""Thirty ways to give a wrong key, file, address or region: a clear sentence each, nothing kept."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qchat import cli
from qchat_assets import demo_model_path
from tests.modelserver import ModelServer, model_server

KEY = "sk-right"
TRACES = re.compile(r"Traceback|Error\(|Errno|<class|None\b|NoneType|0x[0-9a-f]{6}")


class Wrong:
    """What a way may use: a server that wants a key, one that wants none, a folder."""

    def __init__(self, keyed: ModelServer, free: ModelServer, folder: Path) -> None:
        self.keyed, self.free, self.folder = keyed, free, folder

    def file(self, name: str, data: bytes) -> str:
        path = self.folder / name
        path.write_bytes(data)
        return str(path)


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wrong]:
    with model_server("qwen3.7-plus", key=KEY) as keyed, model_server("one", "two") as free:
        yield Wrong(keyed, free, tmp_path_factory.mktemp("files"))


def cloud(*more: str, key: str = KEY) -> Callable[[Wrong], tuple[list[str], str]]:
    def made(wrong: Wrong) -> tuple[list[str], str]:
        at = [word.replace("HERE", f"http://{wrong.keyed.address}/v1") for word in more]
        return ["cloud", *at], key

    return made


def server(*more: str, key: str = "") -> Callable[[Wrong], tuple[list[str], str]]:
    def made(wrong: Wrong) -> tuple[list[str], str]:
        words = (w.replace("KEYED", wrong.keyed.address) for w in more)
        return ["server", *(w.replace("FREE", wrong.free.address) for w in words)], key

    return made


def file(name: str, data: bytes | None = None) -> Callable[[Wrong], tuple[list[str], str]]:
    def made(wrong: Wrong) -> tuple[list[str], str]:
        return ["file", wrong.file(name, data) if data is not None else name], ""

    return made


DEMO = demo_model_path().read_bytes()
WAYS: dict[str, tuple[Callable[[Wrong], tuple[list[str], str]], str]] = {
    "key: wrong": (cloud("HERE", key="sk-wrong"), "401"),
    "key: empty": (cloud("HERE", key=""), "pipe it in"),
    "key: blanks": (cloud("HERE", key="   "), "pipe it in"),
    "key: two words": (cloud("HERE", key="sk right"), "Invalid API key"),
    "key: other letters": (cloud("HERE", key="schlüssel"), "Invalid API key"),
    "key: a whole line of a shell": (cloud("HERE", key="export K=sk-right"), "Invalid API key"),
    "key: of a server, wrong": (server("KEYED", key="sk-wrong"), "401"),
    "key: of a server, missing": (server("KEYED"), "pipe it in"),
    "region: unknown": (cloud("Atlantis"), "Unknown region 'Atlantis'. Regions: Singapore"),
    "region: of workspaces only": (cloud("Frankfurt"), "say it in the command"),
    "region: workspace is no name": (cloud("Beijing", "--workspace", "a b"), "Invalid workspace"),
    "region: workspace alone": (cloud("--workspace", "llm-1"), "name that too"),
    "region: plain http": (cloud("http://example.org/v1"), "only over https://"),
    "region: no address": (cloud("https://"), "Invalid address"),
    "region: password in it": (cloud("https://me:pw@example.org/v1"), "Invalid address"),
    "address: nobody listens": (server("127.0.0.1:9", "--model", "m"), "refused"),
    "address: unknown host": (server("no-such-host.invalid:80"), "no-such-host.invalid"),
    "address: no number for a port": (server("127.0.0.1:http"), "Invalid address"),
    "address: too large a port": (server("127.0.0.1:99999"), "Invalid address"),
    "address: another protocol": (server("ftp://127.0.0.1"), "Invalid address"),
    "address: only a protocol": (server("http://"), "Invalid address"),
    "address: half of IPv6": (server("http://[::1"), "Invalid address"),
    "address: a sentence": (server("my server at home"), "Invalid address"),
    "address: password in it": (server("http://me:pw@127.0.0.1:8000"), "no user or password"),
    "address: a key": (server("sk-right0123456789"), "looks like a key"),
    "address: without the way": (lambda _w: (["127.0.0.1:9"], ""), "connect server 127.0.0.1:9"),
    "address: with a semicolon": (server("127.0.0.1;9"), "Invalid address"),
    "region: a key": (cloud("sk-right0123456789"), "looks like a key"),
    "key: with its variable": (cloud("HERE", key="K=sk-right"), "without the name of its"),
    "key: an address": (cloud("HERE", key="https://a.b/c"), "an address or a path"),
    "address: half of a protocol": (server("http/127.0.0.1:9"), "Invalid address"),
    "address: with a workspace": (server("FREE", "--workspace", "llm-1"), "leave out --workspace"),
    "address: wrong path": (server("http://FREE/elsewhere", "--model", "one"), "404"),
    "model: unknown": (server("FREE", "--model", "onee"), "has no model 'onee'. It offers one"),
    "model: an embedding": (server("FREE", "--model", "bge-m3"), "cannot chat"),
    "model: a key": (server("FREE", "--model", "sk-right0123456789"), "looks like a key"),
    "model: not said": (server("FREE"), "Which model"),
    "file: missing": (file("/nowhere/at/all.gguf"), "File not found: /nowhere/at/all.gguf"),
    "file: no such name": (file("qwen99"), "qwen99"),
    "file: an address": (file("https://h.org/a.gguf"), "qchat models pull ADDRESS"),
    "file: of a hub": (file("Qwen/Qwen3-8B-GGUF"), "qchat models pull hf:Qwen/Qwen3-8B-GGUF"),
    "file: empty": (file("empty.gguf", b""), "empty.gguf"),
    "file: a web page": (file("page.gguf", b"<html>not found"), "a web page"),
    "file: Git LFS": (file("lfs.gguf", b"version https://git-lfs.github.com/spec/v1\n"), "LFS"),
    "file: cut short": (file("cut.gguf", DEMO[: len(DEMO) // 2]), "incomplete"),
    "file: cut in its head": (file("head.gguf", DEMO[:2000]), "head.gguf"),
    "file: cut by a byte": (file("byte.gguf", DEMO[:-2000]), "incomplete"),
    "file: a picture": (file("photo.gguf", b"\x89PNG\r\n"), "not a GGUF file"),
    "file: a folder without": (file("/usr/include"), "/usr/include"),
    "way: unknown": (lambda _wrong: (["moon"], ""), "moon"),
}


@pytest.mark.parametrize("name", WAYS)
def test_it_is_a_sentence_and_nothing_is_kept(
    name: str,
    wrong: Wrong,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make, said = WAYS[name]
    arguments, key = make(wrong)
    monkeypatch.setenv("QCHAT_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DASHSCOPE_API_KEY", raising=False)
    read, write = os.pipe()
    os.write(write, f"{key}\n".encode())
    os.close(write)
    with os.fdopen(read) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        status = cli.main(["connect", *arguments, "--default"])
    out, error = capsys.readouterr()
    assert status in (1, 2), out
    last = error.strip().splitlines()[-1]
    assert last.startswith("qchat: "), error
    assert said in error, error
    assert not TRACES.search(error), error
    assert key.strip() == "" or key.strip() not in error
    assert not (tmp_path / "config.toml").exists()
    assert not (tmp_path / "keys.json").exists()


def test_there_are_thirty() -> None:
    assert len(WAYS) >= 30
