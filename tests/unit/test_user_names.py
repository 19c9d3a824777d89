"""Odd names of users: none crashes or mixes, and one that looks like another is told of."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchat import cli
from qchat.cli.user_names import remark


@pytest.mark.parametrize("name", ["Anna", "José", "Анна", "太郎", "Taro太郎", "o'neill", "-"])
def test_an_ordinary_name_needs_no_remark(name: str) -> None:
    assert remark(name) == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("\u0410nna", "Cyrillic and Latin"),
        ("an\u200bna", "invisible"),
        ("anna ", "blank"),
        ("Jose\u0301", "accents"),
    ],
)
def test_a_name_that_looks_like_another_is_told_of_and_is_another(
    name: str,
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("QCHAT_HOME", str(tmp_path))
    assert cli.main([f"--user={name}", "memory", "list"]) == 0
    said = capsys.readouterr().err
    assert why in said
    assert said.isascii(), "the letters that look the same are shown apart"


@given(st.text())
def test_a_remark_is_one_line_of_what_can_be_seen(name: str) -> None:
    assert remark(name).isascii()
    assert "\n" not in remark(name)


@pytest.mark.parametrize("arguments", [["--user=--", "memory", "list"], ["ask", "--model=--", "x"]])
def test_two_dashes_for_a_value_are_one_clear_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    assert "-- is not a value" in capsys.readouterr().err
