"""Vim's keys for the prompt: a key and a text in, what becomes of the text out.

It knows nothing of the screen, so that each command is a line in a test.
"""

from typing import Literal

import msgspec

from qchat.tui.input.vim_motions import (
    Motion,
    find,
    first_letter,
    line_end,
    line_start,
    motion,
    text_object,
)

Mode = Literal["insert", "normal", "visual", "visual line"]
Wish = Literal["", "undo", "redo", "up", "down"]
WISHES: dict[str, Wish] = {"u": "undo", "ctrl+r": "redo", "j": "down", "k": "up"}
WISHES |= {"down": "down", "up": "up"}
OPERATORS = "dcy<>"
INDENT = "    "
ALIASES = {"D": "d$", "C": "c$", "Y": "yy", "S": "cc", "s": "cl", "x": "dl", "X": "dh"}
ALIASES |= {"delete": "dl"}


class Edited(msgspec.Struct, frozen=True):
    """What a key did."""

    text: str
    at: int
    """Where the caret stands, in characters."""
    mark: int | None = None
    """Where a selection begins."""
    wish: Wish = ""
    """What only the field itself can do; up and down are by the lines that are seen."""


class Vim:
    """One field's mode, register and half-typed command."""

    def __init__(self) -> None:
        self.mode: Mode = "insert"
        self.register = ""
        self._typed: list[str] = []
        """The command that is not complete yet."""
        self._mark = 0
        self._last_find = ("", "")

    @property
    def pending(self) -> str:
        """What was typed of a command."""
        return "".join(self._typed)

    def key(self, key: str, text: str, at: int) -> Edited | None:
        """Do what a key says; None where it is none of Vim's, and the field takes it.

        Keys are letters, or named as Textual names them.
        """
        if self.mode == "insert":
            return self._insert(key, text, at)
        if key == "escape":
            if not self._typed and self.mode == "normal":
                return None  # stops the turn, as in the other mode
            self._typed, self.mode = [], "normal"
            return Edited(text, _clamped(text, at))
        if len(key) > 1 and key not in NAMED:
            return None
        self._typed.append(key)
        done = self._command(self._typed, text, at)
        if done is not None:
            self._typed = []
            return done
        return Edited(text, at, self._mark if self.mode.startswith("visual") else None)

    def _insert(self, key: str, text: str, at: int) -> Edited | None:
        if key != "escape":
            return None
        self.mode = "normal"
        return Edited(text, max(at - 1, line_start(text, at)))

    def _command(self, typed: list[str], text: str, at: int) -> Edited | None:
        """What the command does, when it is complete; an unknown one does nothing."""
        keys = [*typed]
        count = _count(keys)
        if not keys:
            return None
        key = keys.pop(0)
        if self.mode != "normal" and (done := self._visual(key, text, at)) is not None:
            return done
        if key in ALIASES:
            key, keys = ALIASES[key][0], [*ALIASES[key][1:]]
        if key in OPERATORS and self.mode == "normal":
            return self._operator(key, keys, text, at, count)
        moved = self._motion(key, keys, text, at, count)
        if isinstance(moved, Motion):
            return self._moved(moved.place, text)
        if moved == "more":
            return None
        return self._simple(key, keys, text, at, count or 1)

    # Moving

    def _motion(
        self, key: str, keys: list[str], text: str, at: int, count: int | None
    ) -> Motion | Literal["more", "none"]:
        if key == "g":
            if not keys:
                return "more"
            return (motion("g", text, at, count) if keys[0] == "g" else None) or "none"
        if key in ("f", "F", "t", "T"):
            if not keys:
                return "more"
            self._last_find = (key, keys[0])
            return find(key, keys[0], text, at, count or 1) or "none"
        if key in (";", ",") and self._last_find[0]:
            kind, letter = self._last_find
            kind = kind.swapcase() if key == "," else kind
            return find(kind, letter, text, at, count or 1) or "none"
        return motion(key, text, at, count) or "none"

    def _moved(self, place: int, text: str) -> Edited:
        if self.mode == "normal":
            return Edited(text, _clamped(text, place))
        return Edited(text, min(place, len(text)), self._mark)

    # Operators

    def _operator(
        self, operator: str, keys: list[str], text: str, at: int, count: int | None
    ) -> Edited | None:
        inner = _count(keys)
        times = (count or 1) * (inner or 1) if count or inner else None
        if not keys:
            return None
        key = keys.pop(0)
        if key == operator:
            last = at
            for _ in range((times or 1) - 1):
                last = min(line_end(text, last) + 1, len(text))
            return self._take_lines(operator, text, at, last)
        if key in "ia":
            if not keys:
                return None
            reach = text_object(key == "a", keys[0], text, at)
            return self._take(operator, text, *reach) if reach else Edited(text, at)
        if operator == "c" and key in ("w", "W") and text[at : at + 1].strip():
            key = key.replace("w", "e").replace("W", "E")  # as Vim does
            at_end = text_object(False, "w", text, at)
            if (times or 1) == 1 and key == "e" and at_end and at == at_end[1] - 1:
                return self._take(operator, text, at, at + 1)
        moved = self._motion(key, keys, text, at, times)
        if moved == "more":
            return None
        if not isinstance(moved, Motion):
            return Edited(text, at)
        if moved.linewise:
            return self._take_lines(operator, text, *sorted((at, moved.place)))
        first, last = sorted((at, moved.place))
        if key == "w" and "\n" in text[first:last]:  # the last word of a line: not its end
            last = min(last, max(line_end(text, first), first))
        return self._take(operator, text, first, last + moved.inclusive)

    def _take(self, operator: str, text: str, first: int, last: int) -> Edited:
        if operator in "<>":
            return self._take_lines(operator, text, first, max(last - 1, first))
        self.register = text[first:last] or self.register
        if operator == "y":
            return Edited(text, _clamped(text, first))
        left = text[:first] + text[last:]
        if operator == "c":
            self.mode = "insert"
            return Edited(left, first)
        return Edited(left, _clamped(left, first))

    def _take_lines(self, operator: str, text: str, first: int, last: int) -> Edited:
        start, end = line_start(text, first), line_end(text, last)
        lines = text[start:end]
        if operator in "<>":
            moved = "\n".join(_indented(line, operator) for line in lines.split("\n"))
            text = text[:start] + moved + text[end:]
            return Edited(text, first_letter(text, start))
        self.register = f"{lines}\n"
        if operator == "y":
            return Edited(text, start if first != last else first)
        if operator == "c":
            self.mode = "insert"
            return Edited(text[:start] + text[end:], start)
        whole = end < len(text)
        left = text[:start] + text[end + 1 :] if whole else text[: max(start - 1, 0)]
        return Edited(left, first_letter(left, min(start, len(left))))

    # The rest

    def _simple(self, key: str, keys: list[str], text: str, at: int, times: int) -> Edited | None:
        start, end = line_start(text, at), line_end(text, at)
        inserts = {"i": at, "I": first_letter(text, at), "a": min(at + 1, end), "A": end}
        match key:
            case "i" | "I" | "a" | "A" | "insert":
                self.mode = "insert"
                return Edited(text, inserts.get(key, at))
            case "o":
                self.mode = "insert"
                return Edited(f"{text[:end]}\n{text[end:]}", end + 1)
            case "O":
                self.mode = "insert"
                return Edited(f"{text[:start]}\n{text[start:]}", start)
            case "p" | "P":
                return self._put(key, text, at, times)
            case "r":
                return _replaced(keys, text, at, times)
            case "~":
                last = min(at + times, end)
                text = text[:at] + text[at:last].swapcase() + text[last:]
                return Edited(text, _clamped(text, last))
            case "J":
                return _joined(text, at)
            case "v" | "V":
                self.mode, self._mark = "visual" if key == "v" else "visual line", at
                return Edited(text, at, at)
            case _:
                return Edited(text, at, wish=WISHES.get(key, ""))

    def _put(self, key: str, text: str, at: int, times: int) -> Edited:
        new = self.register * times
        if not new:
            return Edited(text, at)
        if self.register.endswith("\n"):
            place = line_start(text, at) if key == "P" else line_end(text, at)
            new = new if key == "P" else f"\n{new.removesuffix(chr(10))}"
            text = text[:place] + new + text[place:]
            return Edited(text, first_letter(text, place + (key == "p")))
        place = at if key == "P" or not text else min(at + 1, line_end(text, at))
        return Edited(text[:place] + new + text[place:], place + len(new) - 1)

    def _visual(self, key: str, text: str, at: int) -> Edited | None:
        """An operator on what is selected; None for keys that move."""
        first, last = sorted((self._mark, at))
        linewise = self.mode == "visual line"
        operator = {"x": "d", "delete": "d", "s": "c", "p": "p"}.get(key, key)
        if operator in "dcy<>" and len(operator) == 1:
            self.mode = "normal"
            if linewise:
                return self._take_lines(operator, text, first, last)
            return self._take(operator, text, first, min(last + 1, len(text)))
        if key == "~":
            self.mode = "normal"
            text = text[:first] + text[first : last + 1].swapcase() + text[last + 1 :]
            return Edited(text, first)
        if key in ("v", "V"):
            self.mode = "normal"
            return Edited(text, at)
        if key == "o":
            self._mark, at = at, self._mark
            return Edited(text, at, self._mark)
        return None


