"""The world's letters in real terminals: edges stay whole, the caret where it belongs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from qchat.protocol.events import Text, TurnFinished
from tests.emulator import Emulator, keep_talk
from tests.terminal import Terminal, needs_tmux

READY = "Ask anything"
WIDTH = 60
WORDS = {
    "你好，世界": 10,
    "日本語の文章": 12,
    "한국어 문장": 11,
    "e\u0301te\u0301 combining": 13,
    "שלום עולם": 9,
    "مرحبا بالعالم": 13,
    "👩‍👩‍👧 family": 9,
    "👍🏽 tone": 7,
    "🇩🇪 flag": 7,
    "❤️ heart": 8,
    "1️⃣ key": 6,
    "🏳️‍🌈 rainbow": 10,
}
"""Texts and the cells that they take."""
ANSWER = (
    "| text | end |\n|---|---|\n"
    + "".join(f"| {word} | here |\n" for word in WORDS)
    + "\n\nIn all: "
    + " ".join(WORDS)
    + "\n\n> "
    + " ".join(WORDS)
)


@pytest.fixture
def talk(tmp_path: Path) -> str:
    return keep_talk(tmp_path, ("，".join(WORDS), [Text(ANSWER), TurnFinished("stop")]))


@pytest.fixture
def emulator(tmp_path: Path, talk: str) -> Iterator[Emulator]:
    """It counts each part of a joined letter by itself, as old terminals do."""
    terminal = Emulator(tmp_path, ("--resume", talk), size=(WIDTH, 50))
    yield terminal
    terminal.close()


@pytest.fixture
def window(tmp_path: Path, talk: str) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path, WIDTH, 50)
    terminal.run("--resume", talk)
    yield terminal
    terminal.close()


def test_an_answer_keeps_its_columns_and_edges(emulator: Emulator) -> None:
    emulator.wait_for(READY, "In all")
    emulator.wait_until(lambda: len(_ends(emulator)) == len(WORDS))
    assert len(set(_ends(emulator))) == 1, "the second column is straight"
    _assert_edges_whole(emulator)
    emulator.press("F2")
    emulator.wait_for("Sessions")
    emulator.press("F2")
    emulator.wait_for("Sessions", absent=True)
    emulator.wait_until(lambda: len(_ends(emulator)) == len(WORDS))
    assert len(set(_ends(emulator))) == 1
    _assert_edges_whole(emulator)


def _assert_edges_whole(emulator: Emulator) -> None:
    """The edge is a ground without a letter, so that a terminal's own selection has none of it."""
    lines = emulator.lines
    above = range(next(y for y, line in enumerate(lines) if READY in line))
    column = emulator.column(1)
    assert {column[y] for y in above} == {" "}, "no letter runs into the edge"
    grounds = [emulator.screen.buffer[y][1].bg for y in above]
    first = next(y for y in above if lines[y])
    after = next(y for y in above if y > first and not lines[y])
    assert after - first > 1, "a prompt of several lines"
    edge = grounds[first]
    assert edge not in {grounds[after], emulator.screen.buffer[first][2].bg}
    assert [y for y in above if grounds[y] == edge] == list(range(first, after))


def _ends(emulator: Emulator) -> list[int]:
    """Where the second column of the table begins, in each of its rows."""
    return [row.index("here") for row in emulator.lines_as_cells if "here" in row]


def test_the_caret_stands_behind_what_was_typed(emulator: Emulator) -> None:
    emulator.wait_for(READY, "gone · gone")
    line = next(y for y, row in enumerate(emulator.lines) if READY in row)
    left, switch = (emulator.lines_as_cells[line].index(word) for word in (READY, "think"))
    for word, cells in WORDS.items():
        emulator.type(word)
        emulator.wait_until(lambda cells=cells: emulator.caret == left + cells)
        emulator.type("x")
        emulator.wait_until(lambda cells=cells: emulator.caret == left + cells + 1)
        emulator.wait_until(lambda cells=cells: emulator.lines_as_cells[line][left + cells] == "x")
        emulator.wait_until(lambda: emulator.lines_as_cells[line].index("think") == switch)
        emulator.press("C-u")
        emulator.wait_for(READY)


@needs_tmux
def test_in_tmux_too(window: Terminal) -> None:
    window.wait_for(READY, "here", "In all")
    assert window.screen.count("here") == len(WORDS)
    left = next(row.index(READY) for row in window.screen.splitlines() if READY in row)
    for word, cells in {**WORDS, "नमस्ते": 4}.items():  # pyte drops what follows such a vowel
        window.type(word, enter=False)
        window.until(lambda _screen, cells=cells: _caret(window) == left + cells)
        window.until(lambda screen: screen.splitlines()[-2].rstrip().endswith(" think"))
        window.press("C-u")
        window.wait_for(READY)


def _caret(window: Terminal) -> int:
    return int(window.tmux("display-message", "-p", "#{cursor_x}"))
