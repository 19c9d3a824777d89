"""Models that lie in the folders of other programs are found where they are."""

import json
import os
from pathlib import Path

import pytest

from qchat.local import model_folders
from qchat.protocol.errors import ModelFileError
from tests.engines import write_babbler


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for name in ("HF_HOME", "HF_HUB_CACHE", "LLAMA_CACHE", "OLLAMA_MODELS", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("QCHAT_HOME", str(tmp_path / "qchat"))
    return tmp_path


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_babbler(path)


def put_ollama(home: Path, digest: str = "sha256:abc") -> Path:
    folder = home / ".ollama" / "models"
    manifest = folder / "manifests" / "registry.ollama.ai" / "library" / "qwen3" / "8b"
    manifest.parent.mkdir(parents=True)
    layers = [
        {"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:0"},
        {"mediaType": "application/vnd.ollama.image.model", "digest": digest},
    ]
    manifest.write_text(json.dumps({"layers": layers}))
    return put(folder / "blobs" / "sha256-abc")


def test_every_programs_models_are_listed_once(home: Path):
    hub = home / ".cache" / "huggingface" / "hub" / "models--o--m"
    blob = put(hub / "blobs" / "1234")
    link = hub / "snapshots" / "r1" / "hf-Q4_K_M.gguf"
    link.parent.mkdir(parents=True)
    link.symlink_to(blob)
    expected = {
        ("own", "qchat"): put(home / "qchat" / "models" / "own.gguf"),
        ("studio", "LM Studio"): put(home / ".lmstudio" / "models" / "o" / "m" / "studio.gguf"),
        ("qwen3:8b", "Ollama"): put_ollama(home),
        ("hf-Q4_K_M", "Hugging Face"): link,
    }
    found = {(model.name, model.owner): model.path for model in model_folders.all_models()}
    assert found == expected
    for (name, _), path in expected.items():
        assert model_folders.find(name) == path


def test_llama_cpps_own_cache(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLAMA_CACHE", str(home / "cache"))
    path = put(home / "cache" / "ggml-org_x.gguf")
    assert [(m.owner, m.path) for m in model_folders.all_models()] == [("llama.cpp", path)]


def test_parts_are_one_model_and_picture_parts_are_none(home: Path):
    folder = home / "qchat" / "models"
    first, second = (put(folder / f"big-0000{part}-of-00002.gguf") for part in (1, 2))
    put(folder / "mmproj-x.gguf")
    (model,) = model_folders.own_models()
    assert (model.name, model.path) == ("big", first)
    assert model.size_bytes == first.stat().st_size + second.stat().st_size


def test_a_manifest_does_not_lead_out_of_its_folder(home: Path):
    (home / "secret.gguf").write_bytes(b"GGUF")
    put_ollama(home, "../../../secret.gguf")
    assert all(model.path.parent.name == "blobs" for model in model_folders.all_models())


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"layers": 3}', '{"layers": [{}]}', "\0"])
def test_a_broken_manifest_is_passed_over(home: Path, text: str):
    put_ollama(home)
    manifest = next(path for path in (home / ".ollama").rglob("8b"))
    manifest.write_text(text)
    assert model_folders.all_models() == []


def test_names_paths_and_the_newest(home: Path):
    folder = home / "qchat" / "models"
    with pytest.raises(ModelFileError, match=r"no model has been pulled yet: .*models pull NAME"):
        model_folders.find("newest")
    old, new = put(folder / "Qwen3-4B-Q4_K_M.gguf"), put(folder / "Qwen3-8B-Q4_K_M.gguf")
    os.utime(old, (1, 1))
    assert model_folders.find("newest") == new
    assert model_folders.find("qwen3-4b") == old
    assert model_folders.find(str(old)) == old
    with pytest.raises(ModelFileError, match="several models begin with 'qwen3'"):
        model_folders.find("qwen3")
    with pytest.raises(ModelFileError, match="there is no model 'other' here"):
        model_folders.find("other")
