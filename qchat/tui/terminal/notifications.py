"""A word to whoever looks elsewhere: in the way that the terminal knows, through tmux too."""

import base64
import os
from collections.abc import Mapping
from typing import Literal

Way = Literal["osc9", "osc777", "osc99", "bell"]
Setting = Literal["auto", "osc9", "osc777", "osc99", "bell", "off"]

BELL = "\x07"
MAX_CHARACTERS = 200
_OSC_99 = ("kitty", "foot")
_OSC_777 = ("ghostty", "rxvt", "wezterm", "vte", "konsole", "contour", "warp")
_OSC_9 = ("iterm", "windows terminal", "conemu", "mintty", "rio", "tabby")


def way(environment: Mapping[str, str] = os.environ) -> Way:
    """The way that fits the terminal, as far as its variables tell; a bell is understood by all."""
    says = " ".join(
        environment.get(name, "") for name in ("TERM", "TERM_PROGRAM", "LC_TERMINAL")
    ).lower()
    variables = {
        "KITTY_WINDOW_ID": "kitty",
        "VTE_VERSION": "vte",
        "KONSOLE_VERSION": "konsole",
        "WT_SESSION": "windows terminal",
        "ConEmuPID": "conemu",
        "ITERM_SESSION_ID": "iterm",
        "WEZTERM_PANE": "wezterm",
        "GHOSTTY_RESOURCES_DIR": "ghostty",
    }
    says += " ".join(f" {name}" for key, name in variables.items() if environment.get(key))
    ways: tuple[tuple[Way, tuple[str, ...]], ...] = (
        ("osc99", _OSC_99),
        ("osc777", _OSC_777),
        ("osc9", _OSC_9),
    )
    return next((one for one, names in ways if any(name in says for name in names)), "bell")


def notification(
    title: str, text: str, setting: Setting, environment: Mapping[str, str] = os.environ
) -> str:
    """What to write to the terminal; empty where nothing is wanted.

    In tmux the bell comes besides: tmux hands the rest on only where `allow-passthrough` is set,
    and marks the window by the bell.
    """
    if setting == "off":
        return ""
    chosen = way(environment) if setting == "auto" else setting
    head, body = _plain(title), _plain(text)
    match chosen:
        case "osc99":
            encoded = base64.b64encode(f"{head}: {body}".encode()).decode()
            sequence = f"\x1b]99;i=qchat:e=1;{encoded}\x1b\\"
        case "osc777":
            sequence = f"\x1b]777;notify;{head.replace(';', ',')};{body.replace(';', ',')}\x1b\\"
        case "osc9":
            sequence = f"\x1b]9;{head}: {body}\x1b\\"
        case "bell":
            return BELL
    return f"{passed_on(sequence, environment)}{BELL if _in_tmux(environment) else ''}"


def window_title(text: str) -> str:
    """What sets the title of the terminal's window; tmux takes it for that of its pane."""
    return f"\x1b]2;{_plain(text)}\x1b\\"


SAVE_TITLE, RESTORE_TITLE = "\x1b[22;2t", "\x1b[23;2t"


def passed_on(sequence: str, environment: Mapping[str, str] = os.environ) -> str:
    """The sequence as tmux or screen hand it to the terminal that they run in."""
    if _in_tmux(environment):
        return f"\x1bPtmux;{sequence.replace(chr(0x1B), chr(0x1B) * 2)}\x1b\\"
    if environment.get("STY"):
        return f"\x1bP{sequence.removesuffix(chr(0x1B) + chr(0x5C))}\x07\x1b\\"
    return sequence


def _in_tmux(environment: Mapping[str, str]) -> bool:
    return bool(environment.get("TMUX"))


def _plain(text: str) -> str:
    """One line without anything that could end or be a sequence."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:MAX_CHARACTERS]
