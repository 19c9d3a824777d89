"""Between Textual and the terminal: what is drawn stands where it should, what is asked is heard.

Textual has no public place for either; all that relies on its inside is here.
"""

import asyncio
import re
import signal
import sys
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import IO, Any

from textual.driver import Driver as AnyDriver
from textual.events import Key, Paste
from textual.message import Message

from qchat.runtime.input_stream import InputStream, Pasted
from qchat.tui.render.ambiguous_width import with_settled_widths
from qchat.tui.terminal.early_prompt import TAKE_SCREEN, EarlyKeys, how_it_was, take_over
from qchat.tui.terminal.notifications import RESTORE_TITLE, SAVE_TITLE
from qchat.tui.textual_private import TextualDriver, wrap_output

if sys.platform != "win32":
    import os
    import selectors

    from qchat.tui.textual_private import XTermParser

QUESTION = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"
"""May I send a kitty picture? What are you? Every terminal answers the second, which is the end."""
HOLD_S = 0.1
"""How long what may be a key or the beginning of a reply waits for what follows."""
MAX_KEY_CHARACTERS = 2
"""Characters of a reply's beginning that may as well be a key: Escape, Alt+[ and Alt+_."""

MODIFIED_KEYS_ON, MODIFIED_KEYS_OFF = "\x1b[>4;1m\x1b[m", "\x1b[>4;0m\x1b[m"
"""xterm's modifyOtherKeys, by which terminals (and tmux) without kitty's protocol tell Shift+Enter
from Enter. Some take it for colours: those are put back at once."""
READ_BYTES = 64 * 1024
LOOK_EVERY_S = 0.1

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
        wrap_output(self, Outlet)
        self._replies = Replies()
        self._answer: asyncio.Future[str] | None = None
        self._away = False
        """Whether the terminal is another program's: what is drawn meanwhile is drawn anew."""
        self._early: EarlyKeys | None = None
        """What was typed before there was a window."""
        self._told = False
        """Whether the end of the terminal was passed on to the window."""
        self._mine = threading.Event()
        """Set when the keys are for the window: before, the early prompt reads and shows them."""

    def take_keys(self) -> None:
        """The window is about to be drawn: what is typed from here on is typed into it."""
        if not self._mine.is_set():
            self._early = take_over()
            self._mine.set()

    def write(self, data: str) -> None:
        if data == TAKE_SCREEN and how_it_was() is not None:
            return  # it is taken; xterm would clear it, and what was typed would vanish for a while
        if not self._away:
            super().write(with_settled_widths(data))

    def suspend_application_mode(self) -> None:
        super().suspend_application_mode()
        self._away = True

    def resume_application_mode(self) -> None:
        """Take the terminal back after it was given away, and only then.

        A terminal that vanishes sends SIGCONT to programs that never stopped. Textual would start
        its threads a second time, lose the first ones, and wait for them forever when it ends.
        """
        if self._away:
            self._away = False
            super().resume_application_mode()

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

        def start_application_mode(self) -> None:
            super().start_application_mode()  # type: ignore[no-untyped-call]
            if (before := how_it_was()) is not None:
                self.attrs_before = before
            self.write(f"{SAVE_TITLE}{MODIFIED_KEYS_ON}")
            self.flush()

        def stop_application_mode(self) -> None:
            self.take_keys()
            self.write(f"{MODIFIED_KEYS_OFF}{RESTORE_TITLE}")
            super().stop_application_mode()

        def _vanished(self) -> None:
            """The terminal is gone. SIGHUP says so, but not to everyone whom it should reach."""
            if not self.exit_event.wait(LOOK_EVERY_S) and not self._told:
                self._told = True
                os.kill(os.getpid(), signal.SIGHUP)

        def run_input_thread(self) -> None:
            """Read keys until the interface ends. Textual's own loop, with `Keyboard` in it."""
            while not self._mine.wait(LOOK_EVERY_S):
                if self.exit_event.is_set():
                    return
            early, self._early = self._early, None
            keyboard = Keyboard(self._replies, early)
            for message in keyboard.begin():
                self.process_message(message)
            with selectors.SelectSelector() as selector:
                selector.register(self.fileno, selectors.EVENT_READ)
                while not self.exit_event.is_set():
                    data = b""
                    if selector.select(LOOK_EVERY_S):
                        data = os.read(self.fileno, READ_BYTES)
                        if not data:
                            self._vanished()
                    for message in keyboard.read(data):
                        self.process_message(message)


if sys.platform != "win32":

    class Keyboard:
        """Bytes of a terminal in, what was typed and pasted out; nothing that comes ends it."""

        def __init__(self, replies: "Replies", early: EarlyKeys | None = None) -> None:
            """With `early`, what was typed before comes first, and what is half read goes on."""
            self._early = [*early.line.typed] if early is not None else []
            self._decoder = early.decoder if early else getincrementaldecoder("utf-8")("replace")
            self._stream = early.line.stream if early is not None else InputStream()
            self._replies = replies
            self._parser = XTermParser()

        def begin(self) -> Iterable[Message]:
            """What was typed before there was a window."""
            for item in self._early:
                yield from self._messages(item)

        def read(self, data: bytes) -> Iterable[Message]:
            """Take what was read; nothing means that time has passed."""
            text = self._decoder.decode(data)
            for item in self._stream.feed(text) if text else self._stream.silent():
                yield from self._messages(item)
            if not text:
                yield from self._parse(self._replies.given_up())
                yield from self._safe(self._parser.tick)

        def _messages(self, item: str | Pasted) -> Iterable[Message]:
            if isinstance(item, Pasted):
                yield Paste(item.text)
            elif item == "\x1b":
                yield Key("escape", item)
            else:
                yield from self._parse(self._replies.without(item))

        def _parse(self, keys: str) -> Iterable[Message]:
            return self._safe(lambda: self._parser.feed(keys)) if keys else ()

        def _safe(self, parse: Callable[[], Iterable[Message]]) -> Iterable[Message]:
            try:
                yield from parse()
            except (ValueError, OverflowError):  # a sequence that it cannot read
                self._parser = XTermParser()


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
        waits = len(self._held) > MAX_KEY_CHARACTERS or self._clock() - self._held_at < HOLD_S
        if self.expected and waits:
            return ""
        held, self._held = self._held, ""
        return held

    def _tell(self, heard: str) -> None:
        if not self._answer.done():
            self._answer.set_result(heard)
