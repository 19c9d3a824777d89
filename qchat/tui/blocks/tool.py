"""A tool call as a block: what was asked, what came, how it ended."""

from typing import ClassVar

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from qchat.protocol.event_values import RecalledMemory
from qchat.protocol.events import ToolDraft, ToolFinished, ToolProgress, ToolStarted
from qchat.runtime.language import tr
from qchat.runtime.sanitize import sanitize_for_terminal
from qchat.tui.blocks.arguments import asked, brief, partial_arguments
from qchat.tui.blocks.block import Block, arrow, duration
from qchat.tui.blocks.output import run_number, table_output, text_output, told
from qchat.tui.render.click_targets import SOURCE, link
from qchat.tui.render.code import CodeLines
from qchat.tui.render.strips import Drawn, indented, plain, render, shown
from qchat_tools.parts import (
    ClearPart,
    FilePart,
    ImagePart,
    Part,
    RunPart,
    SavedMemory,
    SourcePart,
    TablePart,
    TextPart,
    as_text,
    joined,
)

LIVE_OUTPUT_LINES = 12
LIVE_OUTPUT_CHARACTERS = 4_000
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SHOWN_OUTPUT = 100_000
SHOWN_CODE = 20_000
MAX_SUMMARY = 140
MAX_OUTCOME = 400
"""Characters of what came that its line has to do with."""
LEADS_TO = " → "
MAX_NAME_CHARACTERS = 1_000
"""Characters of output that are drawn; all of it is kept."""


