"""The sources of an answer: their list under it, and the screen that opens one."""

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widgets import Static

from qchat.conversation.citations import listed
from qchat.conversation.source_view import SourceView
from qchat.protocol.events import Cited
from qchat.runtime.language import tr
from qchat.tui.blocks.block import Block
from qchat.tui.render.click_targets import SOURCE, link
from qchat.tui.render.palette import palette
from qchat.tui.render.strips import render, shown

REVERSED = Style(reverse=True)


class SourcesBlock(Block):
    """What an answer cites, one line each; Enter or a click opens what was stored."""

    KIND: ClassVar[str] = "sources"

    def __init__(self, cited: Cited) -> None:
        super().__init__()
        self._cited = cited

    @property
    def source(self) -> str:
        return listed(self._cited)

    def title(self) -> Text:
        return Text(tr("Sources"), style=self.colours.dim)

    def body(self, width: int) -> list[Strip]:
        colours = self.colours
        lines: list[Strip] = []
        for name in self._cited.sources:
            line = Text("  ", overflow="ellipsis", no_wrap=True)
            opens = colours.link + link(f"{SOURCE}{name.number}")
            line.append(f"[{name.number}] {shown(name.title)}", opens)
            line.append(f"  {shown(name.url)}", colours.dim)
            lines += render(self.app.console, line, width)
        unknown = listed(Cited((), self._cited.unknown)).splitlines()
        for text in unknown:
            lines += render(self.app.console, Text(f"  {text}", style=colours.warning), width)
        return lines


class Source(ModalScreen[None]):
    """What is stored of a source; the passages that answers rest on are marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "close"),
        Binding("o", "browse", "open in the browser"),
        Binding("y", "copy", "copy"),
    ]

    def __init__(self, source: SourceView) -> None:
        super().__init__()
        self._source = source
        self._text = Static(id="source-text")
        self._scroll = VerticalScroll(self._text)

    def compose(self) -> ComposeResult:
        source = self._source
        head = Text(f"[{source.number}] {shown(source.title)}", overflow="fold")
        about = "\n".join(line for line in (source.url, source.about) if line)
        with Vertical(classes="dialog source"):
            yield Static(head, classes="dialog-title")
            yield Static(Text(shown(about), overflow="fold"), classes="dim")
            yield self._scroll
            yield Static(
                tr("Esc closes · o opens the page in the browser · y copies"), classes="dim"
            )

    def on_mount(self) -> None:
        self._text.update(self._marked_text())
        self._scroll.focus()
        if self._source.marks:
            self.call_after_refresh(self._go_to_mark)

    def _marked_text(self) -> Text:
        style = palette(self.app.current_theme).strong
        text, end = Text(overflow="fold"), 0
        for start, stop in self._source.marks:
            text.append(shown(self._source.text[end:start]))
            text.append(shown(self._source.text[start:stop]), style + REVERSED)
            end = stop
        return text.append(shown(self._source.text[end:]))

    def _go_to_mark(self) -> None:
        width = max(self._text.content_size.width, 1)
        before = Text(shown(self._source.text[: self._source.marks[0][0]]), overflow="fold")
        line = len(render(self.app.console, before, width))
        self._scroll.scroll_to(y=max(line - 3, 0), animate=False)

    def action_browse(self) -> None:
        self.app.open_url(self._source.url)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._source.text)
        self.notify(tr("copied"), timeout=1.5)
