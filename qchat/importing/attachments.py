"""Files beside the conversations of an export: pictures above all, kept as qchat keeps its own."""

import base64
import binascii
import io
import warnings
from pathlib import Path, PurePosixPath

from qchat.importing.archive import Archive
from qchat.importing.normalizing import call, result
from qchat.importing.records import BrokenEntryError
from qchat.protocol.events import Attached, Event
from qchat_tools.files import keep, picture_kind
from qchat_tools.parts import FilePart, ImagePart, Part, TextPart

MAX_PICTURE = 64 << 20
MAX_TEXT = 256 << 10
MAX_PIXELS = 60_000_000
WENT_ALONG = "attachment"
"""The name of the call that stands for files which went along with a prompt."""


class Beside:
    """Finds files of an export by what conversations call them, and keeps them."""

    def __init__(self, archive: Archive, files_dir: Path) -> None:
        self._archive = archive
        self._files_dir = files_dir

    def part(self, beginning: str, name: str = "") -> Part:
        """The file whose name begins so, or a word that it is missing."""
        found = self._archive.find(beginning)
        shown = name or beginning
        if found is None:
            return missing(shown)
        try:
            data = self._archive.read(found, MAX_PICTURE)
        except BrokenEntryError as error:
            return TextPart(f"[file {shown} {error}]")
        return self.kept(data, name or PurePosixPath(found).name)

    def inline(self, url: str, name: str = "picture") -> Part:
        """A picture that stands in the text as a data URL."""
        head, _, body = url.partition(",")
        if not head.startswith("data:") or "base64" not in head:
            return TextPart(f"[picture: {url[:200]}]")
        try:
            return self.kept(base64.b64decode(body, validate=False), name)
        except (binascii.Error, ValueError):
            return TextPart(f"[picture {name} is damaged]")

    def kept(self, data: bytes, name: str) -> Part:
        """A picture as one that can be shown, anything else as a file."""
        shown = _as_png_or_jpeg(data)
        if shown is not None and (kind := picture_kind(shown)) is not None:
            return ImagePart(keep(shown, self._files_dir), *kind, alt=name)
        return FilePart(name, len(data), keep(data, self._files_dir))

    def along(self, files: list[tuple[str, str]], at: float) -> list[Event]:
        """What went along with a prompt, by beginning and name of each file."""
        events: list[Event] = []
        parts: list[Part] = []
        for beginning, name in files:
            text = self._text(beginning)
            if text is not None:
                events.append(Attached(name or beginning, text, at=at))
            else:
                parts.append(self.part(beginning, name))
        return [*events, *went_along(parts, at)]

    def _text(self, beginning: str) -> str | None:
        """What a text file says; None for any other."""
        found = self._archive.find(beginning)
        if found is None or self._archive.size(found) > MAX_TEXT:
            return None
        try:
            data = self._archive.read(found, MAX_TEXT)
            return None if b"\0" in data else data.decode("utf-8-sig")
        except (BrokenEntryError, UnicodeDecodeError):
            return None


def went_along(parts: list[Part], at: float) -> list[Event]:
    """Files of a prompt as events; none for none."""
    if not parts:
        return []
    return [call(WENT_ALONG, {}, at=at), result(parts, at=at)]


def missing(name: str) -> TextPart:
    """Says that a file is named and not there."""
    return TextPart(f"[file not in the export: {name}]")


def _as_png_or_jpeg(data: bytes) -> bytes | None:
    """The picture as all of qchat's views know it; None for what is none."""
    if picture_kind(data) is not None:
        return data
    if data[:4] not in (b"RIFF", b"GIF8"):
        return None
    from PIL import Image  # noqa: PLC0415  slow to load, and only for such pictures

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data))
            if picture.width * picture.height > MAX_PIXELS:
                return None
            out = io.BytesIO()
            picture.convert("RGBA").save(out, "PNG")
            return out.getvalue()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