class ToolBlock(Block):
    """A call: its arguments as they stream, its output as it comes, how it ended."""

    KIND: ClassVar[str] = "tool"

    def __init__(self, name: str, at: float) -> None:
        super().__init__()
        self._tool = name
        self._draft = ""
        self._arguments: dict[str, object] | None = None
        self._parts: tuple[Part, ...] = ()
        self._began = at
        self._caller = "model"
        self._ended: float | None = None
        self._ok = True
        self._frame = 0

    @property
    def running(self) -> bool:
        return self._ended is None

    @property
    def source(self) -> str:
        return f"{self._asked()[0]}\n\n{as_text(self._parts, limit=SHOWN_OUTPUT)}"

    @property
    def kept(self) -> RecalledMemory | None:
        """The memory that the model kept or changed by it, if it did."""
        saved = next((part for part in self._parts if isinstance(part, SavedMemory)), None)
        if saved is None:
            return None
        return RecalledMemory(saved.id, saved.text, "", project=saved.project)

    @property
    def span(self) -> tuple[float, float]:
        """When it began and ended."""
        return self._began, self._ended or 0.0

    @property
    def failed(self) -> bool:
        return not self._ok

    @property
    def is_call(self) -> bool:
        return True

    def draft(self, event: ToolDraft) -> None:
        self._tool = self._tool or event.name
        self._draft = event.text if event.instead else self._draft + event.text
        self.changed()

    def started(self, event: ToolStarted) -> None:
        self._tool, self._began, self._caller = event.name, event.at, event.caller
        self._arguments = event.arguments
        self._draft = event.invalid
        self.changed()

    def progress(self, event: ToolProgress) -> None:
        self._parts = joined((*self._parts, event.part))
        self.changed()

    def finished(self, event: ToolFinished) -> None:
        self.end(event.at)
        self._parts, self._ok = event.parts, event.ok
        # What was made to be looked at stays open, and so does what the user asked for himself.
        seen = any(isinstance(part, ImagePart | TablePart) for part in event.parts)
        self.folded = not (seen or self._caller == "user")

    def end(self, at: float) -> None:
        """The turn is over, if the tool was done or not; 0 where nobody knows since when."""
        if self._ended is None:
            self._ended, self._ok = at, False
            self.changed()

    def tick(self) -> None:
        """The next picture of the spinner."""
        if self.running:
            self._frame += 1
            self.retitle()

    def title(self) -> Text:
        return self.heading(MAX_SUMMARY)

    def heading(self, width: int) -> Text:
        """What it is and how it ended; folded, what was asked and what came as well."""
        colours = self.colours
        if self._ended is None:
            mark, style = SPINNER[self._frame % len(SPINNER)] + " ", colours.accent
        else:
            mark, style = ("✓ ", colours.good) if self._ok else ("✗ ", colours.bad)
        text = Text(arrow(folded=self.folded), style=colours.dim, overflow="ellipsis", no_wrap=True)
        text.append(mark, style)
        text.append(shown(self._tool or "tool"), colours.accent)
        text.append(run_number(self._parts), colours.dim)
        if self._ended:
            text.append(f"  {duration(self._ended - self._began)}", colours.dim)
        if self.folded:
            self._summarize(text, width - text.cell_len - 2)
        return text

    def body(self, width: int) -> list[Strip]:
        parts: list[RenderableType] = []
        text, language = self._asked()
        if text:
            parts.append(self._drawn_code(_bounded(text), language))
        if self._parts:
            parts += map(self._part, told(self._parts))
        lines = render(self.app.console, Group(*parts), width - 4)
        return indented(lines, 4)

    def _asked(self) -> tuple[str, str]:
        return asked(self._given(), self._draft)

    def _given(self) -> dict[str, object]:
        """The arguments, or what has come of them."""
        if self._arguments is None:
            return partial_arguments(self._draft)
        return self._arguments

    def _drawn_code(self, text: str, language: str) -> RenderableType:
        *lines, last = sanitize_for_terminal(text).split("\n")
        code = CodeLines(language)
        code.extend(
            lines if self.running else [*lines, last],
            last if self.running else None,
            closed=not self.running,
        )
        return Drawn(lambda width: code.draw(width, self.colours))

    def _summarize(self, line: Text, room: int) -> None:
        """Say what is asked of the tool, and what came, each in half of the room or in the rest."""
        said = shown(brief(self._given(), self._draft))
        came = "" if self.running else shown(self._outcome()).strip()
        if self._arguments is None:
            said = said[-max(room, 0) :]
        if not came:
            line.append("  ").append_text(_cut(said, room, self.colours.dim))
            return
        half = (room - len(LEADS_TO)) // 2
        free = max(half, room - len(LEADS_TO) - cell_len(said))
        result = _cut(_last_lines(came, free), free, self.colours.text)
        question = _cut(said, room - len(LEADS_TO) - result.cell_len, self.colours.dim)
        line.append("  ").append_text(question).append(LEADS_TO, self.colours.dim)
        line.append_text(result)

    def _outcome(self) -> str:
        sources = [part for part in self._parts if isinstance(part, SourcePart)]
        if sources:
            more = tr(" and {n} more", n=len(sources) - 1) if len(sources) > 1 else ""
            return f"[{sources[0].number}] {sources[0].title}{more}"
        texts = [
            part
            for part in self._parts
            if not isinstance(part, RunPart | ClearPart | SavedMemory)
            and not (isinstance(part, TextPart) and part.stream == "told")
        ]
        if texts and isinstance(printed := texts[-1], TextPart) and printed.stream == "stdout":
            return printed.text[-MAX_OUTCOME:]
        return _in_one_line(as_text(texts[-1:], limit=MAX_OUTCOME)) if texts else ""

    def _part(self, part: Part) -> RenderableType:
        colours = self.colours
        match part:
            case TextPart():
                return text_output(part, self._visible(part), colours)
            case SourcePart():
                line = Text(overflow="fold")
                opens = link(f"{SOURCE}{part.number}")
                line.append(f"[{part.number}] ", colours.accent + opens)
                line.append_text(plain(part.title[:MAX_NAME_CHARACTERS], colours.strong + opens))
                line.append("\n    ").append_text(
                    plain(part.url[:MAX_NAME_CHARACTERS], colours.link + link(part.url))
                )
                return line.append("\n    ").append_text(plain(part.extract[:300], colours.dim))
            case ImagePart():
                return plain(as_text([part]), colours.dim)
            case TablePart():
                return table_output(part, colours)
            case FilePart():
                return plain(as_text([part]), colours.dim)
            case RunPart() | ClearPart() | SavedMemory():
                return Group()

    def _visible(self, part: TextPart) -> str:
        """What is drawn of an output: its end while it comes, later nearly all of it."""
        if self.running:
            end = part.text[-LIVE_OUTPUT_CHARACTERS:].rstrip("\n")
            return "\n".join(end.split("\n")[-LIVE_OUTPUT_LINES:])
        return part.text if len(part.text) <= SHOWN_OUTPUT else as_text([part], SHOWN_OUTPUT)


def _bounded(code: str) -> str:
    """Nobody reads code of that length, and drawing it would be felt; `y` copies all of it."""
    rest = len(code) - SHOWN_CODE
    return (
        code
        if rest <= 0
        else tr("{code}\n[… {rest} more characters]", code=code[:SHOWN_CODE], rest=rest)
    )


def _last_lines(text: str, room: int) -> str:
    """As many of the last lines as fit: what is printed ends with what it was all for."""
    said = ""
    for line in filter(None, map(_in_one_line, reversed(text.splitlines()))):
        longer = f"{line} {said}".rstrip()
        if said and cell_len(longer) > room - 2:
            return f"… {said}" if cell_len(said) <= room - 2 else said
        said = longer
    return said


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str, room: int, style: Style) -> Text:
    """The text in one line, with a mark where it had to end."""
    line = Text(text, style)
    line.truncate(max(room, 0), overflow="ellipsis")
    return line
