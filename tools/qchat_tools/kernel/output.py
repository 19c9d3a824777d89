"""What one run of a kernel gave back: its messages folded into parts, within limits.

The messages are written by whatever code runs in the kernel, so each is checked before it counts.
"""

import asyncio
import re
from pathlib import Path
from typing import Any

import msgspec

from qchat_tools.files import keep
from qchat_tools.kernel.displays import Displayed, displayed, encodable
from qchat_tools.kernel.overflow import Overflow
from qchat_tools.parts import ClearPart, FilePart, ImagePart, Part, RunPart, Stream, TextPart
from qchat_tools.terminal_text import settled
from qchat_tools.wording import error, python_error

MAX_PICTURES = 32
"""Most pictures that are shown at a time."""
MAX_PICTURE_BYTES = 64 * 1024 * 1024
"""Most bytes of pictures in one run, those that were cleared away too."""
MAX_PICTURE_PIXELS = 50_000_000
"""A picture of more is kept and not drawn: decoded it would take a gigabyte."""
LATE = "[printed by earlier code after its run had ended]\n"
_MAX_MESSAGE_CHARACTERS = 4_000
_MAX_TRACEBACK_CHARACTERS = 20_000
_MAX_ID_CHARACTERS = 100

_CELL_FILE = re.compile(r" \(\d+\.py, line \d+\)\Z")  # a made-up name for the cell itself
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_NO_COLOUR = re.compile(r"\x1b(?!\[[0-9;]{0,40}m)")


class _Text(msgspec.Struct):
    """Content of a `stream` message."""

    name: str
    text: str


class _Transient(msgspec.Struct, frozen=True):
    """What belongs to a display and is not kept with it."""

    display_id: str | None = None


class _Display(msgspec.Struct):
    """Content of `execute_result` and `display_data`: one value in several media types."""

    data: dict[str, Any]
    transient: _Transient = _Transient()


class _Raised(msgspec.Struct):
    """Content of an `error` message; `traceback` is coloured text for people."""

    ename: str
    evalue: str
    traceback: list[str]


class _Numbered(msgspec.Struct):
    """Content of `execute_input`: the number of the cell."""

    execution_count: int


class _Clear(msgspec.Struct):
    """Content of `clear_output`; `wait` puts it off until there is something new to show."""

    wait: bool = False


class _State(msgspec.Struct):
    """Content of `status`; "idle" is the last word of a run on the output channel."""

    execution_state: str


class _Payload(msgspec.Struct):
    """What a reply asks the front end for: to show a page, offer code, or end the kernel."""

    source: str
    data: dict[str, Any] = {}
    text: str = ""
    keepkernel: bool | None = None


class _Reply(msgspec.Struct):
    """Content of `execute_reply`, the last word of a run on the shell channel."""

    status: str
    ename: str = ""
    evalue: str = ""
    traceback: list[str] = []
    payload: list[_Payload] = []


class StdinRequest(msgspec.Struct, frozen=True):
    """Content of `input_request`: code waits for a line from the user."""

    prompt: str = ""
    password: bool = False


