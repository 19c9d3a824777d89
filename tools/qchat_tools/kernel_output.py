"""What one run of a kernel gave back: its messages folded into parts, within limits.

The messages are written by whatever code runs in the kernel, so each is checked before it counts.
"""

import asyncio
import base64
import binascii
import re
from pathlib import Path
from typing import Any

import msgspec

from qchat_tools.files import keep, picture_kind
from qchat_tools.parts import ImagePart, Part, Stream, TextPart
from qchat_tools.wording import python_error

TEXT_LIMIT = 1_000_000
"""Most characters of text in one run; the rest is counted and dropped."""
PICTURE_LIMIT = 32
PICTURE_BYTES = 32 * 1024 * 1024
_MESSAGE_CHARACTERS = 4_000
_ALT_CHARACTERS = 200

_CELL_FILE = re.compile(r" \(\d+\.py, line \d+\)\Z")  # a made-up name for the cell itself
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class _Text(msgspec.Struct):
    """Content of a `stream` message."""

    name: str
    text: str


class _Display(msgspec.Struct):
    """Content of `execute_result` and `display_data`: one value in several media types."""

    data: dict[str, Any]


class _Raised(msgspec.Struct):
    """Content of an `error` message; `traceback` is coloured text for people."""

    ename: str
    evalue: str
    traceback: list[str]


class _Numbered(msgspec.Struct):
    """Content of `execute_input`: the number of the cell."""

    execution_count: int


class _State(msgspec.Struct):
    """Content of `status`; "idle" is the last word of a run."""

    execution_state: str


class Run:
    """One execution: `feed` it the kernel's messages, `take` the parts that are new.

    `changed` is set when there is something to take, `ended` when nothing more will come. Text that
    nobody takes is joined, so a slow reader costs no more memory than the limit.
    """

    def __init__(self, code: str, files_dir: Path) -> None:
        self.changed = asyncio.Event()
        self.ended = asyncio.Event()
        self._lines = code.splitlines()
        self._files_dir = files_dir
        self._number = 0
        self._parts: list[Part] = []
        self._pieces: list[str] = []
        self._stream: Stream = ""
        self._characters = 0
        self._dropped = 0
        self._pictures = 0

    def take(self) -> tuple[Part, ...]:
        """Give what came since the last time, joined; clears `changed`."""
        self._close_text()
        parts, self._parts = self._parts, []
        self.changed.clear()
        return tuple(parts)

    def feed(self, kind: str, content: object) -> None:
        """Fold one message in; one of a form that the protocol does not know is passed over."""
        try:
            self._feed(kind, content)
        except msgspec.ValidationError:
            return

    def end(self) -> None:
        """Close the run: its kernel is idle again, or gone."""
        if self.ended.is_set():
            return
        if self._dropped:
            note = f"\n[{self._dropped} more characters of output were dropped]"
            self._add(TextPart(note, "stderr"))
        self.ended.set()
        self.changed.set()

    def _feed(self, kind: str, content: object) -> None:
        match kind:
            case "stream":
                text = msgspec.convert(content, _Text)
                self._add_text(text.text, "stderr" if text.name == "stderr" else "stdout")
            case "execute_result" | "display_data" | "update_display_data":
                self._display(msgspec.convert(content, _Display).data)
            case "error":
                self._add(self._raised(msgspec.convert(content, _Raised)))
            case "execute_input":
                self._number = msgspec.convert(content, _Numbered).execution_count
            case "status":
                if msgspec.convert(content, _State).execution_state == "idle":
                    self.end()
            case _:
                pass

    def _add(self, part: Part) -> None:
        self._close_text()
        self._parts.append(part)
        self.changed.set()

    def _add_text(self, text: str, stream: Stream) -> None:
        room = max(TEXT_LIMIT - self._characters, 0)
        self._characters += len(text)
        self._dropped += max(len(text) - room, 0)
        if stream != self._stream or stream == "result":
            self._close_text()
        if text[:room]:
            self._stream = stream
            self._pieces.append(_encodable(text[:room]))
            self.changed.set()

    def _close_text(self) -> None:
        """Make one part of one stream's pieces; joining each as it comes would be quadratic."""
        if self._pieces:
            self._parts.append(TextPart("".join(self._pieces), self._stream))
            self._pieces = []

    def _display(self, data: dict[str, Any]) -> None:
        plain = data.get("text/plain")
        text = plain if isinstance(plain, str) else ""
        picture = _picture_bytes(data)
        if picture is None:
            self._add_text(text, "result")
        elif self._pictures < PICTURE_LIMIT and len(picture) <= PICTURE_BYTES:
            self._pictures += 1
            self._add(self._kept(picture, _encodable(text[:_ALT_CHARACTERS])))
        else:
            self._add_text(f"[a picture of {len(picture)} bytes was dropped]\n", "stderr")

    def _kept(self, data: bytes, alt: str) -> Part:
        media_type, width, height = picture_kind(data) or ("image/svg+xml", 0, 0)
        try:
            sha256 = keep(data, self._files_dir)
        except OSError as error:
            return TextPart(f"[a picture could not be kept: {error}]\n", "stderr")
        return ImagePart(sha256, media_type, width, height, alt)

    def _raised(self, raised: _Raised) -> TextPart:
        at = _line_number(raised.traceback, self._number)
        line = self._lines[at - 1] if 0 < at <= len(self._lines) else ""
        message = _CELL_FILE.sub("", _encodable(raised.evalue[:_MESSAGE_CHARACTERS]))
        return python_error(_encodable(raised.ename[:200]), message, at if line else 0, line)


def _line_number(traceback: list[str], cell: int) -> int:
    """Find the innermost line of this cell in IPython's traceback; 0 if it is not in there."""
    text = _ANSI.sub("", "\n".join(traceback))
    found = re.findall(rf"Cell In ?\[{cell}\], line (\d{{1,9}})", text)
    return int(found[-1]) if found else 0


def _picture_bytes(data: dict[str, Any]) -> bytes | None:
    """Decode the first picture in a bundle that is what it claims to be."""
    for media_type in ("image/png", "image/jpeg"):
        encoded = data.get(media_type)
        if isinstance(encoded, str):
            try:
                decoded = base64.b64decode(encoded)
            except (binascii.Error, ValueError):
                continue
            if picture_kind(decoded):
                return decoded
    svg = data.get("image/svg+xml")
    return svg.encode("utf-8", "replace") if isinstance(svg, str) else None


def _encodable(text: str) -> str:
    """Replace lone surrogates: Python prints them, but neither a file nor a database takes them."""
    return text.encode("utf-8", "replace").decode()
