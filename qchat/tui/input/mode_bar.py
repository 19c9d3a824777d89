"""What the keys are for while one walks the blocks: seen, so that no letter is a surprise."""

from rich.text import Text
from textual.widgets import Static

from qchat.runtime.language import tr

WALKING = "BLOCKS ↑↓ walk ←→ mark · y copy r run e edit t retry d delete · Tab: write"


class ModeBar(Static):
    """A line above the prompt, as long as letters are keys for a block."""

    def __init__(self) -> None:
        super().__init__("", id="mode", markup=False)
        self.display = False

    def show(self, text: str = "") -> None:
        """Say what the keys do, or what a key would do if it were pressed again."""
        self.update(Text(text or tr(WALKING), no_wrap=True, overflow="ellipsis"))
        self.display = True

    def hide(self) -> None:
        self.display = False
