"""The switch beside the prompt: shall this message be thought about?"""

from collections.abc import Callable

from rich.text import Text
from textual.widgets import Static

from qchat.runtime.language import tr


class ThinkSwitch(Static):
    """Shows what will happen; a click or its key turns it for the next message alone."""

    def __init__(self, standing: Callable[[], bool]) -> None:
        """`standing` says how the session thinks without it."""
        super().__init__("", id="think", markup=False)
        self._standing = standing
        self._once: bool | None = None
        self._said = ""

    def on_mount(self) -> None:
        self.show()

    def switch(self) -> None:
        """The other way for the next message; once more: as the session has it."""
        self._once = None if self._once is not None else not self._standing()
        self.show()

    def take(self) -> bool | None:
        """What is switched for this message; the next one is as the session has it again."""
        once, self._once = self._once, None
        self.show()
        return once

    def show(self) -> None:
        on = self._standing() if self._once is None else self._once
        said: str = tr("think") if on else tr("no think")
        if self._once is not None:
            said = tr("{think} once", think=said)
        if said != self._said:
            self._said = said
            self.set_class(self._once is not None, "once")
            self.update(Text(said))

    def on_click(self) -> None:
        self.switch()
