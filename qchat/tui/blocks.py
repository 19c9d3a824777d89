"""The kinds of blocks: what a person said, what was remembered, thought, done, noted, answered."""

from typing import ClassVar

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text
from textual.strip import Strip

from qchat.events import Notice, Recalled, ToolFinished, ToolProgress, ToolStarted
from qchat.tui.block import Block, arrow
from qchat.tui.code import code_text
from qchat.tui.split import Piece, Splitter
from qchat.tui.strips import Plain, blank, indented, plain, render, shown
from qchat_tools.parts import ImagePart, Part, SourcePart, TextPart, as_text, joined

LIVE_LINES = 4
LIVE_OUTPUT_LINES = 12
LIVE_OUTPUT_CHARACTERS = 4_000
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SHOWN_OUTPUT = 100_000
"""Characters of output that are drawn; all of it is kept."""


class PromptBlock(Block):
    """What the person said."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.add_class("prompt")
        self._text = text

    @property
    def source(self) -> str:
        return self._text

    def body(self, width: int) -> list[Strip]:
        return render(self.app.console, plain(self._text, self.colours.strong), width)


class NoticeBlock(Block):
    """Something the reader should know; an error is a notice too."""

    def __init__(self, notice: Notice) -> None:
        super().__init__()
        self.add_class("notice", notice.level)
        self._notice = notice

    @property
    def source(self) -> str:
        return self._notice.text

    def body(self, width: int) -> list[Strip]:
        colours = self.colours
        style = {"info": colours.dim, "warning": colours.warning, "error": colours.bad}
        return render(self.app.console, plain(self._notice.text, style[self._notice.level]), width)


class RecalledBlock(Block):
    """The memories that this turn was given."""

    KIND: ClassVar[str] = "recalled"

    def __init__(self, recalled: Recalled) -> None:
        super().__init__()
        self._memories = recalled.memories
        self.folded = True

    @property
    def source(self) -> str:
        return "\n".join(memory.text for memory in self._memories)

    def title(self) -> Text:
        number = len(self._memories)
        what = "1 memory" if number == 1 else f"{number} memories"
        return Text(f"{arrow(folded=self.folded)}Recalled {what}", style=self.colours.dim)

    def body(self, width: int) -> list[Strip]:
        colours = self.colours
        lines = []
        for memory in self._memories:
            why = "pinned" if memory.pinned else f"{memory.score:.2f}"
            line = Text(f"  {memory.date}  {why}  ", style=colours.dim, overflow="fold")
            lines.append(line.append_text(plain(memory.text, colours.text)))
        return render(self.app.console, Group(*lines), width)


class ThinkingBlock(Block):
    """Reasoning: the last lines while it goes on, then one line that opens."""

    KIND: ClassVar[str] = "thinking"

    def __init__(self, at: float) -> None:
        super().__init__()
        self._text = ""
        self._began = at
        self._ended: float | None = None
        self._tokens = 0
        self.folded = True

    @property
    def source(self) -> str:
        return self._text.strip()

    def append(self, text: str) -> None:
        self._text += text
        self.changed()

    def end(self, at: float) -> None:
        if self._ended is None:
            self._ended = at
            self.changed()

    def count(self, tokens: int) -> None:
        """How many tokens it took; known when the reply is complete."""
        self._tokens = tokens
        self.changed()

    def title(self) -> Text:
        style = self.colours.dim
        if self._ended is None:
            return Text(f"{arrow(folded=self.folded)}Thinking …", style=style)
        took = f"Thought for {duration(self._ended - self._began)}"
        tokens = f" · {self._tokens} tokens" if self._tokens else ""
        return Text(f"{arrow(folded=self.folded)}{took}{tokens}", style=style)

    def preview(self, width: int) -> list[Strip]:
        if self._ended is not None:
            return []
        # Enough of the end for the last lines, so that a long thought costs no more than a short.
        tail = self._text[-LIVE_LINES * max(width, 20) * 2 :]
        return self._draw(tail, width)[-LIVE_LINES:]

    def body(self, width: int) -> list[Strip]:
        return self._draw(self.source, width)

    def _draw(self, text: str, width: int) -> list[Strip]:
        style = self.colours.dim
        lines = render(self.app.console, Plain(text.strip("\n"), style), width - 2)
        return indented(lines, 2)


class ToolBlock(Block):
    """A call: its arguments as they stream, its output as it comes, how it ended."""

    KIND: ClassVar[str] = "tool"

    def __init__(self, name: str, at: float) -> None:
        super().__init__()
        self._name = name
        self._draft = ""
        self._arguments: dict[str, object] | None = None
        self._parts: tuple[Part, ...] = ()
        self._began = at
        self._ended: float | None = None
        self._ok = True
        self._frame = 0

    @property
    def running(self) -> bool:
        return self._ended is None

    @property
    def source(self) -> str:
        return f"{self._code()[0]}\n\n{as_text(self._parts, limit=SHOWN_OUTPUT)}"

    def draft(self, name: str, text: str) -> None:
        self._name = self._name or name
        self._draft += text
        self.changed()

    def started(self, event: ToolStarted) -> None:
        self._name, self._began = event.name, event.at
        self._arguments = event.arguments
        self._draft = event.invalid
        self.changed()

    def progress(self, event: ToolProgress) -> None:
        self._parts = joined((*self._parts, event.part))
        self.changed()

    def finished(self, event: ToolFinished) -> None:
        self._parts, self._ok = event.parts, event.ok
        self.end(event.at)
        self.folded = True

    def end(self, at: float) -> None:
        """The turn is over, whether or not the tool was done."""
        if self._ended is None:
            self._ended = at
            self.changed()

    def tick(self) -> None:
        """The next picture of the spinner."""
        if self.running:
            self._frame += 1
            self.retitle()

    def title(self) -> Text:
        colours = self.colours
        if self._ended is None:
            mark, style = SPINNER[self._frame % len(SPINNER)] + " ", colours.accent
        else:
            mark, style = ("✓ ", colours.good) if self._ok else ("✗ ", colours.bad)
        text = Text(arrow(folded=self.folded), style=colours.dim, overflow="ellipsis", no_wrap=True)
        text.append(mark, style)
        text.append(shown(self._name or "tool"), colours.accent)
        if self._ended is not None:
            text.append(f"  {duration(self._ended - self._began)}", colours.dim)
        return text.append(f"  {self._summary()}", colours.text)

    def body(self, width: int) -> list[Strip]:
        code, language = self._code()
        parts: list[RenderableType] = []
        if code:
            parts.append(code_text(shown(code), language, self.colours))
        if self._parts:
            parts += [Text("")] if parts else []
            parts += map(self._part, self._parts)
        lines = render(self.app.console, Group(*parts), width - 4)
        return indented(lines, 4)

    def _summary(self) -> str:
        """One line that says what is asked of the tool, and what came."""
        if self._arguments is None:
            return shown(" ".join(self._draft.split())[-60:])
        values = " ".join(str(value) for value in self._arguments.values()) or self._draft
        asked = " ".join(shown(values).split())
        asked = asked if len(asked) <= 60 else f"{asked[:60]}…"
        came = " ".join(shown(as_text(self._parts[-1:], limit=200)).split()) if self._parts else ""
        return f"{asked} → {came[:80]}" if came and not self.running else asked

    def _code(self) -> tuple[str, str]:
        if self._arguments is None:
            return self._draft, ""
        code = self._arguments.get("code")
        if isinstance(code, str):
            return code, "python"
        if self._draft:
            return self._draft, ""
        pretty = msgspec.json.format(msgspec.json.encode(self._arguments), indent=2)
        return (pretty.decode(), "json") if self._arguments else ("", "")

    def _part(self, part: Part) -> RenderableType:
        colours = self.colours
        match part:
            case TextPart():
                style = colours.bad if part.stream == "error" else colours.dim
                return Plain(self._visible(part).rstrip("\n"), style)
            case SourcePart():
                line = Text(f"[{part.number}] ", style=colours.accent, overflow="fold")
                line.append_text(plain(part.title, colours.strong))
                line.append("\n    ").append_text(plain(part.url, colours.link))
                return line.append("\n    ").append_text(plain(part.extract[:300], colours.dim))
            case ImagePart():
                return plain(as_text([part]), colours.dim)

    def _visible(self, part: TextPart) -> str:
        """What is drawn of an output: its end while it comes, later nearly all of it."""
        if self.running:
            end = part.text[-LIVE_OUTPUT_CHARACTERS:].rstrip("\n")
            return "\n".join(end.split("\n")[-LIVE_OUTPUT_LINES:])
        return part.text if len(part.text) <= SHOWN_OUTPUT else as_text([part], SHOWN_OUTPUT)


class AnswerBlock(Block):
    """Markdown that is drawn as it streams: what is complete is drawn once, the tail again."""

    def __init__(self) -> None:
        super().__init__()
        self.add_class("answer")
        self._text: list[str] = []
        self._splitter = Splitter()
        self._complete: list[Piece] = []
        self._strips: list[Strip] = []
        """The complete blocks as they were drawn, for `_width`."""
        self._drawn_blocks = 0
        self._width = 0
        self._columns: list[int] = []
        """Widths of the table that is being drawn, for its further pieces."""

    @property
    def source(self) -> str:
        return "".join(self._text)

    def append(self, text: str) -> None:
        self._text.append(text)
        self._complete += self._splitter.feed(text)
        self.changed()

    def close(self) -> None:
        self._complete += self._splitter.close()
        self.changed()

    def restyle(self) -> None:
        super().restyle()
        self._width = 0

    def body(self, width: int) -> list[Strip]:
        if width != self._width:
            self._strips, self._drawn_blocks, self._width = [], 0, width
        for piece in self._complete[self._drawn_blocks :]:
            self._strips += self._draw(piece, width, first=not self._drawn_blocks)
            self._drawn_blocks += 1
        tail = self._splitter.tail
        if not tail.text.strip():
            return list(self._strips)
        return self._strips + self._draw(tail, width, first=not self._drawn_blocks)

    def _draw(self, piece: Piece, width: int, *, first: bool) -> list[Strip]:
        if not piece.continues:
            self._columns = []
        from qchat.tui.markdown import markdown  # noqa: PLC0415  its parser is slow to load

        body = markdown(piece.text, self.colours, self._columns)
        lines = render(self.app.console, body, width)
        return lines if first or piece.continues else [blank(), *lines]


def duration(seconds: float) -> str:
    """A time as people say it."""
    seconds = max(seconds, 0.0)
    if seconds < 1:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
