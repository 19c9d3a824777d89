"""How `qchat doctor` lays out what it says: below each other for people, a line for programs."""

import pytest

from qchat.admin.doctor import lines
from qchat.runtime.cell_width import width

LONG = "*dashscope-intl-qwen3.7-plus"
TEXT = "Qwen/Qwen3-32B at http://127.0.0.1:8000/v1, which is one of the 12 models that it offers"


@pytest.mark.parametrize("verdict", ["  ok", "FAIL", "失败"])
@pytest.mark.parametrize("name", ["web", "*house", LONG, "一个很长的后端名称"])
def test_every_text_begins_at_one_column_and_fits(verdict: str, name: str) -> None:
    said = lines(verdict, name, TEXT, 80)
    assert all(width(line) <= 80 for line in said)
    below = said[1:]
    assert all(line.startswith(" " * 18) and line[18] != " " for line in below)
    assert (said[0].endswith(name)) == (width(name) > 11)
    assert " ".join(" ".join(said).split()) == f"{verdict.strip()} {name} {TEXT}"


def test_a_program_reads_one_line() -> None:
    assert lines("  ok", LONG, TEXT, 0) == [f"  ok  {LONG} {TEXT}"]
