"""The bar of a download: for people, and for nobody else."""

import io
from types import SimpleNamespace

import pytest

from qchat.admin import progress
from qchat.admin.progress import WIDTH, Bar


class Window(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_fills_and_its_line_is_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(float(second) for second in range(100))
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    window = Window()
    with Bar(window) as bar:
        for done in (0, 500_000_000, 1_000_000_000):
            bar.show(done, 1_000_000_000)
    none, half, full = (line.rstrip() for line in window.getvalue().split("\r")[1:])
    assert none.startswith("░" * WIDTH + "   0%")
    assert half.startswith("█" * (WIDTH // 2) + "░" * (WIDTH // 2) + "  50%  500 MB of 1.0 GB")
    assert half.endswith("left")
    assert full.startswith("█" * WIDTH + " 100%")
    assert "left" not in full
    assert window.getvalue().endswith("\n")


def test_without_a_length_it_says_what_has_come() -> None:
    window = Window()
    with Bar(window) as bar:
        bar.show(2_000_000, 0)
    assert window.getvalue() == "\r2.0 MB\n"


def test_nothing_is_written_where_nobody_sees_it() -> None:
    out = io.StringIO()
    with Bar(out) as bar:
        bar.show(1, 2)
    assert out.getvalue() == ""
