"""A tool call as a block: what was asked, what came, how it ended."""

from typing import ClassVar

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text
from textual.strip import Strip

from qchat.protocol.events import RecalledMemory, ToolFinished, ToolProgress, ToolStarted
from qchat.tui.blocks.block import Block, arrow, duration
from qchat.tui.blocks.output import run_number, table_output, text_output, told
from qchat.tui.render.code import code_text
from qchat.tui.render.strips import indented, plain, render, shown
from qchat.tui.render.targets import SOURCE, link
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
MOST_OF_A_NAME = 1_000
"""Characters of output that are drawn; all of it is kept."""


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
        self._caller = "model"
        self._ended: float | None = None
        self._ok = True
        self._frame = 0

    @property
    def running(self) -> bool:
        return self._ended is None

    @property
    def source(self) -> str:
        return f"{self._code()[0]}\n\n{as_text(self._parts, limit=SHOWN_OUTPUT)}"

    @property
    def kept(self) -> RecalledMemory | None:
        """The memory that the model kept or changed by it, if it did."""
        saved = next((part for part in self._parts if isinstance(part, SavedMemory)), None)
        return RecalledMemory(saved.id, saved.text, "") if saved is not None else None

    def draft(self, name: str, text: str) -> None:
        self._name = self._name or name
        self._draft += text
        self.changed()

    def started(self, event: ToolStarted) -> None:
        self._name, self._began, self._caller = event.name, event.at, event.caller
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
        colours = self.colours
        if self._ended is None:
            mark, style = SPINNER[self._frame % len(SPINNER)] + " ", colours.accent
        else:
            mark, style = ("✓ ", colours.good) if self._ok else ("✗ ", colours.bad)
        text = Text(arrow(folded=self.folded), style=colours.dim, overflow="ellipsis", no_wrap=True)
        text.append(mark, style)
        text.append(shown(self._name or "tool"), colours.accent)
        text.append(run_number(self._parts), colours.dim)
        if self._ended:
            text.append(f"  {duration(self._ended - self._began)}", colours.dim)
        return text.append(f"  {self._summary()}", colours.text)

    def body(self, width: int) -> list[Strip]:
        code, language = self._code()
        parts: list[RenderableType] = []
        if code:
            parts.append(code_text(shown(_bounded(code)), language, self.colours))
        if self._parts:
            parts += [Text("")] if parts else []
            parts += map(self._part, told(self._parts))
        lines = render(self.app.console, Group(*parts), width - 4)
        return indented(lines, 4)

    def _summary(self) -> str:
        """One line that says what is asked of the tool, and what came."""
        if self._arguments is None:
            return shown(" ".join(self._draft.split())[-60:])
        values = " ".join(str(value) for value in self._arguments.values()) or self._draft
        asked = " ".join(shown(values).split())
        asked = asked if len(asked) <= 60 else f"{asked[:60]}…"
        came = " ".join(shown(self._outcome()).split())
        return f"{asked} → {came[:80]}" if came and not self.running else asked

    def _outcome(self) -> str:
        sources = [part for part in self._parts if isinstance(part, SourcePart)]
        if sources:
            more = f" and {len(sources) - 1} more" if len(sources) > 1 else ""
            return f"[{sources[0].number}] {sources[0].title}{more}"
        return as_text(self._parts[-1:], limit=200) if self._parts else ""

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
                return text_output(part, self._visible(part), colours)
            case SourcePart():
                line = Text(overflow="fold")
                opens = link(f"{SOURCE}{part.number}")
                line.append(f"[{part.number}] ", colours.accent + opens)
                line.append_text(plain(part.title[:MOST_OF_A_NAME], colours.strong + opens))
                line.append("\n    ").append_text(
                    plain(part.url[:MOST_OF_A_NAME], colours.link + link(part.url))
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
    return code if rest <= 0 else f"{code[:SHOWN_CODE]}\n[… {rest} more characters]"
