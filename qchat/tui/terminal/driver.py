"""Between Textual and the terminal: what is drawn stands where it should, what is asked is heard.

Textual has no public place for either; all that relies on its inside is here.
"""

import asyncio
import re
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import IO, Any

from textual.driver import Driver as AnyDriver
from textual.message import Message

from qchat.tui.render.ambiguous_width import steadied

if sys.platform == "win32":
    from textual.drivers.windows_driver import WindowsDriver as TextualDriver
else:
    from textual._xterm_parser import XTermParser
    from textual.drivers import linux_driver
    from textual.drivers.linux_driver import LinuxDriver as TextualDriver

QUESTION = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"
"""May I send a kitty picture? What are you? Every terminal answers the second, which is the end."""
HOLD_S = 0.1
"""How long what may be a key or the beginning of a reply waits for what follows."""
LONGEST_KEY = 2
"""Characters of a reply's beginning that may as well be a key: Escape, Alt+[ and Alt+_."""

_REPLY = re.compile(r"\x1b_G[^\x1b]{0,100}\x1b\\|\x1b\[\?[\d;]{1,60}c")
_LAST = re.compile(r"\x1b\[\?[\d;]{1,60}c")
_BEGUN = re.compile(r"\x1b(?:_[^\x1b]{0,100}\x1b?|\[(?:\?[\d;]{0,60})?)?\Z")


class Outlet:
    """The file of a terminal that may vanish: what is written after that is dropped.

    The thread in which Textual writes would end at the error, and the program wait for it forever.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._file.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class BetweenFrames:
    """A file for others who write to the terminal: it comes behind a frame, never into one."""

    def __init__(self, driver: AnyDriver) -> None:
        self._driver = driver

    def write(self, text: str) -> None:
        self._driver.write(text)

    def flush(self) -> None:
        self._driver.flush()


class Driver(TextualDriver):
    """Textual's own, with those two things beside."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._file: Any = Outlet(self._file)
        self._replies = Replies()
        self._answer: asyncio.Future[str] | None = None

    def write(self, data: str) -> None:
        super().write(steadied(data))

    async def pictures(self) -> str:
        """What the terminal says about pictures: its replies, whenever they come.

        Some never answer; on Windows nothing is asked.
        """
        if sys.platform == "win32":
            return ""
        if self._answer is None:
            self._answer = self._replies.expect(asyncio.get_running_loop())
            self.write(QUESTION)
            self.flush()
        return await asyncio.shield(self._answer)

    if sys.platform != "win32":

        def run_input_thread(self) -> None:
            replies = self._replies

            class Parser(XTermParser):
                """Hears what is typed; the replies are none of it."""

                def feed(self, data: str) -> Iterable[Message]:
                    typed = replies.without(data)
                    return super().feed(typed) if typed or not data else ()

                def tick(self) -> Iterable[Message]:
                    held = replies.given_up()
                    return super().feed(held) if held else super().tick()

            linux_driver.XTermParser = Parser  # type: ignore[attr-defined]
            super().run_input_thread()


class Replies:
    """Takes the terminal's replies out of what is typed, however late they come.

    `without` and `given_up` run in another thread.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.expected = False
        self._clock = clock
        self._held = ""
        """What may be the beginning of a reply …"""
        self._held_at = 0.0
        """… and since when."""
        self._heard = ""

    def expect(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[str]:
        """From here on look for replies; they are known when the last one is there."""
        self._heard, self._answer, self._loop = "", loop.create_future(), loop
        self.expected = True
        return self._answer

    def without(self, data: str) -> str:
        """What of the data was typed."""
        if not (self.expected or self._held):
            return data
        data, self._held = self._held + data, ""
        if not self.expected:
            return data
        for reply in _REPLY.findall(data):
            self._heard += reply
            if _LAST.fullmatch(reply):
                self.expected = False
                self._loop.call_soon_threadsafe(self._tell, self._heard)
        data = _REPLY.sub("", data)
        begun = _BEGUN.search(data) if self.expected else None
        if begun is not None:
            data, self._held = data[: begun.start()], begun[0]
            self._held_at = self._clock()
        return data

    def given_up(self) -> str:
        """What was held back and is no reply: a key, or none is expected any more."""
        waits = len(self._held) > LONGEST_KEY or self._clock() - self._held_at < HOLD_S
        if self.expected and waits:
            return ""
        held, self._held = self._held, ""
        return held

    def _tell(self, heard: str) -> None:
        if not self._answer.done():
            self._answer.set_result(heard)
