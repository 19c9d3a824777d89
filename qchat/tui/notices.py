"""What is said in passing: lines above the prompt, for a few seconds, never on it."""

from rich.text import Text
from textual.widgets import Static

from qchat.tui.render.palette import palette
from qchat.tui.render.strips import shown

MAX_SHOWN = 3
MAX_LINES = 3
DEFAULT_S = 5.0


class Notices(Static):
    """The newest stands below; a click takes them away."""

    def __init__(self) -> None:
        super().__init__("", id="notices", markup=False)
        self._said: list[tuple[str, str]] = []
        self.display = False

    @property
    def text(self) -> str:
        """All that stands there."""
        return "\n".join(text for text, _ in self._said)

    def say(self, text: str, severity: str = "information", timeout_s: float | None = None) -> None:
        """Show a text; one that stands there is shown for longer."""
        said = (shown(text), severity)
        self._said = [*(old for old in self._said if old != said), said][-MAX_SHOWN:]
        self._draw()
        self.set_timer(timeout_s or DEFAULT_S, lambda: self._forget(said))

    def on_click(self) -> None:
        self._said = []
        self._draw()

    def _forget(self, said: tuple[str, str]) -> None:
        self._said = [other for other in self._said if other is not said]
        self._draw()

    def _draw(self) -> None:
        self.display = bool(self._said)
        of = palette(self.app.current_theme)
        colours = {"information": of.text, "warning": of.warning, "error": of.bad}
        lines = Text()
        for number, (text, severity) in enumerate(self._said):
            cut = "\n".join(text.split("\n")[:MAX_LINES])
            lines.append("\n" if number else "").append(
                cut, colours.get(severity, colours["information"])
            )
        self.update(lines)
