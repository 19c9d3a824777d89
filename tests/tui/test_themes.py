"""Themes as files."""

import itertools
from pathlib import Path

import pytest

from qchat.tui.render.themes import textual_theme
from qchat_themes import load_themes
from tests.scripted import ScriptedBackend, says
from tests.tui.conftest import Chats, say, screen, wait_until
from tests.tui.textual_private import strips_of

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


def channels(colour: str) -> list[float]:
    """Linear red, green and blue from 0 to 1 (sRGB)."""
    values = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]


def contrast(first: str, second: str) -> float:
    """WCAG 2's contrast ratio, from 1 to 21."""
    light = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(channels, (first, second))]
    return (max(light) + 0.05) / (min(light) + 0.05)


TEXT = ("foreground", "strong", "dim", "primary", "secondary", "accent", "code")
TEXT += ("success", "warning", "error")
SHIPPED = load_themes(Path("no such folder"))[0]


def test_there_are_enough_of_each_kind() -> None:
    assert len(SHIPPED) >= 8
    assert sum(not theme.dark for theme in SHIPPED.values()) >= 2


@pytest.mark.parametrize("name", SHIPPED)
def test_all_text_can_be_read(name: str) -> None:
    """4.5 is WCAG's bar for text, 7 its higher one."""
    theme = SHIPPED[name]
    bar = 7.0 if "contrast" in name else 4.5
    low = {
        (colour, ground): round(contrast(getattr(theme, colour), getattr(theme, ground)), 2)
        for colour in TEXT
        for ground in ("background", "surface")
        if contrast(getattr(theme, colour), getattr(theme, ground)) < bar
    }
    assert low == {}


# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
SEEN_BY = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
               (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
               (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
               (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def seen(colour: str, by: str) -> list[float]:
    """A colour as somebody without one kind of cone sees it."""
    rgb = channels(colour)
    return [sum(a * b for a, b in zip(row, rgb, strict=True)) for row in SEEN_BY[by]]


@pytest.mark.parametrize("by", SEEN_BY)
def test_good_warning_and_bad_differ_for_colour_blind_readers(by: str) -> None:
    theme = SHIPPED["colour-blind"]
    for first, second in itertools.combinations((theme.success, theme.warning, theme.error), 2):
        apart = sum(abs(a - b) for a, b in zip(seen(first, by), seen(second, by), strict=True))
        assert apart > 0.35, (first, second)


async def test_a_theme_is_seen_before_it_is_taken(chats: Chats) -> None:
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await say(pilot, "/theme")
        await wait_until(pilot, lambda: "midnight" in screen(pilot))
        assert pilot.app.theme == "qchat-dark"
        await pilot.press("home")
        await wait_until(pilot, lambda: pilot.app.theme == "colour-blind")
        await pilot.press("escape")
        await wait_until(pilot, lambda: pilot.app.theme == "qchat-dark")
        assert chats.paths.config_file.read_text() == ""
        chats.paths.config_file.write_text("# mine\nthink = false  # no\n")
        await say(pilot, "/theme paper")
        await wait_until(pilot, lambda: pilot.app.theme == "paper")
    text = chats.paths.config_file.read_text()
    assert text.startswith("# mine\nthink = false  # no\n")
    assert 'theme = "paper"' in text


async def test_a_broken_theme_is_named_where_one_chooses(chats: Chats) -> None:
    chats.paths.themes_dir.mkdir(parents=True)
    (chats.paths.themes_dir / "mine.toml").write_text(GOOD.replace("#14161b", "sky"))
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        await wait_until(pilot, lambda: "'sky' is no colour" in screen(pilot))
        assert "mine.toml" in "".join(screen(pilot).split())  # a long path goes on in the next line
        await say(pilot, "/theme nope")
        await wait_until(pilot, lambda: "Unknown theme 'nope'" in screen(pilot))


async def test_the_prompt_has_the_colours_of_now(chats: Chats) -> None:
    """They are looked up when something has changed them, and not for each key."""
    async with chats.chat(ScriptedBackend(says("ok"))) as pilot:
        prompt = pilot.app.layout.prompt
        prompt.cursor_blink = False
        await say(pilot, "first")
        for name in ("qchat-light", "high-contrast", "qchat-dark"):
            pilot.app.theme = name
            for key, part in (("x", ""), ("left", "cursor"), ("shift+right", "selection")):
                await pilot.press(key)
                line = strips_of(pilot.app)[prompt.content_region.y]
                typed = next(some.style for some in line if some.text.startswith("x"))
                wanted = prompt.rich_style
                if part:
                    wanted = prompt.get_component_rich_style(f"text-area--{part}")
                assert typed is not None
                assert typed.bgcolor == wanted.bgcolor, (name, key)
