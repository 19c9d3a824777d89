"""What a user types or pipes that is no path, no file and no key: said at once, in words."""

import io
import os
from pathlib import Path

import pytest

from qchat import cli
from qchat.config.credentials import read_piped
from qchat.protocol.errors import UsageError
from qchat_tools.typed_path import typed_path

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QCHAT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return tmp_path


def test_the_home_of_nobody_stays_as_written() -> None:
    assert typed_path("~nobody-here/a.gguf") == Path("~nobody-here/a.gguf")
    assert typed_path("~/a.gguf") == Path.home() / "a.gguf"


def test_a_model_in_the_home_of_nobody_is_not_found(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["connect", "file", "~nobody-here/a.gguf"]) == 1
    assert "File not found: " in capsys.readouterr().err


@needs_pipes
@pytest.mark.parametrize("command", [["connect", "file"], ["restore"]])
def test_a_pipe_with_a_name_is_not_waited_for(
    command: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = home / "a.gguf"
    os.mkfifo(pipe)
    assert cli.main([*command, str(pipe)]) == 1
    assert "a.gguf is" in capsys.readouterr().err


def test_a_key_may_be_piped_by_a_shell_that_marks_its_text() -> None:
    assert read_piped(io.StringIO("\ufeffsk-123\r\n")) == "sk-123"


def test_a_key_that_is_no_text_is_refused() -> None:
    with pytest.raises(UsageError, match="not UTF-8 text"):
        read_piped(io.TextIOWrapper(io.BytesIO(b"\xff\xfekey"), encoding="utf-8"))