class Run:
    """One execution: `feed` it the kernel's output and its `reply`, `take` the parts that are new.

    By the protocol a run is over when both have come: the reply, and "idle" on the output channel.
    How long nothing was heard says nothing: code may compute for hours and print no letter.

    `changed` is set when there is something to take or to answer, `ended` when nothing more will
    come. Text that nobody takes is joined, so a slow reader costs no more memory than the limit.
    """

    def __init__(self, code: str, files_dir: Path) -> None:
        self.code = code
        self.changed = asyncio.Event()
        self.ended = asyncio.Event()
        self.question: StdinRequest | None = None
        self.stop_reason = ""
        """Why the run must be stopped, once it must."""
        self.must_kill = False
        """Whether its kernel must go with it."""
        self.idle = False
        """Whether the output channel says that the kernel is done with it."""
        self.late = ""
        """What earlier code has printed since its own run was over; shown with this one."""
        self.exits_kernel = False
        """Whether the code asked for its kernel to end, as `exit()` does."""
        self._lines = code.splitlines()
        self._files_dir = files_dir
        self._number = 0
        self._parts: list[Part] = []
        self._pieces: list[str] = []
        self._stream: Stream = ""
        self._overflow = Overflow(files_dir)
        self._reply: _Reply | None = None
        self._failed = False
        self._unreadable = False
        self._clears = False
        self._pictures = 0
        self._picture_bytes = 0

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

    def reply(self, content: object) -> None:
        """Take the kernel's answer; what it asks the front end for is shown after the output."""
        try:
            self._reply = msgspec.convert(content, _Reply)
        except msgspec.ValidationError:
            self._reply = _Reply("unreadable")
            self.unreadable()
        self._end_when_complete()

    def unreadable(self) -> None:
        """Say once that a message came which cannot be read."""
        if not self._unreadable and not self.ended.is_set():
            self._unreadable = True
            self._add_text("[some output of the kernel could not be read]\n", "stderr")

    def stop(self, why: str, *, kill: bool = False) -> None:
        """Ask for the run to be stopped, by interrupting it or by killing its kernel."""
        self.stop_reason = self.stop_reason or why
        self.must_kill = self.must_kill or kill
        self.changed.set()

    def end(self) -> None:
        """Close the run: its kernel is idle again, or gone."""
        if self.ended.is_set():
            return
        self._close_text()
        self._parts += self._overflow.end()
        self.ended.set()
        self.changed.set()

    def _feed(self, kind: str, content: object) -> None:
        match kind:
            case "stream":
                text = msgspec.convert(content, _Text)
                self._begin_output()
                self._add_text(text.text, "stderr" if text.name == "stderr" else "stdout")
            case "execute_result" | "display_data" | "update_display_data":
                self._begin_output()
                self._display(msgspec.convert(content, _Display))
            case "clear_output":
                self._clears = True
                if not msgspec.convert(content, _Clear).wait:
                    self._begin_output()
            case "error":
                self._begin_output()
                self._raised(msgspec.convert(content, _Raised))
            case "execute_input":
                self._number = msgspec.convert(content, _Numbered).execution_count
                self._add(RunPart(self._number))
                if self.late:
                    self._add_text(LATE, "stderr")
                    self._add_text(self.late, "stdout")
            case "input_request":
                self.question = msgspec.convert(content, StdinRequest)
                self.changed.set()
            case "status":
                if msgspec.convert(content, _State).execution_state == "idle":
                    self.idle = True
                    self._end_when_complete()
            case _:
                pass

    def _end_when_complete(self) -> None:
        if self._reply is None or not self.idle or self.ended.is_set():
            return
        for payload in self._reply.payload:
            self._pay(payload)
        if self._reply.status == "aborted":
            self._add(error("the kernel did not run this code"))
        elif self._reply.status == "error" and not self._failed:
            self._raised(_Raised(self._reply.ename, self._reply.evalue, self._reply.traceback))
        self.end()

    def _pay(self, payload: _Payload) -> None:
        """Show what a pager or a next cell would: the help of `len?`, the text of `%load`."""
        match payload.source:
            case "page":
                text = payload.data.get("text/plain", "")
                self._add_text(text if isinstance(text, str) else "", "result")
            case "set_next_input":
                self._add_text(payload.text, "result")
            case "ask_exit":
                self.exits_kernel = not payload.keepkernel
            case _:
                pass

    def _begin_output(self) -> None:
        if self._clears:
            self._clears = False
            self._add(ClearPart())
            self._overflow.clear()
            self._pictures = 0

    def _add(self, part: Part) -> None:
        self._close_text()
        self._parts.append(part)
        self.changed.set()

    def _add_text(self, text: str, stream: Stream) -> None:
        kept = self._overflow.admit(settled(encodable(text)))
        if self._overflow.flooded:
            self.stop("it printed more than can be kept")
        if stream != self._stream or stream == "result":
            self._close_text()
        if kept:
            self._stream = stream
            self._pieces.append(kept)
            self.changed.set()

    def _close_text(self) -> None:
        """Make one part of one stream's pieces; joining each as it comes would be quadratic."""
        if self._pieces:
            self._parts.append(TextPart(settled("".join(self._pieces)), self._stream))
            self._pieces = []

    def _display(self, display: _Display) -> None:
        found = displayed(display.data)
        id_ = encodable((display.transient.display_id or "")[:_MAX_ID_CHARACTERS])
        if found.picture:
            self._picture(found, id_)
        elif found.table is not None:
            self._overflow.admit(found.table.text)
            self._add(msgspec.structs.replace(found.table, id=id_))
        elif id_:
            self._add(TextPart(self._overflow.admit(found.text), "result", id_))
        else:
            self._add_text(found.text, "result")

    def _picture(self, found: Displayed, id_: str) -> None:
        size = len(found.picture)
        self._picture_bytes += size
        if self._pictures >= MAX_PICTURES or self._picture_bytes > MAX_PICTURE_BYTES:
            self._add_text(f"[a picture of {size} bytes was dropped]\n", "stderr")
            return
        self._pictures += 1
        try:
            sha256 = keep(found.picture, self._files_dir)
        except OSError as error:
            self._add_text(f"[a picture could not be kept: {error}]\n", "stderr")
            return
        if found.file:
            self._add(FilePart(found.file, size, sha256, found.media_type))
        elif found.width * found.height > MAX_PICTURE_PIXELS:
            pixels = f"{found.width} by {found.height}"
            self._add_text(f"[a picture of {pixels} pixels is too large to be drawn]\n", "stderr")
            name = f"picture.{found.media_type.partition('/')[2]}"
            self._add(FilePart(name, size, sha256, found.media_type))
        else:
            form = (found.media_type, found.width, found.height, found.text)
            self._add(ImagePart(sha256, *form, id=id_))

    def _raised(self, raised: _Raised) -> None:
        self._failed = True
        coloured = encodable("\n".join(raised.traceback)[:_MAX_TRACEBACK_CHARACTERS])
        if coloured:
            self._add(TextPart(_NO_COLOUR.sub("␛", coloured), "traceback"))
        at = _line_number(raised.traceback, self._number)
        line = self._lines[at - 1] if 0 < at <= len(self._lines) else ""
        message = _CELL_FILE.sub("", encodable(raised.evalue[:_MAX_MESSAGE_CHARACTERS]))
        self._add(python_error(encodable(raised.ename[:200]), message, at if line else 0, line))


def _line_number(traceback: list[str], cell: int) -> int:
    """Find the innermost line of this cell in IPython's traceback; 0 if it is not in there."""
    text = _ANSI.sub("", "\n".join(traceback))
    found = re.findall(rf"Cell In ?\[{cell}\], line (\d{{1,9}})", text)
    return int(found[-1]) if found else 0
