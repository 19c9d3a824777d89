"""Fetching models from hosts on loopback: resumed, checked, refused, and never half in place."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qchat.local import download, pull
from qchat.local.hardware import Hardware
from qchat.protocol.errors import DownloadError, ModelFileError, QchatError, UsageError
from tests.engines import write_babbler
from tests.hub import Hub, model_hub

NAME = "model-Q4_K_M.gguf"
MACHINE = Hardware(16 * 10**9, 12 * 10**9, 4)


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_babbler(tmp_path_factory.mktemp("model") / "babbler.gguf").read_bytes()


@pytest.fixture
def hub(content: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with model_hub() as running:
        running.files = {
            NAME: content,
            "sub/model-Q8_0.gguf": content + bytes(32),
            "mmproj.gguf": b"x",
        }
        monkeypatch.setenv("HF_ENDPOINT", running.base)
        monkeypatch.setenv("MODELSCOPE_DOMAIN", running.base)
        monkeypatch.setattr(download, "FIRST_WAIT_S", 0.01)
        yield running


def fetch(wanted: str, folder: Path, seen: list[tuple[int, int]] | None = None) -> Path:
    note = seen if seen is not None else []
    ordered = pull.order(wanted, lambda: MACHINE)
    return pull.bring(ordered, folder, lambda done, total: note.append((done, total)))


def ranges(hub: Hub) -> list[str]:
    return [wanted for path, wanted, _ in hub.asked if not path.startswith("/api/")]


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("hf:someone/model", NAME),
        ("hf:someone/model:q4_k_m", NAME),
        ("hf:someone/model:Q8_0", "model-Q8_0.gguf"),
        ("ms:someone/model:Q8_0", "model-Q8_0.gguf"),
    ],
)
def test_from_both_hubs(hub: Hub, tmp_path: Path, wanted: str, name: str):
    seen: list[tuple[int, int]] = []
    path = fetch(wanted, tmp_path / "models", seen)
    source = next(key for key in hub.files if key.endswith(name))
    assert (path.name, path.read_bytes()) == (name, hub.files[source])
    assert [entry.name for entry in path.parent.iterdir()] == [name]
    assert seen[-1] == (len(hub.files[source]),) * 2
    assert seen == sorted(seen)


def test_any_address_and_its_redirects(hub: Hub, tmp_path: Path, content: bytes):
    assert fetch(f"{hub.base}/moved/{NAME}", tmp_path).read_bytes() == content


def test_a_token_goes_to_the_hub(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetch("hf:someone/model", tmp_path)
    assert {authorization for *_, authorization in hub.asked} == {"Bearer hf_secret"}


def test_a_model_in_parts_comes_whole(hub: Hub, tmp_path: Path, content: bytes):
    names = [f"model-Q6_K-{part:05}-of-00002.gguf" for part in (1, 2)]
    hub.files = dict.fromkeys(names, content)
    seen: list[tuple[int, int]] = []
    assert fetch("hf:someone/model:Q6_K", tmp_path, seen).name == names[0]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == names
    assert seen[-1] == (2 * len(content),) * 2
    del hub.files[names[1]]
    with pytest.raises(DownloadError, match="not all of its parts"):
        fetch("hf:someone/model:Q6_K", tmp_path)


def test_a_cut_connection_goes_on_where_it_was(hub: Hub, tmp_path: Path, content: bytes):
    hub.cuts = [70_000, 30_000, -1]
    assert fetch("hf:someone/model", tmp_path).read_bytes() == content
    assert ranges(hub) == ["", "bytes=70000-", "bytes=100000-"]


def test_a_host_without_ranges_begins_anew(hub: Hub, tmp_path: Path, content: bytes):
    hub.cuts, hub.ranges = [70_000], False
    assert fetch("hf:someone/model", tmp_path).read_bytes() == content


def test_another_version_is_not_glued_to_the_old_one(hub: Hub, tmp_path: Path, content: bytes):
    hub.cuts, hub.statuses = [70_000], [0, 403]
    with pytest.raises(DownloadError, match="does not give this away"):
        fetch(f"{hub.base}/{NAME}", tmp_path)
    other = content[:60_000] + b"new!" + content[60_004:]  # in what has come already
    hub.etag, hub.files[NAME] = '"two"', other
    assert fetch(f"{hub.base}/{NAME}", tmp_path).read_bytes() == other


def test_a_busy_host_is_asked_again_and_a_dead_one_is_not_for_ever(hub: Hub, tmp_path: Path):
    hub.statuses = [503, 429, 0]
    fetch("hf:someone/model", tmp_path / "first")
    hub.statuses = [500] * 50
    with pytest.raises(DownloadError, match=r"status 500; try again later$"):
        fetch("hf:someone/model", tmp_path / "second")
    assert len(hub.statuses) == 50 - download.TRIES
    (tmp_path / "third").mkdir()
    part = tmp_path / "third" / f"{next((tmp_path / 'first').glob('*.gguf')).name}.part"
    part.write_bytes(b"GGUF")
    with pytest.raises(DownloadError, match="try again later; what came is kept, and goes on"):
        fetch("hf:someone/model", tmp_path / "third")
    assert part.read_bytes() == b"GGUF"


def test_a_wrong_checksum_leaves_nothing(hub: Hub, tmp_path: Path):
    hub.sha256 = {NAME: "0" * 64}
    with pytest.raises(DownloadError, match=r"came damaged: its checksum is .* deleted"):
        fetch("hf:someone/model", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<!doctype html><html>please log in</html>", "is not a GGUF file but a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"),
        (b'{"error": "quota"}', "a JSON text"),
        (b"GGUF\x03\0\0\0" + bytes(40), "does not say which kind"),
        (b"GGUF" + b"\xff" * 60, "of version 4294967295"),
    ],
)
def test_what_is_no_model_is_refused_with_the_reason(
    hub: Hub, tmp_path: Path, body: bytes, says: str
):
    hub.files[NAME] = body
    seen: list[tuple[int, int]] = []
    with pytest.raises(ModelFileError, match=says) as caught:
        fetch("hf:someone/model", tmp_path, seen)
    assert bool(seen) == body.startswith(b"GGUF"), "what begins wrong is not fetched to its end"
    assert "nothing is kept" in str(caught.value)
    assert ".part" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_cut_at_the_host_is_refused(hub: Hub, tmp_path: Path, content: bytes):
    hub.files[NAME] = content[:50_000]
    with pytest.raises(ModelFileError, match="incomplete"):
        fetch("hf:someone/model", tmp_path)


def test_too_little_space_is_said_before_anything_comes(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(DownloadError, match=r"not enough space: .* needs .* 1 kB free"):
        fetch("hf:someone/model", tmp_path)
    assert ranges(hub) == []
    with pytest.raises(DownloadError, match="not enough space"):
        fetch(f"{hub.base}/{NAME}", tmp_path)
    assert not (tmp_path / NAME).exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_disk_that_fills_up_is_said_in_words(hub: Hub, tmp_path: Path):
    (tmp_path / f"{NAME}.part").symlink_to("/dev/full")
    with pytest.raises(DownloadError, match="the disk is full"):
        fetch("hf:someone/model", tmp_path)


def test_the_same_file_is_not_fetched_twice_and_another_is_not_overwritten(
    hub: Hub, tmp_path: Path
):
    fetch("hf:someone/model", tmp_path)
    before = len(ranges(hub))
    fetch("hf:someone/model", tmp_path)
    assert len(ranges(hub)) == before
    (tmp_path / NAME).write_bytes(b"GGUF mine")
    with pytest.raises(DownloadError, match="is another file"):
        fetch("hf:someone/model", tmp_path)
    assert (tmp_path / NAME).read_bytes() == b"GGUF mine"


def test_two_at_once_do_not_write_into_each_other(hub: Hub, tmp_path: Path):
    hub.cuts, hub.hold = [70_000], threading.Event()
    first = threading.Thread(target=fetch, args=("hf:someone/model", tmp_path))
    first.start()
    assert hub.stalled.wait(10)
    with pytest.raises(DownloadError, match="being pulled by another qchat"):
        fetch("hf:someone/model", tmp_path)
    hub.hold.set()
    first.join()
    assert [entry.name for entry in tmp_path.iterdir()] == [NAME]


@pytest.mark.parametrize("name", ["../../evil.gguf", ".hidden.gguf", "a b\n.gguf", "x\\..\\y.gguf"])
def test_a_host_does_not_choose_the_folder(hub: Hub, tmp_path: Path, content: bytes, name: str):
    hub.files = {name: content}
    folder = tmp_path / "a" / "b" / "models"
    try:
        path = fetch("hf:someone/model", folder)
        assert path.parent == folder
    except DownloadError as error:
        assert "\n" not in str(error)
    assert {p.parent for p in tmp_path.rglob("*.gguf")} <= {folder}


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("nothing-like-it", "the catalogue has no model"),
        ("qwen3-30b", "did you mean: qwen3-30b-a3b"),
        ("qwen3-8b:Q9_K", "is listed as Q4_K_M"),
        ("http://models.example/x.gguf", "use https"),
        ("https://models.example/x.zip", "should end in .gguf"),
        ("hf:nobody", "a repository is OWNER/NAME"),
        ("hf:no/body", r"no such file or repository \(404\)"),
        ("hf:someone/model:Q2_K", "has not Q2_K; it has: Q4_K_M, Q8_0"),
    ],
)
def test_what_cannot_be_meant(hub: Hub, tmp_path: Path, wanted: str, says: str):
    with pytest.raises(QchatError, match=says) as caught:
        fetch(wanted, tmp_path)
    assert isinstance(caught.value, UsageError | DownloadError)


def test_nobody_listens(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DownloadError, match=r"cannot be reached: .*check the network"):
        fetch("hf:someone/model", tmp_path)


def qchat(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "qchat", "models", *arguments],
        env=os.environ | {"QCHAT_HOME": str(home), "HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(is_so: Callable[[], bool]) -> None:
    """For what another process does and tells nobody."""
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_killed_pull_goes_on_and_the_model_is_listed_shown_and_removed(
    hub: Hub, tmp_path: Path, content: bytes
):
    hub.cuts, hub.hold = [70_000], threading.Event()
    with qchat(tmp_path, "pull", "hf:someone/model") as killed:
        assert hub.stalled.wait(60)
        part = tmp_path / "models" / f"{NAME}.part"
        wait_for(lambda: part.exists() and part.stat().st_size == 70_000)
        killed.kill()
    hub.hold.set()
    hub.hold = None
    with qchat(tmp_path, "pull", "hf:someone/model") as again:
        out, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    assert "qchat --backend local --model model-Q4_K_M" in out
    assert ranges(hub)[-1] == "bytes=70000-"
    assert (tmp_path / "models" / NAME).read_bytes() == content
    for arguments, says in (
        (("list",), "model-Q4_K_M"),
        (("info", "model-q4"), "architecture: qwen3moe"),
        (("remove", "MODEL-Q4_K_M"), "removed model-Q4_K_M"),
    ):
        with qchat(tmp_path, *arguments) as done:
            out, err = done.communicate(timeout=120)
        assert (done.returncode, says in out) == (0, True), (out, err)
    assert list((tmp_path / "models").iterdir()) == []
