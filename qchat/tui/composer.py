"""Where one writes: what waits, the commands offered, the prompt."""

from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static

from qchat.commands import Place, complete
from qchat.tui.completions import Completions
from qchat.tui.prompt import Prompt
from qchat.tui.strips import shown


class Composer(Vertical):
    """The prompt with what belongs to it; `Prompt.Sent` goes on to whoever holds it."""

    def __init__(self, place: Callable[[], Place]) -> None:
        super().__init__(id="composer")
        self._place = place
        self._waiting: list[str] = []
        """The prompts that wait: the list belongs to whoever plays them."""
        # Kept by name: a query would look in whatever screen is on top.
        self._queue = Static("", id="queue", markup=False)
        self._completions = Completions()
        self.prompt = Prompt()

    def compose(self) -> ComposeResult:
        yield self._queue
        yield self._completions
        yield self.prompt

    def show_waiting(self, waiting: list[str]) -> None:
        """Show the prompts that wait; Up in an empty prompt takes the last one out of the list."""
        self._waiting = waiting
        self._queue.display = bool(waiting)
        lines = "\n".join(f"waits: {' '.join(shown(text).split())}" for text in waiting)
        self._queue.update(Text(lines, overflow="ellipsis", no_wrap=True))

    def on_prompt_sent(self) -> None:
        self._close_completions()

    def on_prompt_complete(self) -> None:
        line = self._completions.chosen
        if line:
            self.prompt.put(line if " " in line else f"{line} ")

    def on_prompt_recall(self) -> None:
        if self._waiting:
            self.prompt.put(self._waiting.pop())
            self.show_waiting(self._waiting)
        else:
            self.prompt.walk(-1)

    def on_text_area_changed(self) -> None:
        """Offer what a line that starts with a slash may become."""
        text = self.prompt.text
        is_line = text.startswith("/") and "\n" not in text
        self._completions.offer(complete(text, self._place()) if is_line else [], text)
        self.prompt.completing = self._completions.open

    def on_prompt_choose(self, message: Prompt.Choose) -> None:
        if message.step:
            self._completions.move(message.step)
        else:
            self._close_completions()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.prompt.put(str(event.option.prompt))
        self.prompt.focus()

    def _close_completions(self) -> None:
        self._completions.close()
        self.prompt.completing = False
