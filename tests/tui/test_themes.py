"""Themes as files."""

from pathlib import Path

import pytest

from qchat.tui.themes import textual_theme
from qchat_themes import load_themes

GOOD = (Path(__file__).parents[2] / "themes/qchat_themes/qchat-dark.toml").read_text("utf-8")


def test_the_shipped_ones_are_whole(tmp_path: Path) -> None:
    themes, problems = load_themes(tmp_path)
    assert problems == []
    assert {"qchat-dark", "qchat-light", "high-contrast", "colour-blind"} <= set(themes)
    for theme in themes.values():
        assert textual_theme(theme).to_color_system()


def test_ones_own_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD.replace("#14161b", "#123456"))
    themes, problems = load_themes(tmp_path)
    assert themes["qchat-dark"].background == "#123456"
    assert problems == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("name = ", "Invalid"),
        ('name = "x"', "missing required field"),
        (GOOD + 'colour = "#ffffff"', "colour"),
        (GOOD.replace("#14161b", "blue"), "background"),
        (GOOD.replace("#14161b", "#xyzxyz"), "background"),
    ],
)
def test_a_broken_one_is_named_and_left_out(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "broken.toml").write_text(text)
    themes, problems = load_themes(tmp_path)
    assert len(problems) == 1
    assert "broken.toml" in problems[0]
    assert named in problems[0]
    assert "qchat-dark" in themes
