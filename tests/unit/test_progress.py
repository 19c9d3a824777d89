"""The bar of something long: for people, and for nobody else."""

import io

from qchat.admin.progress import progress


class Window(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_says_how_much_has_come() -> None:
    window = Window()
    with progress(window, "bytes") as show:
        for done in (0, 500_000_000, 1_000_000_000):
            show(done, 1_000_000_000)
    assert "100%" in window.getvalue()
    assert "1.0/1.0 GB" in window.getvalue()
    window = Window()
    with progress(window, "memories") as show:
        show(3, 3)
    assert "3/3" in window.getvalue()


def test_without_a_length_it_says_what_has_come() -> None:
    window = Window()
    with progress(window, "bytes") as show:
        show(2_000_000, 0)
    assert "2.0 MB" in window.getvalue() or "2.0/?" in window.getvalue()


def test_nothing_is_written_where_nobody_sees_it_or_nothing_was_done() -> None:
    out, window = io.StringIO(), Window()
    with progress(out, "bytes") as show:
        show(1, 2)
    with progress(window, "bytes"):
        pass
    assert (out.getvalue(), window.getvalue()) == ("", "")
