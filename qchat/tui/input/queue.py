"""The prompts that wait for the running turn: to see, to edit, to remove."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList

from qchat.protocol.draft import Draft
from qchat.runtime.language import tr
from qchat.tui.render.strips import shown


class Queue(OptionList):
    """One line a prompt; Enter or a click takes it back into the prompt, Delete removes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("delete,backspace,x", "remove", "remove"),
    ]

    class Edited(Message):
        """The prompt at this place shall be written anew."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    class Removed(Message):
        """The prompt at this place shall not be sent."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self) -> None:
        super().__init__(id="queue", compact=True)
        self._shown: list[Draft] = []

    def show(self, drafts: Sequence[Draft]) -> None:
        """Show what waits, the next one first."""
        self.display = bool(drafts)
        if self._shown == [*drafts]:
            return
        self._shown = [*drafts]
        marked = self.highlighted
        self.clear_options()
        self.add_options([_line(draft) for draft in drafts])
        if drafts:
            self.highlighted = min(marked or 0, len(drafts) - 1)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.Edited(event.option_index))

    def action_remove(self) -> None:
        if self.highlighted is not None:
            self.post_message(self.Removed(self.highlighted))


def _line(draft: Draft) -> Text:
    files = tr(" + {n} attached", n=n) if (n := len(draft.attached or draft.pasted)) else ""
    written = " ".join(shown(draft.typed).split())
    if draft.held:
        text = tr("not sent: {all}{files}", all=written, files=files)
    else:
        text = tr("waits: {all}{files}", all=written, files=files)
    return Text(text, overflow="ellipsis", no_wrap=True)
