"""Themes, one TOML file each: those that ship, and the user's own in a folder of his."""

import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

_FIRST = Path(__file__).with_name("qchat-dark.toml")


class Theme(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The colours of one theme, as `#rrggbb`; `pygments` names the style for code."""

    name: str
    dark: bool
    background: str
    surface: str
    panel: str
    foreground: str
    dim: str
    strong: str
    primary: str
    secondary: str
    accent: str
    code: str
    success: str
    warning: str
    error: str
    pygments: str


def load_themes(own: Path) -> tuple[dict[str, Theme], list[str]]:
    """Read all themes by name; one of the user's takes the place of a shipped one.

    Gives back a line for each file that cannot be used as well; it is left out.
    """
    themes: dict[str, Theme] = {}
    problems: list[str] = []
    for file in (*_files(Path(__file__).parent), *_files(own)):
        try:
            theme = _read(file)
        except (OSError, ValueError) as error:
            problems.append(f"the theme {file} is left out: {error}")
        else:
            themes[theme.name] = theme
    return themes, problems


def find_theme(name: str, own: Path) -> Theme | None:
    """One theme alone, by the same rules: reading all of them takes a start some milliseconds."""
    found = None
    for file in (Path(__file__).with_name(f"{Path(name).name}.toml"), *_files(own)):
        with suppress(OSError, ValueError):
            theme = _read(file)
            found = theme if theme.name == name else found
    return found


def shipped() -> Theme:
    """The theme of whoever has chosen none."""
    return _read(_FIRST)


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("*.toml"))


def _read(file: Path) -> Theme:
    """Decode one file. Raises ValueError (also for TOML and msgspec) or OSError."""
    theme = msgspec.convert(tomllib.loads(file.read_text("utf-8")), Theme)
    for field in msgspec.structs.fields(Theme):
        value = getattr(theme, field.name)
        if field.name not in ("name", "dark", "pygments") and not _is_colour(value):
            raise ValueError(f"{field.name} = {value!r} is no colour like #1a2b3c")
    return theme


def _is_colour(text: str) -> bool:
    digits = text.removeprefix("#")
    return text.startswith("#") and len(digits) == 6 and _is_hex(digits)


def _is_hex(digits: str) -> bool:
    try:
        int(digits, 16)
    except ValueError:
        return False
    return True
