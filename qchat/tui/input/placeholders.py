"""Characters that a text field can neither hold nor show, each under a letter that stands for it.

A control character that is drawn as it is would be obeyed by the terminal, and Textual's document
takes some for the end of a line. While one writes, each of them is a letter of Unicode's last
private area, which nobody uses; what is sent, kept or copied has the character itself.
"""

from collections.abc import Iterable, Mapping

from qchat.runtime.sanitize import sanitize_for_terminal

FIRST = 0x10F000
SEPARATORS = (0x2028, 0x2029)
"""Line and paragraph separator: the end of a line to Textual's document."""
OVERRIDES = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""They make text look other than it is. Marks, joiners and byte order marks do no such thing."""


def _codes() -> Iterable[int]:
    yield from (code for code in range(0x20) if chr(code) not in "\t\n")
    yield from range(0x7F, 0xA0)
    yield from SEPARATORS
    yield from OVERRIDES


_HELD: Mapping[int, int] = {code: FIRST + number for number, code in enumerate(_codes())}
_MEANT: Mapping[int, int] = {letter: code for code, letter in _HELD.items()}
_DRAWN: Mapping[int, str] = {
    letter: "↵" if code in SEPARATORS else sanitize_for_terminal(chr(code))
    for code, letter in _HELD.items()
}


def held(text: str) -> str:
    """The text as a field holds it: as many characters, each with a place of its own."""
    return text.translate(_HELD)


def meant(text: str) -> str:
    """What a field's text says; the inverse of `held`."""
    return text.translate(_MEANT)


def drawn(text: str) -> str:
    """What a field shows for its text: a picture for each character that would be obeyed."""
    return text.translate(_DRAWN)
