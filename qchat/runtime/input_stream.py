"""What a terminal sends, before Textual reads it: whole pastes, and keys in one spelling.

Textual's parser loses what follows an escape code in a paste, types the rest of it as keys (an
Enter among them sends half of the text), and stops the program at spellings it does not know.
"""

import re
import time
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

PASTE_BEGINS = "\x1b[200~"
PASTE_ENDS = "\x1b[201~"
HOLD_S = 0.1
"""How long what may be a key of its own, or the beginning of a longer one, waits for the rest."""
MAX_SILENCE_S = 5.0
"""A paste whose end never came is over after that: a terminal that died must not take the keys."""
BURST_S = 0.05
"""What comes within this time of text that was pasted without brackets belongs to it."""
MIN_BURST_CHARACTERS = 256
MIN_BURST_LINE_ENDS = 2
"""Nobody types so much between two reads of the terminal: it was pasted, and no Enter is meant."""
ENTER = ("\r", "\n", "")

_LINE_END = re.compile(r"\r\n?|\n")
_KEY = re.compile(
    r"(\x1b(?!\[[\d;:]*m)(?:[_P\]^X][^\x1b\a]{0,200}(?:\x1b\\|\a)|\[[0-?]*[ -/]*[@-~]|O.|\Z|.)"
    r"|[\x00-\x08\v\f\x0e-\x1a\x1c-\x1f\x7f])",
    re.DOTALL,
)
"""A key that is no letter, tab or end of a line, or a reply: that it is wherever it comes, beside
text too. A colour is none: no terminal sends one by itself, it is text that was copied."""
_BEGUN = re.compile(r"\x1b(?:O|\[[\d;:<>?]{0,40})?\Z")
_MODIFY_OTHER_KEYS = re.compile(r"\x1b\[27;(\d{1,3});(\d{1,7})~")
_KITTY = re.compile(
    r"\x1b\[(\d{0,7})(?::[\d:]*)?(?:;(\d{0,3})(?::(\d?))?)?(?:;([\d:]*))?([u~A-HPQS])"
)
_BREAKS = re.compile(r"\x1b[\r\n]")
ALT_ENTER = "\x1b[13;3u"
SHIFT = 2
RELEASED = "3"


class Pasted(NamedTuple):
    """Text that was pasted; every line ends in a line feed, all else is as it came."""

    text: str


class InputStream:
    """Cuts what was read into keys (text that Textual's parser understands) and pastes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds."""
        self._clock = clock
        self._held = ""
        """The end of what was read, as long as it may be the beginning of something."""
        self._paste: list[str] | None = None
        """The paste that goes on."""
        self._burst: list[str] = []
        """Text that was pasted by a terminal that does not say so."""
        self._read_at = clock()

    def feed(self, data: str, *, waited: bool = False) -> Iterator[str | Pasted]:
        """Take what was read, however it was cut; gives what is complete.

        What has `waited` while nobody read came over a while: lines of it may have been typed one
        by one, so that only its brackets tell a paste.
        """
        now, before = self._clock(), self._read_at
        self._read_at = now
        if self._burst and now - before > BURST_S:
            yield self._end_burst()
        data, self._held = self._held + data, ""
        while data:
            if self._paste is None:
                keys, begins, data = data.partition(PASTE_BEGINS)
                yield from self._keys(keys, last=not begins, waited=waited)
                self._paste = [] if begins else None
            else:
                pasted, data = self._read_paste(data, self._paste)
                yield from pasted

    def silent(self) -> Iterator[str | Pasted]:
        """Nothing has come for a moment: gives what was held back for what might have followed."""
        since = self._clock() - self._read_at
        if self._burst and since > BURST_S:
            yield self._end_burst()
        if self._paste is not None and since > MAX_SILENCE_S:
            yield Pasted(_lines("".join(self._paste) + self._held))
            self._paste, self._held = None, ""
        elif self._paste is None and self._held and since >= HOLD_S:
            held, self._held = self._held, ""
            yield held

    def _read_paste(self, data: str, begun: list[str]) -> tuple[list[Pasted], str]:
        """Take the paste's own text; gives the paste when it is whole, and what follows it."""
        end = _paste_end(data)
        if end < 0:
            kept = _overlap(data, PASTE_ENDS)
            begun.append(data[: len(data) - kept])
            self._held = data[len(data) - kept :]
            return [], ""
        self._paste = None
        return [Pasted(_lines("".join([*begun, data[:end]])))], data[end + len(PASTE_ENDS) :]

    def _keys(self, data: str, *, last: bool, waited: bool) -> Iterator[str | Pasted]:
        if last and (begun := _BEGUN.search(data)):
            data, self._held = data[: begun.start()], begun[0]
        keys = ""
        for number, part in enumerate(_KEY.split(data)):
            begins = not waited and _is_burst(part)
            if number % 2 == 0 and (begins or (self._burst and part not in ENTER)):
                yield from _written(normalized(keys))
                keys = ""
                self._burst.append(part)
                continue
            if part and self._burst:
                yield self._end_burst()
            keys += part
        yield from _written(normalized(keys))

    def _end_burst(self) -> Pasted:
        text, self._burst = "".join(self._burst), []
        return Pasted(_lines(text))


