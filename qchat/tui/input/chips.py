"""What goes along with the prompt that is being written: pasted texts, files, what it replaces."""

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from qchat.conversation.attachments import length
from qchat.protocol.events import Attached
from qchat.runtime.language import tr
from qchat.tui.render.strips import shown


class Chips(Static):
    """One line; a click on a pasted text removes it, Backspace in an empty prompt the last one."""

    class Dropped(Message):
        """The pasted text at this place is not wanted; -1: the prompt replaces none."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self) -> None:
        super().__init__("", id="chips", markup=False)
        self.display = False

    def show(self, pasted: Sequence[Attached], instead: int | None) -> None:
        """Say what goes along."""
        chips: list[tuple[str, int]] = (
            []
            if instead is None
            else [(tr("instead of prompt {instead}, Esc: as it was", instead=instead), -1)]
        )
        chips += [(f"{text.name} · {length(text.text)}", n) for n, text in enumerate(pasted)]
        line = Text(overflow="ellipsis", no_wrap=True)
        for label, place in chips:
            line.append(f"⧉ {shown(label)} ✕", Style.from_meta({"chip": place})).append("  ")
        self.update(line)
        self.display = bool(chips)

    def on_click(self, event: Click) -> None:
        place = event.style.meta.get("chip")
        if isinstance(place, int):
            self.post_message(self.Dropped(place))
