"""A tool's output as lines of a plain terminal: as they come, and none of them twice."""

from qchat.protocol.events import ToolFinished, ToolProgress, ToolStarted
from qchat_tools.parts import Part, TextPart, as_text, joined

SHOWN_OUTPUT = 1_000
"""Characters of a tool's output that are shown; all of it is kept."""
SHOWN_AHEAD = SHOWN_OUTPUT * 2 // 3
"""Likewise while it runs: so much of the beginning stays where the middle is left out."""


class ToolOutput:
    """Knows what is on the screen of the tool that runs; of several, of the first."""

    def __init__(self) -> None:
        self._call_id = ""
        self._given: tuple[Part, ...] = ()
        self._shown: list[str] = []

    def begin(self, event: ToolStarted) -> None:
        if not self._call_id:
            self._call_id, self._given, self._shown = event.call_id, (), []

    def ended(self, event: ToolProgress) -> str:
        """The lines that have ended by now and are to be shown, perhaps none."""
        known = sum(map(len, self._shown)) + len(self._shown)
        if event.call_id != self._call_id or known >= SHOWN_AHEAD:
            return ""
        self._given = joined((*self._given, event.part))
        if not isinstance(event.part, TextPart):
            return ""
        text = as_text((*self._given, TextPart("|", event.part.stream)))  # as if more came
        lines = _lines(text[: text.rfind("\n", 0, SHOWN_AHEAD) + 1])
        count = len(self._shown)
        if lines[:count] != self._shown:
            return ""
        self._shown = lines
        return "\n".join(lines[count:])

    def rest(self, event: ToolFinished) -> str:
        """What is not on the screen yet; all of it where something else stands there."""
        lines = _lines(as_text(event.parts, limit=SHOWN_OUTPUT))
        if event.call_id == self._call_id:
            self._call_id = ""
            if lines[: len(self._shown)] == self._shown:
                lines = lines[len(self._shown) :]
        return "\n".join(lines)


def _lines(text: str) -> list[str]:
    """Without what nobody sees at their ends, and at the end."""
    return [line.rstrip() for line in text.rstrip().split("\n")] if text.strip() else []