def normalized(keys: str) -> str:
    """The same keys in the spellings that Textual's parser knows.

    xterm's modifyOtherKeys becomes kitty's form; of kitty's, the parts that Textual stops at
    (alternate keys, kinds of events) go, releases too, and text that comes with a key is that text.
    """
    keys = _MODIFY_OTHER_KEYS.sub("\x1b[\\2;\\1u", keys.replace(PASTE_ENDS, ""))
    return _BREAKS.sub(ALT_ENTER, _KITTY.sub(_kitty, keys)).replace("\x1bOM", "\r")


def _kitty(match: re.Match[str]) -> str:
    code, modifiers, kind, text, final = match.groups("")
    if kind == RELEASED:
        return ""
    if final != "u":
        return f"\x1b[{code}{f';{modifiers}' if modifiers else ''}{final}"
    held = int(modifiers or 1)
    if text and held <= SHIFT and (typed := _characters(text)):
        return typed
    if held == SHIFT and (typed := _characters(code)):
        return typed.upper()
    return f"\x1b[{code}{f';{modifiers}' if modifiers else ''}u"


def _characters(codes: str) -> str:
    """Letters by their numbers; empty where one of them is none that is written."""
    numbers = [int(code) for code in codes.split(":") if code]
    if any(number > 0x10FFFF or 0xD800 <= number < 0xE000 for number in numbers):
        return ""
    text = "".join(map(chr, numbers))
    return text if text.isprintable() and not any(map(_is_private, text)) else ""


def _is_private(character: str) -> bool:
    """Kitty numbers keys without a letter (arrows, volume …) in Unicode's private area."""
    return 0xE000 <= ord(character) <= 0xF8FF


def _lines(text: str) -> str:
    """Terminals send a carriage return for the end of a line, tmux too; some both."""
    return _LINE_END.sub("\n", text)


def _is_burst(data: str) -> bool:
    """Whether several lines came in one breath."""
    inner = len(_LINE_END.findall(data.rstrip("\r\n")))
    return inner >= MIN_BURST_LINE_ENDS or (inner > 0 and len(data) >= MIN_BURST_CHARACTERS)


def _written(keys: str) -> Iterator[str | Pasted]:
    """Keys, and as pastes what is put in at once: a long line, and text that is no key to Textual.

    An Enter behind a line is one.
    """
    line = keys.rstrip("\r\n")
    begin = len(line) if len(line) >= MIN_BURST_CHARACTERS and line.isprintable() else 0
    if begin:
        yield Pasted(line)
    for at in range(begin, len(keys)):
        if _is_no_key(keys[at]) and keys[at - 1 : at] != "\x1b":
            if begin < at:
                yield keys[begin:at]
            yield Pasted(keys[at])
            begin = at + 1
    if begin < len(keys):
        yield keys[begin:]


def _is_no_key(character: str) -> bool:
    """Whether Textual drops it when it is typed: it takes for text only what has ink.

    So it loses the wide space of Chinese keyboards, that of French ones, joiners and marks.
    """
    return not (character.isascii() or character.isprintable()) and (
        unicodedata.category(character) not in ("Cc", "Cs")
    )


def _paste_end(data: str) -> int:
    """Where the paste's end begins; -1 without one.

    An end that another one follows, with no beginning between, was copied along: the last counts.
    """
    begins = data.find(PASTE_BEGINS, data.find(PASTE_ENDS))
    return data.rfind(PASTE_ENDS, 0, begins if begins >= 0 else len(data))


def _overlap(data: str, sequence: str) -> int:
    """How many characters at the end of the data may be the beginning of the sequence."""
    return next((n for n in range(len(sequence) - 1, 0, -1) if data.endswith(sequence[:n])), 0)
