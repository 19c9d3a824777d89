"""A picture in the conversation, drawn by textual-image: kitty, sixel, or coloured half blocks."""

import asyncio
import io
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Literal, NamedTuple

from rich.text import Text
from textual.driver import Driver as AnyDriver
from textual.geometry import Size
from textual.strip import Strip

from qchat.runtime.language import tr
from qchat.tui.background_work import start
from qchat.tui.blocks.block import Block
from qchat.tui.render.strips import blank, plain, render
from qchat.tui.terminal.driver import BetweenFrames, Driver
from qchat.tui.textual_private import driver_of
from qchat_tools.files import path_of
from qchat_tools.parts import ImagePart, as_text

if TYPE_CHECKING:
    from PIL.Image import Image
    from textual_image.widget._base import Image as ImageWidget

ANSWER_S = 1.0
"""How long a terminal is waited for that was asked; then blocks stand there until it answers."""

Protocol = Literal["kitty", "sixel", "blocks"]

MAX_ROWS = 24
"""Lines that a picture may take."""
MAX_PIXELS = 40_000_000
"""Larger pictures are named, not decoded: a small file may hold an enormous one."""

# Many are known by what they set; others are asked, but not before there is a picture to draw.
_KITTY = {"TERM": ("xterm-kitty", "xterm-ghostty")}
_SIXEL = {
    "TERM": ("foot", "foot-extra", "mlterm", "contour", "yaft-256color"),
    "TERM_PROGRAM": ("WezTerm", "iTerm.app", "mintty", "contour", "rio"),
}


class Cell(NamedTuple):
    """Pixels of one character."""

    width: int = 10
    height: int = 20


def protocol(wanted: str = "auto", environ: Mapping[str, str] = os.environ) -> Protocol | None:
    """How this terminal takes pictures, None if it must be asked.

    Inside tmux and screen only half blocks come through.
    """
    match wanted:
        case "kitty" | "sixel" | "blocks":
            return wanted
        case _ if "TMUX" in environ or "STY" in environ:
            return "blocks"
        case _ if "KITTY_WINDOW_ID" in environ or _any_of(_KITTY, environ):
            return "kitty"
        case _ if "KONSOLE_VERSION" in environ or _any_of(_SIXEL, environ):
            return "sixel"
        case _:
            return None


def answered(reply: str) -> Protocol:
    """How a terminal takes pictures that answered so.

    Its attributes name sixel as 4. Of those with both, none knows the kitty pictures that stand in
    text and scroll with it.
    """
    attributes = re.search(r"\x1b\[\?([\d;]*)c", reply)
    if attributes is not None and "4" in attributes[1].split(";")[1:]:
        return "sixel"
    return "kitty" if ";OK\x1b" in reply else "blocks"


def _any_of(known: Mapping[str, tuple[str, ...]], environ: Mapping[str, str]) -> bool:
    return any(environ.get(name, "") in values for name, values in known.items())


def cells(pixels: Size, width: int, cell: Cell) -> Size:
    """The size in characters: its own, made smaller in proportion to fit `width` and MAX_ROWS."""
    wide, high = max(pixels.width, 1) / cell.width, max(pixels.height, 1) / cell.height
    scale = min(1.0, max(width, 1) / wide, MAX_ROWS / high)
    return Size(max(round(wide * scale), 1), max(round(high * scale), 1))


