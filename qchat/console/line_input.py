"""What a plain prompt reads: pastes whole, and keys in the spellings that it knows.

prompt_toolkit takes for a paste only what the terminal marks as one. Some mark none; each line of a
text that was pasted there would be sent by itself.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

from qchat.console.typeahead import READ_BYTES, Typing
from qchat.runtime.input_stream import HOLD_S, InputStream, Pasted

SILENCE_S = 1.5 * HOLD_S
"""After so long without a key, what is held back for what might have followed is given."""


def line_input(typing: Typing) -> Input | None:
    """What to read from; None leaves it to prompt_toolkit."""
    return None if sys.platform == "win32" else LineInput(typing)


if sys.platform != "win32":
    from prompt_toolkit.input.vt100 import Vt100Input

    class LineInput(Vt100Input):
        """Standard input, cut into keys and pastes as for the window."""

        def __init__(self, typing: Typing) -> None:
            super().__init__(sys.stdin)
            self._typing = typing
            self._stream = InputStream()
            self._ahead: list[KeyPress] = []
            """What was typed while nobody was asked."""

        @contextmanager
        def attach(self, input_ready_callback: Callable[[], None]) -> Iterator[None]:
            self._ahead += self._read(waited=True)  # before the prompt is seen
            # Behind what the first drawing begins: without its history, Up would lead nowhere.
            asyncio.get_running_loop().call_later(0, input_ready_callback)
            with super().attach(input_ready_callback):
                yield
            self._typing.mark_pastes()

        def read_keys(self) -> list[KeyPress]:
            ahead, self._ahead = self._ahead, []
            return ahead + self._read(waited=False)

        def _read(self, *, waited: bool) -> list[KeyPress]:
            data = self._typing.take() + self.stdin_reader.read(READ_BYTES)
            return self._pressed(self._stream.feed(data, waited=waited)) if data else []

        def flush_keys(self) -> list[KeyPress]:
            return self._pressed(self._stream.silent()) + super().flush_keys()

        def _pressed(self, items: Iterable[str | Pasted]) -> list[KeyPress]:
            keys: list[KeyPress] = []
            for item in items:
                if isinstance(item, Pasted):
                    keys.append(KeyPress(Keys.BracketedPaste, item.text))
                else:
                    self.vt100_parser.feed(item)
                    keys += self._buffer
                    self._buffer.clear()
            return keys
