"""What a line that starts with a slash may become, above the prompt, which keeps the focus."""

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import OptionList

from qchat.commands import Completion
from qchat.tui.render.strips import shown

MAX_OFFERED = 300
"""Lines in the list, which scrolls; files can be many more, and are found by more letters."""


class Completions(OptionList, can_focus=False):
    """A list of whole lines; one of them is marked."""

    def __init__(self) -> None:
        super().__init__(id="completions")
        self._offered: list[Completion] = []

    @property
    def open(self) -> bool:
        return bool(self.display)

    @property
    def chosen(self) -> str:
        """The marked line; empty where there is none."""
        return self.line(self.highlighted or 0) if self._offered else ""

    def line(self, place: int) -> str:
        """The whole text that an offer stands for."""
        return self._offered[place].line

    def offer(self, offers: list[Completion], typed: str) -> None:
        """Show offers by their names, the first one marked; none where only what is typed fits."""
        self._offered = offers[:MAX_OFFERED]
        width = max((cell_len(shown(offer.shown)) for offer in self._offered), default=0)
        self.clear_options()
        self.add_options([_text(offer, width) for offer in self._offered])
        self.highlighted = 0 if self._offered else None
        self.display = bool(self._offered) and [offer.line for offer in self._offered] != [typed]

    def move(self, step: int) -> None:
        """Mark the next line, up or down; further, where the step is a page."""
        if abs(step) > 1:
            page = max(self.size.height - 1, 1)
            place = (self.highlighted or 0) + (page if step > 0 else -page)
            self.highlighted = min(max(place, 0), len(self._offered) - 1)
        elif step < 0:
            self.action_cursor_up()
        else:
            self.action_cursor_down()

    def close(self) -> None:
        self.display = False


def _text(offer: Completion, width: int) -> Text:
    # No colours of its own: the marked line has others.
    text = Text(no_wrap=True, overflow="ellipsis")
    name = shown(offer.shown)
    text.append(name + " " * (width - cell_len(name)), "bold" if offer.help else "")
    return text.append(f"  {shown(offer.help)}" if offer.help else "")