class PictureBlock(Block):
    """One picture. Where it cannot be drawn, a line says what it is."""

    def __init__(self, part: ImagePart, folder: Path, wanted: str = "auto") -> None:
        """`folder` holds pictures by their hash; `wanted` is a `Protocol`, `auto` or `off`."""
        super().__init__()
        self.add_class("picture")
        self._part = part
        self._folder = folder
        self._wanted = wanted
        self._pixels = Size(part.width, part.height)
        self._problem = tr("pictures are off") if wanted == "off" else ""
        self._picture: ImageWidget | None = None
        self._cell = cell_size()

    @property
    def source(self) -> str:
        """Where the picture lies."""
        return str(path_of(self._part.sha256, self._folder))

    def body(self, width: int) -> list[Strip]:
        if self._problem:
            about = f"{as_text([self._part])} {self._problem}"
            return render(self.app.console, plain(about, self.colours.dim), width)
        return [blank()] * cells(self._pixels, width, self._cell).height

    def title(self) -> Text | None:
        return None

    def on_mount(self) -> None:
        if not self._problem:
            start(self, self._load)

    def on_resize(self) -> None:
        if self._picture is not None:
            size = cells(self._pixels, self.content_size.width, self._cell)
            self._picture.styles.width, self._picture.styles.height = size

    def on_unmount(self) -> None:
        """A kitty terminal keeps what it was sent until it is told that nobody needs it."""
        if self._picture is not None:
            self._picture.image = None

    async def _load(self) -> None:
        try:
            image = await asyncio.to_thread(_decode, path_of(self._part.sha256, self._folder))
        except (OSError, ValueError) as error:
            self._problem = tr("cannot be shown: {error}", error=error)
            self.changed()
            return
        self._pixels = Size(*image.size)
        self.changed()
        how = protocol(self._wanted)
        if how is None:
            try:
                how = answered(await asyncio.wait_for(self._ask(), ANSWER_S))
            except TimeoutError:
                await self._draw("blocks", image)
                how = answered(await self._ask())
                if how == "blocks":
                    return
        await self._draw(how, image)

    async def _draw(self, how: Protocol, image: "Image") -> None:
        before = self._picture
        self._picture = await asyncio.to_thread(_widget, how, image, self._cell)
        driver = driver_of(self.app)
        if how == "kitty" and driver is not None:
            _send_through(driver)
        self.on_resize()
        if before is not None:
            await before.remove()
        await self.mount(self._picture)

    async def _ask(self) -> str:
        driver = driver_of(self.app)
        return await driver.pictures() if isinstance(driver, Driver) else ""


def _decode(path: Path) -> "Image":
    """Read a picture. Raises OSError or ValueError for one that is missing, broken or too large."""
    from PIL import Image  # noqa: PLC0415  slow to load

    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(
                    tr(
                        "{width} by {height} pixels are too many",
                        width=image.width,
                        height=image.height,
                    )
                )
            return image.convert("RGBA")
    except FileNotFoundError:
        raise FileNotFoundError(tr("its file is gone")) from None
    except (Image.DecompressionBombError, SyntaxError) as error:  # Pillow raises both
        raise ValueError(str(error)) from error


def _widget(how: Protocol, image: "Image", cell: Cell) -> "ImageWidget":
    """Import textual-image so that it asks the terminal nothing, since Textual listens there."""
    stdout, kept = sys.__stdout__, dict(os.environ)
    vars(sys)["__stdout__"] = io.StringIO()
    os.environ["TEXTUAL_CELL_WIDTH"] = str(cell.width)
    os.environ["TEXTUAL_CELL_HEIGHT"] = str(cell.height)
    try:
        from textual_image import widget  # noqa: PLC0415  slow to load
    finally:
        vars(sys)["__stdout__"] = stdout
        for name in ("TEXTUAL_CELL_WIDTH", "TEXTUAL_CELL_HEIGHT"):
            os.environ.pop(name)
            os.environ.update({name: kept[name]} if name in kept else {})
    match how:
        case "kitty":
            return widget.TGPImage(image)
        case "sixel":
            return widget.SixelImage(image)
        case "blocks":
            return widget.HalfcellImage(image)


def _send_through(driver: AnyDriver) -> None:
    """Let kitty pictures go the way of the frames, which another thread writes meanwhile.

    textual-image would write to standard output at once: into the middle of a frame.
    """
    from textual_image.renderable import tgp  # noqa: PLC0415  slow to load

    vars(tgp)["sys"] = SimpleNamespace(__stdout__=BetweenFrames(driver))


def cell_size() -> Cell:
    """What the terminal says about its characters; a common size where it says nothing."""
    if sys.platform == "win32":
        return Cell()
    import fcntl  # noqa: PLC0415  not on Windows
    import struct  # noqa: PLC0415
    import termios  # noqa: PLC0415

    try:
        answer = fcntl.ioctl(2, termios.TIOCGWINSZ, bytes(8))
    except OSError:
        return Cell()
    rows, columns, width, height = struct.unpack("HHHH", answer)
    if not (rows and columns and width and height):
        return Cell()
    return Cell(max(width // columns, 1), max(height // rows, 1))
