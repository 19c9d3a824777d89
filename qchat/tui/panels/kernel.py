"""The session's Python: its variables and the files of its folder."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key

from qchat.commands import CommandContext
from qchat.protocol.errors import QchatError
from qchat.runtime.language import tr, verbatim
from qchat.tui.dialogs.screens import Page
from qchat.tui.panels.base import Panel, Row
from qchat_tools.base import ToolError
from qchat_tools.kernel.kernel import Kernel
from qchat_tools.typed_path import typed_path

FILE = "file:"
PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".webp"}
SHOWN_BYTES = 200_000


class KernelPanel(Panel):
    """Lists variables, then files; Enter opens a file."""

    NAME = "kernel"
    EMPTY = "no variables and no files yet"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "", "open"),
        Binding("s", "save", "save out"),
        Binding("p", "put_in", "put in"),
        Binding("i", "interrupt", "interrupt"),
        Binding("x", "restart", "restart"),
    ]

    def __init__(self, place: Callable[[], CommandContext]) -> None:
        super().__init__(place)
        self._restarts = False
        """Whether the last key was the one that restarts."""

    def on_key(self, event: Key) -> None:
        if event.key != "x":
            self._restarts = False

    @property
    def _kernel(self) -> Kernel:
        return self.place().session.toolbox.kernel

    async def rows(self, _query: str) -> Sequence[Row]:
        variables = [
            Row(v.name, f"{v.name}  {v.type} {v.shape}", size(v.size))
            for v in await self._kernel.variables()
        ]
        files = await self._kernel.files()
        return [*variables, *(Row(f"{FILE}{f.name}", f"▤ {f.name}", size(f.size)) for f in files)]

    async def about(self) -> str:
        return await self.place().session.toolbox.kernel_command("")

    async def choose(self, id_: str) -> None:
        if id_.startswith(FILE):
            self.act(self._open(id_.removeprefix(FILE)))

    def action_restart(self) -> None:
        """Only when pressed twice in a row: no key brings the variables back."""
        if not self._restarts:
            self._restarts = True
            self.notify(tr("x once more restarts the kernel: its variables are gone then"))
            return
        self._restarts = False
        self.act(self.place().session.toolbox.kernel_command("restart"))

    def action_interrupt(self) -> None:
        self.act(self.place().session.toolbox.kernel_command("interrupt"))

    def action_save(self) -> None:
        name = (self.marked or "").removeprefix(FILE)
        if name == self.marked:
            self.notify(tr("mark a file first"), timeout=2)
            return
        self.edit(str(Path.cwd() / Path(name).name), lambda target: self._save(name, target))

    def action_put_in(self) -> None:
        self.edit(f"{Path.cwd()}{os.sep}", self._put_in)

    async def _save(self, name: str, target: str) -> None:
        with _as_qchat_error():
            saved = await self._kernel.save_file(name, _place(target))
        self.notify(tr("saved {saved}", saved=saved), timeout=3, markup=False)

    async def _put_in(self, path: str) -> None:
        with _as_qchat_error():
            await self._kernel.upload(Path(path))

    async def _open(self, name: str) -> str:
        """Show a text here, give a picture to the system's viewer.

        Code of the model wrote these files: nothing that could run is opened.
        """
        if Path(name).suffix.lower() in PICTURES:
            return _view(self._kernel.work_dir / name)
        with _as_qchat_error(), tempfile.TemporaryDirectory() as folder:
            copy = await self._kernel.save_file(name, Path(folder))
            data = await asyncio.to_thread(_start, copy)
        if b"\0" in data:
            return tr("{name} is no text; s saves it out", name=name)
        self.app.push_screen(Page(name, data.decode("utf-8", "replace")))
        return ""


def size(number: int) -> str:
    """Bytes for people."""
    value = float(number)
    for unit in ("B", "KB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def _place(typed: str) -> Path:
    return typed_path(typed)


def _start(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(SHOWN_BYTES)


def _view(picture: Path) -> str:
    opener = {"darwin": "open", "win32": "explorer"}.get(sys.platform, "xdg-open")
    program = shutil.which(opener)
    if program is None:
        return tr("it is {picture}", picture=picture)
    nowhere = subprocess.DEVNULL
    subprocess.Popen(
        [program, str(picture)],
        stdin=nowhere,
        stdout=nowhere,
        stderr=nowhere,
        start_new_session=True,
    )
    return tr("opened {name}", name=picture.name)


@contextlib.contextmanager
def _as_qchat_error() -> Iterator[None]:
    try:
        yield
    except ToolError as error:
        raise QchatError(verbatim(str(error))) from error
