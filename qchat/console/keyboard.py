"""Keys with modifiers at a plain prompt: terminals say Shift+Enter only to programs that ask."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from string import ascii_lowercase

from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.output import Output

from qchat.console.typeahead import PLAIN_TERMINALS

ON, OFF = "\x1b[>1u\x1b[>4;1m\x1b[m", "\x1b[<u\x1b[>4;0m\x1b[m"
"""Kitty's keyboard protocol, and xterm's modifyOtherKeys for terminals and tmux without it."""
SHIFT, ALT, CTRL = 2, 3, 5
ENTER, TAB, ESCAPE, BACKSPACE = 13, 9, 27, 127
NEW_LINE = (Keys.Escape, Keys.ControlM)
"""What Alt+Enter is to prompt_toolkit."""


def teach() -> None:
    """Let prompt_toolkit know the spellings that come while `asked` is in force."""
    known: dict[tuple[int, int], Keys | tuple[Keys | str, ...]] = {
        (ENTER, SHIFT): NEW_LINE,
        (ENTER, ALT): NEW_LINE,
        (ENTER, CTRL): NEW_LINE,
        (TAB, SHIFT): Keys.BackTab,
        (ESCAPE, 1): Keys.Escape,
        (BACKSPACE, ALT): (Keys.Escape, Keys.ControlH),
        (BACKSPACE, CTRL): Keys.ControlW,
        (ord(" "), SHIFT): (" ",),
        (ord(" "), CTRL): Keys.ControlAt,
    }
    for letter in ascii_lowercase:
        known[ord(letter), CTRL] = Keys(f"c-{letter}")
        known[ord(letter), ALT] = (Keys.Escape, letter)
    for (code, modifiers), keys in known.items():
        for spelling in (f"\x1b[{code};{modifiers}u", f"\x1b[27;{modifiers};{code}~"):
            ANSI_SEQUENCES[spelling] = keys  # type: ignore[assignment]  # letters are fine too
    ANSI_SEQUENCES["\x1b[27u"] = Keys.Escape


def take_colours_as_text(bindings: KeyBindings) -> None:
    """A colour's code that was pasted without brackets looks to prompt_toolkit like a mouse."""

    @bindings.add(Keys.Vt100MouseEvent)
    def _insert(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(event.data)


@contextmanager
def asked(output: Output) -> Iterator[None]:
    """While this lasts the terminal tells such keys apart.

    Only while a prompt is open: Ctrl+C must stay a signal where a turn runs.
    """
    plain = os.environ.get("TERM", "") in PLAIN_TERMINALS
    if not plain:
        output.write_raw(ON)
        output.flush()
    try:
        yield
    finally:
        if not plain:
            output.write_raw(OFF)
            output.flush()
