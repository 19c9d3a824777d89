"""Untrusted text made safe for a terminal: control characters are shown, never obeyed."""

import re

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def sanitize_for_terminal(text: str) -> str:
    """Show control characters and direction overrides as symbols; keep newline and tab.

    Direction marks, joiners and byte order marks stay: Hebrew and Arabic are written with them,
    they take no room, and they make no text look other than it is. Escape becomes `␛`, other C0
    codes their control pictures, the rest `�`.
    """
    return _CONTROL.sub(_picture, text.replace("\r\n", "\n"))


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else "�"
