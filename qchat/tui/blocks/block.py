"""A block of the conversation: lines drawn once for a width, a title, and a body that folds."""

import re
from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import BindingType
from textual.events import Blur, Click, Key
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from qchat.config.keymap import named
from qchat.runtime.language import tr
from qchat.tui.input.bindings import bindings
from qchat.tui.render.click_targets import Target, marked, targets
from qchat.tui.render.palette import Palette, palette
from qchat.tui.render.selection import selected
from qchat.tui.render.strips import Plain, Span, common, painted, render, spans
from qchat.tui.textual_private import Lines

EDGE = "▌"
"""What Textual draws at the left of a block."""


class Block(Lines, can_focus=True):
    """Draws its own lines; however long its text, it is one widget and keeps what it has drawn.

    As long as it has the focus, letters are keys for it: a click must not bring that about.
    """

    FOCUS_ON_CLICK = False
    BINDINGS: ClassVar[list[BindingType]] = bindings("block")
    KIND: ClassVar[str] = ""
    """What `toggle all of a kind` goes by; empty for blocks that do not fold."""

    folded: reactive[bool] = reactive(False, layout=True)
    raw: reactive[bool] = reactive(False, layout=True)
    """Whether the text is shown as it was written, Markdown and formulas not rendered."""

    class Copied(Message):
        """The reader asks for this text."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Armed(Message):
        """A key was pressed that does nothing before it is pressed again; empty: no longer."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Clicked(Message):
        """The user pointed at this block: the mode in which blocks are walked begins at it."""

        def __init__(self, block: "Block") -> None:
            super().__init__()
            self.block = block

    class LinkPressed(Message):
        """The reader opens a link; `qchat:source/3` is source 3 of the session."""

        def __init__(self, url: str) -> None:
            super().__init__()
            self.url = url

    class CodePressed(Message):
        """The reader wants this code run in the session's kernel."""

        def __init__(self, code: str, language: str) -> None:
            super().__init__()
            self.code = code
            self.language = language

    def __init__(self) -> None:
        super().__init__(classes=self.KIND or None)
        self._lines: list[Strip] | None = None
        """Title and rest as they were drawn; None when the title is not what it was."""
        self._rest: list[Strip] = []
        self._drawn: tuple[int, bool, bool] | None = None
        """The width and state that `_rest` is drawn for."""
        self._marked: Target | None = None
        self._armed = ""
        """The key that does what it says when it is pressed once more."""
        self._key = ""
        self._pattern: re.Pattern[str] | None = None
        self._current: int | None = None
        """Which of the places that match is the one that was gone to."""
        self._matches: tuple[list[Strip], list[list[Span]]] = ([], [])
        """The lines that were searched, and where the pattern matched them."""

    @property
    def source(self) -> str:
        """The text as it can be copied."""
        raise NotImplementedError

    @property
    def colours(self) -> Palette:
        return palette(self.app.current_theme)

    def title(self) -> Text | None:
        """The line that stays when the body is folded."""
        return None

    def heading(self, _width: int) -> Text | None:
        """The title as it is drawn at a width."""
        return self.title()

    def body(self, width: int) -> list[Strip]:
        """The lines below the title."""
        raise NotImplementedError

    def preview(self, _width: int) -> list[Strip]:
        """The lines below the title while it is folded."""
        return []

    def codes(self) -> Sequence[tuple[str, str]]:
        """Code in it that can be copied and run, top to bottom: language and text."""
        return ()

    def mark(self, pattern: re.Pattern[str] | None) -> None:
        """Mark what matches."""
        if pattern != self._pattern:
            self._pattern, self._current, self._matches = pattern, None, ([], [])
            self.refresh()

    def reveal(self, number: int, width: int) -> int:
        """Open it and mark one of the matches as the one meant; gives back its line."""
        if self.KIND:
            self.folded = False
        matches = self._found(width)
        self._current = min(number, len(matches) - 1)
        self.refresh()
        return matches[self._current][0].line if matches else 0

    def _found(self, width: int) -> list[list[Span]]:
        """Every match as its pieces on each line that it touches."""
        lines = self.lines(width)
        if self._matches[0] is not lines:
            self._matches = (lines, spans(lines, self._pattern))
        return self._matches[1]

    def changed(self) -> None:
        """Draw again: the text, the title or the colours are not what they were."""
        self._drawn = None
        # Also while it is being mounted: its place may be measured by now.
        self.refresh(layout=True)

    def grown(self) -> None:
        """Draw again after text was added at the end: only the lines that are not what they were.

        As long as they are as many, nothing else on the screen moves.
        """
        before, width = self._lines, self.content_size.width
        if before is None or self._pattern is not None or not width or not self.is_mounted:
            self.changed()
            return
        self._drawn = None
        lines = self.lines(width)
        first = common(before, lines)
        if first < max(len(before), len(lines)):
            high = max(len(before), len(lines)) - first
            moved = len(lines) != len(before) or len(lines) != self.content_size.height
            self.refresh(Region(0, first, width, high), layout=moved)

    def retitle(self) -> None:
        """Draw the title again, which keeps its one line, and nothing else."""
        self._lines = None
        self.refresh()

    def lines(self, width: int) -> list[Strip]:
        """Everything that is to be seen at this width."""
        state = (width, self.folded, self.raw)
        if self._drawn != state:
            self._rest = self._draw_rest(width)
            self._drawn = state
            self._lines = None
        if self._lines is None:
            title = self.heading(width)
            head = render(self.app.console, title, width) if title is not None else []
            self._lines = head + self._rest
        return self._lines

    def _draw_rest(self, width: int) -> list[Strip]:
        if self.folded:
            return self.preview(width)
        if self.raw:
            return render(self.app.console, Plain(self.source, self.colours.code), width)
        return self.body(width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        return len(self.lines(width))

    def render_lines(self, crop: Region) -> list[Strip]:
        self._style = self.rich_style  # once for all lines: it is gathered from all ancestors
        lines = super().render_lines(crop)
        return lines if crop.x else [_without_glyph(line) for line in lines]

    def render_line(self, y: int) -> Strip:
        width = self.content_size.width
        lines = self.lines(width)
        style = self._style
        strip = lines[y] if y < len(lines) else Strip.blank(width, style)
        strip = strip.apply_style(style)
        if self._marked is not None and self._marked.first <= y <= self._marked.last:
            strip = marked(strip, self._marked)
        if self._pattern is not None:
            strip = self._with_matches(strip, y, width)
        span = self.text_selection.get_span(y) if self.text_selection is not None else None
        if span is not None:
            chosen = self.screen.get_component_rich_style("screen--selection")
            strip = painted(strip, [span], chosen)
        return strip.extend_cell_length(width, style).crop(0, width).apply_offsets(0, y)

    def _with_matches(self, strip: Strip, y: int, width: int) -> Strip:
        reverse = Style(reverse=True)
        for number, match in enumerate(self._found(width)):
            here = [(span.start, span.end) for span in match if span.line == y]
            if here:
                current = number == self._current
                colour = self.colours.accent if current else self.colours.warning
                strip = painted(strip, here, colour + reverse)
        return strip

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        lines = enumerate(self.lines(self.content_size.width))
        spans = ((line, selection.get_span(y)) for y, line in lines)
        return selected((line, span) for line, span in spans if span is not None), "\n"

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.restyle()

    def restyle(self) -> None:
        """Forget what was drawn in other colours."""
        self._drawn = None

    def action_fold(self) -> None:
        if self.KIND:
            self.folded = not self.folded

    def action_raw(self) -> None:
        self.raw = not self.raw

    def action_mark(self, step: int) -> None:
        """Mark the next link or code; behind the last one stands nothing."""
        found = targets(self.lines(self.content_size.width))
        place = found.index(self._marked) + step if self._marked in found else min(step, 0)
        if self._marked is not None and not 0 <= place < len(found):
            self._mark(None)
        elif found:
            self._mark(found[place])

    def _mark(self, target: Target | None) -> None:
        self._marked = target
        self.refresh()
        around = self._scrolled_by
        if target is not None and around is not None:
            around.release_anchor()  # what is marked is read: no text that comes takes it away
            self.call_after_refresh(self._bring_into_view, target)  # behind that of the focus

    @property
    def _scrolled_by(self) -> Widget | None:
        around = (widget for widget in self.ancestors if isinstance(widget, Widget))
        return next((widget for widget in around if widget.allow_vertical_scroll), None)

    def _bring_into_view(self, target: Target) -> None:
        """Scroll to the lines of a target: a long block is in view when most of it is not."""
        around = self._scrolled_by
        if around is not None:
            there = self.content_region.offset - around.content_region.offset
            line = Region(0, target.first - 1, 1, target.last - target.first + 3)
            around.scroll_to_region(line.translate(there + around.scroll_offset), animate=False)

    @property
    def marked_code(self) -> tuple[str, str] | None:
        """Language and text of the marked code, else of the only code there is."""
        codes = self.codes()
        if self._marked is None or self._marked.kind != "code":
            return codes[0] if len(codes) == 1 else None
        place = int(self._marked.value)
        return codes[place] if place < len(codes) else None

    def press(self, url: str) -> None:
        """A link in it was pressed."""
        self.post_message(self.LinkPressed(url))

    def action_press(self) -> None:
        if self._marked is not None and self._marked.kind == "link":
            self.press(self._marked.value)
        elif self._marked is None:
            self.action_fold()

    def action_run_code(self) -> None:
        code = self.marked_code
        if code is not None and self._meant(
            tr("run {lines} of code in the kernel", lines=_lines(code[1]))
        ):
            self.post_message(self.CodePressed(code[1], code[0]))

    def _meant(self, what: str) -> bool:
        """Whether a key that does something for good was pressed twice; says so the first time."""
        if self._armed == self._key != "":
            self._armed = ""
            return True
        self._armed = self._key
        said = tr("{key} again: {what} · any other key: no", key=named(self._key), what=what)
        self.post_message(self.Armed(said))
        return False

    def on_key(self, event: Key) -> None:
        self._key = event.key
        if self._armed and event.key != self._armed:
            self._armed = ""
            self.post_message(self.Armed(""))

    def action_copy(self) -> None:
        code = self.marked_code if self._marked is not None else None
        if self._marked is None:
            self.post_message(self.Copied(self.source))
        elif self._marked.kind == "link":
            self.post_message(self.Copied(self._marked.value))
        elif code is not None:
            self.post_message(self.Copied(code[1]))

    def on_mount(self) -> None:
        self.check_idle()  # asks for its place now: Textual would when it has one, once more

    def on_click(self, event: Click) -> None:
        self.post_message(self.Clicked(self))
        link = event.style.meta.get("link")
        if link:
            self.press(link)
        elif self.title() is not None and event.get_content_offset_capture(self).y == 0:
            self.action_fold()

    def on_blur(self, _event: Blur) -> None:
        self._armed = ""
        self._mark(None)


def _without_glyph(line: Strip) -> Strip:
    """The line whose edge is a ground without a letter: who selects it in a terminal gets text."""
    first = next(iter(line), None)
    if first is None or first.text != EDGE or first.style is None:
        return line
    edge = Segment(" ", Style(bgcolor=first.style.color))
    return Strip([edge, *list(line)[1:]], line.cell_length)


def _lines(code: str) -> str:
    count = code.strip("\n").count("\n") + 1
    return tr("1 line") if count == 1 else tr("{number} lines", number=count)


def arrow(*, folded: bool) -> str:
    """The mark that says whether a block is open."""
    return "▸ " if folded else "▾ "


def duration(seconds: float) -> str:
    """A time as people say it."""
    seconds = max(seconds, 0.0)
    if seconds < 1:
        return tr("{n} s", n=f"{seconds:.1f}")
    if seconds < 60:
        return tr("{n} s", n=f"{seconds:.0f}")
    return tr("{m} min {n} s", m=f"{seconds // 60:.0f}", n=f"{seconds % 60:.0f}")