NAMED = {"left", "right", "up", "down", "home", "end", "space", "backspace", "delete", "ctrl+r"}


def _count(keys: list[str]) -> int | None:
    """Take a number from the front of a command; a 0 that begins one is a motion."""
    digits = ""
    while keys and keys[0].isdecimal() and (digits or keys[0] != "0"):
        digits += keys.pop(0)
    return min(int(digits), 9999) if digits else None


def _clamped(text: str, at: int) -> int:
    """In normal mode the caret stands on a letter, not behind the last one of its line."""
    at = min(max(at, 0), len(text))
    start, end = line_start(text, at), line_end(text, at)
    return max(min(at, end - 1), start)


def _indented(line: str, operator: str) -> str:
    if operator == ">":
        return f"{INDENT}{line}" if line else line
    return line[min(len(INDENT), len(line) - len(line.lstrip(" "))) :]


def _replaced(keys: list[str], text: str, at: int, times: int) -> Edited | None:
    if not keys:
        return None
    letter = {"space": " ", "enter": "\n"}.get(keys[0], keys[0])
    if len(letter) != 1 or at + times > line_end(text, at):
        return Edited(text, at)
    return Edited(text[:at] + letter * times + text[at + times :], at + times - 1)


def _joined(text: str, at: int) -> Edited:
    end = line_end(text, at)
    if end == len(text):
        return Edited(text, at)
    rest = text[end + 1 :]
    return Edited(f"{text[:end].rstrip()} {rest.lstrip(' ')}", len(text[:end].rstrip()))
